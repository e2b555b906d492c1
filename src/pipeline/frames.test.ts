/** Frames around a call: who is entered, who is left, and with what. */
import { expect, it } from 'vitest';
import { fakeCall } from '../../test/fakes/call.ts';
import type { Outcome } from '../core/outcome.ts';
import { Payload } from '../core/payload.ts';
import type { Frame } from '../core/stage.ts';
import { Fault } from '../kernel/fault.ts';
import { build } from './build.ts';

const done: Outcome = { kind: 'result', payload: Payload.ofResult('{}') };
const other: Outcome = { kind: 'result', payload: Payload.ofResult('{"other":true}') };

/** Writes down what happens to it. */
function frame(name: string, seen: string[], over: Partial<Frame> = {}): Frame {
  return {
    enter(call) {
      seen.push(`+${name}`);
      return over.enter?.(call) ?? name;
    },
    leave(call, mark, end) {
      seen.push(`-${name} ${String(mark)} ${end instanceof Fault ? end.kind : 'ok'}`);
      return over.leave?.(call, mark, end);
    },
  };
}

const call = fakeCall('tools/list');

it('are entered from the outside and left from the inside, each with its own mark', async () => {
  const seen: string[] = [];
  const next = build([frame('a', seen), frame('b', seen)], () => Promise.resolve(done));
  await expect(next(call)).resolves.toBe(done);
  expect(seen).toEqual(['+a', '+b', '-b b ok', '-a a ok']);
});

it('are left only if they were entered, whether entering throws or rejects', async () => {
  for (const enter of [
    () => {
      throw new Fault('overloaded', 'full');
    },
    () => Promise.reject(new Fault('overloaded', 'full')),
  ]) {
    const seen: string[] = [];
    const next = build([frame('a', seen), frame('b', seen, { enter }), frame('c', seen)], () => Promise.resolve(done));
    await expect(next(call)).rejects.toMatchObject({ kind: 'overloaded' });
    expect(seen).toEqual(['+a', '+b', '-a a overloaded']);
  }
});

it('may hold a call up', async () => {
  const seen: string[] = [];
  const { promise, resolve } = Promise.withResolvers<string>();
  const layers = [frame('a', seen), frame('b', seen, { enter: () => promise }), frame('c', seen)];
  const ended = build(layers, () => Promise.resolve(done))(call);
  expect(seen).toEqual(['+a', '+b']);
  resolve('slot');
  await ended;
  expect(seen).toEqual(['+a', '+b', '+c', '-c c ok', '-b slot ok', '-a a ok']);
});

it('may put another outcome in the place of one, or of a fault, and those outside see that', async () => {
  const seen: string[] = [];
  const layers = [frame('a', seen), frame('b', seen, { leave: () => other })];
  await expect(build(layers, () => Promise.resolve(done))(call)).resolves.toBe(other);
  await expect(build(layers, () => Promise.reject(new Fault('broken', 'x')))(call)).resolves.toBe(other);
  expect(seen.filter((one) => one.startsWith('-a'))).toEqual(['-a a ok', '-a a ok']);
});

it('that fail on the way out fail the call, and those outside are left all the same', async () => {
  const seen: string[] = [];
  const leave = (): never => {
    throw new Fault('broken', 'x');
  };
  const next = build([frame('a', seen), frame('b', seen, { leave })], () => Promise.resolve(done));
  await expect(next(call)).rejects.toMatchObject({ kind: 'broken' });
  expect(seen.at(-1)).toBe('-a a broken');
});

it('and stages alternate as they were given', async () => {
  const seen: string[] = [];
  const stage = async (asked: typeof call, next: (call: typeof asked) => Promise<Outcome>): Promise<Outcome> => {
    seen.push('stage');
    return next(asked);
  };
  await build([frame('a', seen), stage, frame('b', seen)], () => Promise.resolve(done))(call);
  expect(seen).toEqual(['+a', 'stage', '+b', '-b b ok', '-a a ok']);
});
