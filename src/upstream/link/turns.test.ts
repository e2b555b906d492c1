/** Who may be on a pipe at once: everybody until the server has asked something, then those who can be asked one by one. */
import { describe, expect, it } from 'vitest';
import { FakeTime } from '../../../test/fakes/time.ts';
import { Abort } from '../../kernel/abort.ts';
import { Fault } from '../../kernel/fault.ts';
import { Turns, type Turn } from './turns.ts';

/** Turns that are taken by name: who is in is told by `running`, in the order in which they came. */
function house({ asks = true, waiting = 100 } = {}) {
  const time = new FakeTime();
  const habits = { asks };
  const turns = new Turns({ time, habits, waiting });
  const running: string[] = [];
  const failed: string[] = [];
  const kinds = new Map<string, Turn>();
  const aborts = new Map<string, Abort>();
  const take = (name: string, turn: Turn, share = name): void => {
    const abort = new Abort();
    kinds.set(name, turn);
    aborts.set(name, abort);
    const come = turns.take(turn, { share, abort });
    if (!come) running.push(name);
    else
      come.then(
        () => running.push(name),
        (fault: Fault) => failed.push(`${name} ${fault.kind}`),
      );
  };
  const give = async (name: string, isAnswered = true): Promise<void> => {
    running.splice(running.indexOf(name), 1);
    turns.give(kinds.get(name) ?? 'alone', isAnswered);
    await settled();
  };
  const abort = async (name: string): Promise<void> => {
    aborts.get(name)?.now(new Fault('cancelled', 'Gone.'));
    await settled();
  };
  return { time, habits, turns, running, failed, take, give, abort };
}

/** What was decided has been told. */
const settled = (): Promise<void> => new Promise((done) => setImmediate(done));

describe('turns at a pipe', () => {
  it('are nobody’s before the server has asked anything', () => {
    const { take, running, turns } = house({ asks: false });
    take('a', 'alone');
    take('b', 'alone');
    take('c', 'together');
    expect([running, turns.waiting]).toEqual([['a', 'b', 'c'], 0]);
  });

  it('begin when it asks: who was there before is waited for', async () => {
    const { take, give, running, habits } = house({ asks: false });
    take('a', 'alone');
    take('b', 'alone');
    habits.asks = true;
    take('c', 'alone');
    await give('a');
    expect(running).toEqual(['b']);
    await give('b');
    expect(running).toEqual(['c']);
  });

  it('let those go on together whose clients cannot be asked', () => {
    const { take, running } = house();
    take('a', 'together');
    take('b', 'together');
    expect(running).toEqual(['a', 'b']);
  });

  it('leave one alone who can be asked', async () => {
    const { take, give, running } = house();
    take('a', 'alone');
    take('b', 'alone');
    take('c', 'together');
    expect(running).toEqual(['a']);
    await give('a');
    expect(running).toEqual(['c']);
    await give('c');
    expect(running).toEqual(['b']);
  });

  it('let neither kind wait for more than one turn of the other', async () => {
    const { take, give, running } = house();
    take('a', 'alone');
    take('b', 'alone');
    take('p', 'together');
    take('q', 'together');
    await give('a');
    expect(running).toEqual(['p', 'q']);
    take('r', 'together');
    await settled();
    expect(running).toEqual(['p', 'q']);
    await give('p');
    await give('q');
    expect(running).toEqual(['b']);
    await give('b');
    expect(running).toEqual(['r']);
  });

  it('go from caller to caller, however many one of them wants', async () => {
    const { take, give, running } = house();
    take('a1', 'alone', 'a');
    take('a2', 'alone', 'a');
    take('a3', 'alone', 'a');
    take('a4', 'alone', 'a');
    take('b1', 'alone', 'b');
    const order: string[] = [];
    for (let at = 0; at < 5; at += 1) {
      const [one = 'nobody'] = running;
      order.push(one);
      await give(one);
    }
    expect(order).toEqual(['a1', 'a2', 'b1', 'a3', 'a4']);
  });

  it('are lost by whoever leaves, and by nobody else', async () => {
    const { take, give, abort, running, failed, turns } = house();
    take('a', 'alone');
    take('b', 'alone');
    take('c', 'alone');
    await abort('b');
    expect([failed, turns.waiting]).toEqual([['b cancelled'], 1]);
    await give('a');
    expect(running).toEqual(['c']);
  });

  it('let in those who waited only for somebody who left', async () => {
    const { take, abort, running } = house();
    take('p', 'together');
    take('a', 'alone');
    take('q', 'together');
    expect(running).toEqual(['p']);
    await abort('a');
    expect(running).toEqual(['p', 'q']);
  });

  it('are waited for by so many and no more, never all of them one caller’s', async () => {
    const { take, failed, turns } = house({ waiting: 10 });
    take('first', 'alone');
    for (let at = 0; at < 20; at += 1) take(`a${at}`, 'alone', 'a');
    take('b', 'alone', 'b');
    await settled();
    expect(failed.every((one) => /^a\d+ overloaded$/u.test(one))).toBe(true);
    expect([failed.length > 0, turns.waiting <= 10]).toEqual([true, true]);
  });

  it('are kept for a moment by what was given up: its server may still ask for it', async () => {
    const { take, give, running, time } = house();
    take('a', 'alone');
    take('b', 'alone');
    await give('a', false);
    expect(running).toEqual([]);
    time.pass(1000);
    await settled();
    expect(running).toEqual(['b']);
  });

  it('are taken away from all who wait when the pipe ends', async () => {
    const { take, turns, failed } = house();
    take('a', 'alone');
    take('b', 'alone');
    take('c', 'together');
    turns.close(new Fault('unavailable', 'Gone.'));
    await settled();
    expect([failed.sort(), turns.waiting]).toEqual([['b unavailable', 'c unavailable'], 0]);
  });
});
