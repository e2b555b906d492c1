/** A process for each caller and for what its client can answer: who shares one, how many there are, when they end. */
import { describe, expect, it } from 'vitest';
import { fakeCall, silentLog } from '../../../test/fakes/call.ts';
import { FakeTime } from '../../../test/fakes/time.ts';
import type { Caller } from '../../core/caller.ts';
import { GATEWAY } from '../../core/caller.ts';
import type { Call } from '../../core/call.ts';
import type { ResourceSubscription } from '../../core/ports/upstream.ts';
import { Payload } from '../../core/payload.ts';
import { Abort } from '../../kernel/abort.ts';
import { Fault } from '../../kernel/fault.ts';
import { CallerProcesses } from './caller-processes.ts';
import type { Environment } from './environment.ts';
import type { Open } from './server.ts';

const IDLE_MS = 1000;
const FORM = '{"elicitation":{}}';

/** Processes that answer with what they were opened for. */
function house({ children = 10, revision = '2025-11-25', roots = false } = {}) {
  const time = new FakeTime();
  const alive: string[] = [];
  const watched: string[] = [];
  const held: (() => void)[] = [];
  const lost: ((reason: string) => void)[] = [];
  const changed: (() => void)[] = [];
  let fails = false;
  const openFor =
    (offered: string): Open =>
    (events) => {
      if (fails) return Promise.reject(new Fault('unavailable', 'It ended.'));
      alive.push(offered);
      lost.push(events.lost);
      changed.push(() => events.changed('tools'));
      let isOpen = true;
      const close = (): Promise<void> => {
        if (isOpen) alive.splice(alive.indexOf(offered), 1);
        isOpen = false;
        return Promise.resolve();
      };
      const serve = (call: Call) => {
        const outcome = { kind: 'result' as const, payload: Payload.ofResult(JSON.stringify({ offered })) };
        if (call.method !== 'prompts/get') return Promise.resolve(outcome);
        return new Promise<typeof outcome>((resolve) => held.push(() => resolve(outcome)));
      };
      const subscribe = (): Promise<() => void> => {
        watched.push(offered);
        return Promise.resolve(() => void watched.splice(watched.indexOf(offered), 1));
      };
      const profile = () => ({
        capabilities: {},
        serverInfo: {},
        instructions: undefined,
        live: true,
        listsVary: false,
      });
      return Promise.resolve({ connection: { revision, profile, serve, subscribe, close: () => undefined }, close });
    };
  const bounds = { children, sessionIdleMs: IDLE_MS, parkedTimeoutMs: 10 };
  const environment = { time, log: silentLog, bounds } as unknown as Environment;
  const server = new CallerProcesses({ name: 'x', environment, open: openFor('shared'), openFor, roots });
  server.start();
  const call = async (from: Caller, able = '{}', method = 'tools/call'): Promise<unknown> => {
    const outcome = await server.serve(fakeCall(method, { name: 'x' }, { caller: from, able }));
    return outcome.kind === 'result' ? (outcome.payload.parse() as { offered: string }).offered : outcome.kind;
  };
  const fail = (is: boolean): void => void (fails = is);
  return { time, alive, watched, held, lost, changed, server, call, fail };
}

const caller = (key: string): Caller & { readonly ended: Abort } => ({
  key,
  kind: 'session',
  share: key,
  ended: new Abort(),
});
const gone = new Fault('cancelled', 'Gone.');
const settled = (): Promise<void> => new Promise((done) => setImmediate(done));

