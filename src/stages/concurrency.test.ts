/** Slots and turns. */
import { expect, it } from 'vitest';
import { fakeCall } from '../../test/fakes/call.ts';
import { Payload } from '../core/payload.ts';
import type { Call } from '../core/call.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Next } from '../core/stage.ts';
import { Abort } from '../kernel/abort.ts';
import { Fault } from '../kernel/fault.ts';
import { build } from '../pipeline/build.ts';
import { concurrency, type ConcurrencyOptions } from './concurrency.ts';

const done: Outcome = { kind: 'result', payload: Payload.ofResult('{}') };

/** A next that notes who runs and ends when told. */
function gate() {
  const running: string[] = [];
  const ends: (() => void)[] = [];
  const next = (call: ReturnType<typeof fakeCall>): Promise<Outcome> => {
    running.push(call.caller.share);
    return new Promise((resolve) => ends.push(() => resolve(done)));
  };
  const turn = async (): Promise<void> => {
    ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { running, next, turn };
}

/** The frame as others meet it: around something. */
function staged(options: ConcurrencyOptions) {
  const frame = concurrency(options);
  return (call: Call, next: Next): Promise<Outcome> => build([frame], next)(call);
}

const of = (share: string, abort = new Abort()) =>
  fakeCall('tools/call', {}, { abort, caller: { key: share, kind: 'anonymous', share } });

it('runs as many as there are slots, the rest in turns between callers', async () => {
  const { running, next, turn } = gate();
  const stage = staged({ slots: 1, waiting: 10 });
  const all = ['a', 'a', 'a', 'b', 'b'].map((share) => stage(of(share), next));
  for (let i = 0; i < 5; i += 1) await turn();
  await Promise.all(all);
  expect(running).toEqual(['a', 'a', 'b', 'a', 'b']);
});

it('lets go of a call that is aborted while it waits, and keeps its slot for others', async () => {
  const { running, next, turn } = gate();
  const stage = staged({ slots: 1, waiting: 10 });
  const first = stage(of('a'), next);
  const abort = new Abort();
  const second = stage(of('b', abort), next);
  const third = stage(of('c'), next);
  abort.now(new Fault('timed-out', 'late'));
  await expect(second).rejects.toMatchObject({ kind: 'timed-out', delivered: 'no' });
  await turn();
  await turn();
  await Promise.all([first, third]);
  expect(running).toEqual(['a', 'c']);
});

it('refuses beyond the bound of those who wait', async () => {
  const { next } = gate();
  const stage = staged({ slots: 1, waiting: 1 });
  void stage(of('a'), next);
  void stage(of('b'), next);
  await expect(stage(of('c'), next)).rejects.toMatchObject({ kind: 'overloaded' });
});

it('gives the slot back when a call fails', async () => {
  const stage = staged({ slots: 1, waiting: 0 });
  await expect(stage(of('a'), () => Promise.reject(new Fault('broken', 'x')))).rejects.toMatchObject({
    kind: 'broken',
  });
  await expect(stage(of('a'), () => Promise.resolve(done))).resolves.toBe(done);
});

it('lets the next round of a call that waits at the server pass those who wait for it to end', async () => {
  const { running, next, turn } = gate();
  const stage = staged({ slots: 1, waiting: 10 });
  const first = stage(of('a'), next);
  const second = stage(of('b'), next);
  const held = fakeCall('tools/call', {}, { round: { answers: '{}', state: undefined, held: 'x 1' } });
  const third = stage(held, next);
  expect(running).toEqual(['a', held.caller.share]);
  for (let i = 0; i < 3; i += 1) await turn();
  await Promise.all([first, second, third]);
  // It had no slot, and gives none back.
  const last = [stage(of('c'), next), stage(of('d'), next)];
  expect(running.slice(2)).toEqual(['b', 'c']);
  for (let i = 0; i < 2; i += 1) await turn();
  await Promise.all(last);
});

it('keeps a slot from who has most of them, for somebody else, and lets him have it as others end', async () => {
  const { running, next, turn } = gate();
  const stage = staged({ slots: 5, waiting: 10 });
  const all = ['a', 'a', 'a', 'a', 'a', 'b'].map((share) => stage(of(share), next));
  expect(running).toEqual(['a', 'a', 'a', 'a', 'b']);
  await turn();
  expect(running).toEqual(['a', 'a', 'a', 'a', 'b', 'a']);
  for (let each = 0; each < 5; each += 1) await turn();
  await Promise.all(all);
});

it('does not let one take all places to wait', async () => {
  const { next } = gate();
  const stage = staged({ slots: 1, waiting: 10 });
  void stage(of('a'), next);
  const greedy = Array.from({ length: 9 }, () => stage(of('a'), next).catch((error: Fault) => error.kind));
  await expect(greedy.at(-1)).resolves.toBe('overloaded');
  let refused = false;
  stage(of('b'), next).catch(() => (refused = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(refused).toBe(false);
});
