/** A parked call on a pipe that others wait for: it keeps them for a minute, then its server hears that nobody will answer. */
import { expect, it } from 'vitest';
import { fakeCall, silentLog } from '../../../test/fakes/call.ts';
import { FakeTime } from '../../../test/fakes/time.ts';
import type { Outcome } from '../../core/outcome.ts';
import { Budget } from '../../kernel/bounded.ts';
import { joinParts, type Part } from '../../kernel/parts.ts';
import { Roll } from '../../kernel/roll.ts';
import { Skim } from '../../kernel/skim/skim.ts';
import type { Child } from '../link/process.ts';
import { StdioLink } from '../link/stdio.ts';
import type { Environment } from './environment.ts';
import type { Ground } from './ground.ts';
import { Leg } from './leg.ts';
import { Parking } from './parking.ts';

const FORM = '{"elicitation":{}}';

/** A session on a pipe whose child says what a test wants; what it was told is in `written`. */
function house() {
  const time = new FakeTime();
  const counts = { children: 0, sessions: 0, parked: 0, legs: 0 };
  const bounds = { parked: 10, parkedPerCaller: 10, parkedTimeoutMs: 300_000 };
  const parking = new Parking({ time, bounds, counts });
  const environment = { time, log: silentLog, buffered: new Budget(100_000), bounds, counts, parking };
  const written: { id?: unknown; method?: string; error?: object }[] = [];
  const times = { time, firstByteTimeoutMs: 600_000, idleTimeoutMs: 600_000 };
  const questions = { habits: { asks: false }, waiting: 10, asks: () => true, anyones: undefined };
  const of = { lineBytes: 10_000, jsonDepth: 10, skim: new Skim(), name: 'x', log: silentLog, heard: () => undefined };
  const link = new StdioLink({ ...of, ...times, questions });
  const write = (parts: readonly Part[]): boolean => {
    written.push(JSON.parse(joinParts(parts).toString()) as (typeof written)[number]);
    return true;
  };
  link.attach({ unread: 0, write, kill: () => undefined } as unknown as Child);
  const ground: Ground = {
    link,
    environment: environment as unknown as Environment,
    headers: '',
    revision: '2025-11-25',
    offered: FORM,
    relaysRoots: false,
    handle: undefined,
    legs: new Roll(),
    heard: () => undefined,
    left: () => undefined,
  };
  const call = (): Promise<Outcome | undefined> =>
    new Leg(ground, fakeCall('tools/call', { name: 'x' }, { able: FORM }), FORM).run();
  const ask = (): void =>
    link.output(
      Buffer.from(
        '{"jsonrpc":"2.0","id":7,"method":"elicitation/create","params":{"message":"?","requestedSchema":{"type":"object","properties":{}}}}\n',
      ),
    );
  return { time, counts, written, call, ask };
}

const settled = (): Promise<void> => new Promise((done) => setImmediate(done));

it.each([
  ['as long as the bound lets it where it keeps nobody waiting', false, 300_000],
  ['a minute where somebody waits for its turn', true, 60_000],
])('a parked call stays %s', async (_, isWaitedFor, staysMs) => {
  const { time, counts, written, call, ask } = house();
  const parked = call();
  ask();
  time.pass(25);
  expect(await parked).toMatchObject({ kind: 'input-required' });
  const next = isWaitedFor ? call() : undefined;
  next?.catch(() => undefined);
  time.pass(staysMs - 1);
  await settled();
  expect([counts.parked, written.length]).toEqual([1, 1]);
  time.pass(1);
  await settled();
  expect(counts.parked).toBe(0);
  expect(written.map(({ method }) => method).slice(1, 3)).toEqual([undefined, 'notifications/cancelled']);
  // What was given up keeps others from being alone for a moment more.
  time.pass(1000);
  await settled();
  expect(written.filter(({ method }) => method === 'tools/call')).toHaveLength(isWaitedFor ? 2 : 1);
});