describe('a server with a process for each caller', () => {
  it('opens one for each caller and for what its client can answer', async () => {
    const { call, alive } = house();
    const [a, b] = [caller('a'), caller('b')];
    expect(await call(a, FORM)).toBe('{"elicitation":{}}');
    await call(a, FORM);
    await call(a);
    await call(b, FORM);
    expect(alive).toEqual(['shared', FORM, '{}', FORM]);
  });

  it('asks the one that is everybody’s for lists, and for what the gateway wants itself', async () => {
    const { call, alive } = house();
    expect(await call(caller('a'), '{}', 'tools/list')).toBe('shared');
    expect(await call(GATEWAY)).toBe('shared');
    expect(alive).toEqual(['shared']);
  });

  it('keeps one process where nothing depends on sessions', async () => {
    const { call, alive } = house({ revision: '2026-07-28' });
    expect(await call(caller('a'), FORM)).toBe('shared');
    expect(alive).toEqual(['shared']);
  });

  it('tells of roots only where they are relayed', async () => {
    const able = '{"roots":{}}';
    expect(await house().call(caller('a'), able)).toBe('{}');
    expect(await house({ roots: true }).call(caller('a'), able)).toBe('{"roots":{}}');
  });

  it('ends those of a caller with it', async () => {
    const { call, alive } = house();
    const [a, b] = [caller('a'), caller('b')];
    await call(a);
    await call(a, FORM);
    await call(b);
    a.ended.now(gone);
    await settled();
    expect(alive).toEqual(['shared', '{}']);
    expect(await call(b)).toBe('{}');
  });

  it('leaves nothing of a caller that has ended before it is served', async () => {
    const { call, alive } = house();
    const a = caller('a');
    await call(caller('b'));
    a.ended.now(gone);
    await expect(call(a, FORM)).rejects.toThrow(/not available/u);
    await settled();
    expect(alive).toEqual(['shared', '{}']);
  });

  it('ends one after a while without a call, counted from the end of the last', async () => {
    const { call, alive, time, held } = house();
    const a = caller('a');
    const long = call(a, '{}', 'prompts/get');
    await settled();
    time.pass(IDLE_MS * 3);
    await settled();
    expect(alive).toEqual(['shared', '{}']);
    held[0]?.();
    await long;
    time.pass(IDLE_MS - 1);
    await settled();
    expect(alive).toEqual(['shared', '{}']);
    time.pass(IDLE_MS);
    await settled();
    expect(alive).toEqual(['shared']);
    expect(await call(a)).toBe('{}');
  });

  it('refuses a caller for whom there is no room, and nobody else', async () => {
    const { call } = house({ children: 2 });
    const [a, b] = [caller('a'), caller('b')];
    await call(a);
    await call(b);
    await expect(call(caller('c'))).rejects.toThrow(/bounds\.children/u);
    expect(await call(a)).toBe('{}');
    b.ended.now(gone);
    expect(await call(caller('c'))).toBe('{}');
  });

  it('takes the place of one that could not be started', async () => {
    const { call, fail } = house({ children: 1 });
    await call(GATEWAY);
    fail(true);
    await expect(call(caller('a'))).rejects.toThrow(/It ended/u);
    fail(false);
    expect(await call(caller('b'))).toBe('{}');
  });

  it('goes on for callers while the one that is everybody’s is away', async () => {
    const { call, lost } = house();
    const a = caller('a');
    await call(a);
    lost[0]?.('ended');
    expect(await call(a)).toBe('{}');
  });

  it('hears of resources from every process of the caller who watches, and of no other', async () => {
    const { call, server, watched } = house();
    const [a, b] = [caller('a'), caller('b')];
    await call(a);
    await call(b, FORM);
    const subscription: ResourceSubscription = { caller: a, uri: 'x:', updated: () => undefined };
    const stop = await server.subscribe(subscription);
    await settled();
    expect(watched).toEqual(['shared', '{}']);
    await call(a, '{"sampling":{}}');
    await settled();
    expect(watched).toEqual(['shared', '{}', '{"sampling":{}}']);
    stop();
    expect(watched).toEqual([]);
  });

  it('tells that a list has changed from whichever process says so, and nothing else of those of callers', async () => {
    const { call, changed, lost, server } = house();
    const told: string[] = [];
    const unwatch = server.watch((event) => told.push(event.kind === 'changed' ? event.list : event.kind));
    await call(caller('a'));
    told.length = 0;
    for (const tell of changed) tell();
    expect(told).toEqual(['tools', 'tools']);
    lost[1]?.('ended');
    await settled();
    unwatch();
    for (const tell of changed) tell();
    expect(told).toEqual(['tools', 'tools']);
  });

  it('leaves no process behind when it is closed', async () => {
    const { call, server, alive, time } = house();
    await call(caller('a'));
    await call(caller('b'), FORM);
    await server.close();
    expect([alive, time.pending]).toEqual([[], 0]);
    await expect(call(caller('c'))).rejects.toThrow();
  });
});
