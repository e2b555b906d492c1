/** Calls whose server asks back: when they are parked and for how long, what is kept of them, and what all of it is charged to. */
import { describe, expect, it } from 'vitest';
import { accepted, ANN, asking, House, PARKED_MS, text } from '../../../test/fakes/leg.ts';
import { Abort } from '../../kernel/abort.ts';
import { Fault } from '../../kernel/fault.ts';

const GATHERED_MS = 25;
const KEPT_MS = 60_000;
const UNKNOWN = { kind: 'unknown-name' };

const callerOf = (key: string) => ({ caller: { key, kind: 'anonymous', share: key } as const });

describe('what a server asks', () => {
  it('within a moment is asked together, and what comes later in the next round', async () => {
    const house = new House();
    const { ask, first, answer } = house.begin();
    ask('q1');
    house.time.pass(GATHERED_MS - 1);
    ask('q2');
    house.time.pass(1);
    ask('q3');
    const one = asking(await first);
    expect(one.keys).toEqual(['r1_1', 'r1_2']);
    const second = house.again(one, accepted(one));
    house.time.pass(GATHERED_MS);
    const two = asking(await second);
    expect(two.keys).toEqual(['r2_1']);
    const third = house.again(two, accepted(two));
    answer('done');
    expect(text(await third)).toBe('done');
  });

  it('is asked again where an answer is missing, and told to the server once', async () => {
    const house = new House();
    const { ask, first } = house.begin();
    ask('q1');
    ask('q2');
    house.time.pass(GATHERED_MS);
    const one = asking(await first);
    const missing = asking(await house.again(one, { r1_1: ANN, unknown: ANN }));
    expect(missing.keys).toEqual(['r1_2']);
    void house.again(missing, { r1_1: { action: 'decline' }, r1_2: ANN });
    expect(house.answersTo('q1')).toMatchObject([{ result: ANN }]);
    expect(house.answersTo('q2')).toMatchObject([{ result: ANN }]);
  });

  it('is charged to the budget until it is answered', async () => {
    const house = new House();
    const { asked } = await house.park();
    const held = house.buffered.held;
    expect(held).toBeGreaterThan(0);
    void house.again(asked, accepted(asked));
    expect(house.buffered.held).toBe(0);
  });

  it('is too much where there is no room for it: the call ends, and the server hears so', async () => {
    const house = new House({ bufferedBytes: 1000 });
    const { ask, first } = house.begin();
    ask('q1', 'x'.repeat(1000));
    await expect(first).rejects.toMatchObject({ kind: 'overloaded', delivered: 'yes' });
    expect(house.answersTo('q1')).toMatchObject([{ result: { action: 'cancel' } }]);
    expect([house.cancelled, house.buffered.held, house.time.pending]).toEqual([1, 0, 0]);
  });

  it('without end is given up at the hundred and first question', async () => {
    const house = new House();
    const { ask, first } = house.begin();
    for (let i = 1; i <= 101; i += 1) ask(`q${i}`);
    await expect(first).rejects.toThrow('without end');
    for (const id of ['q1', 'q100', 'q101']) expect(house.answersTo(id)).toHaveLength(1);
    expect([house.cancelled, house.buffered.held]).toEqual([1, 0]);
  });

  it('excuses its silence for as long as it waits, and once when it has its answer', async () => {
    const house = new House();
    const { leg, asked } = await house.park();
    expect([leg.excuses(), leg.excuses()]).toEqual([true, true]);
    void house.again(asked, accepted(asked));
    expect([leg.excuses(), leg.excuses()]).toEqual([true, false]);
  });
});

describe('a parked call', () => {
  it('is given up when its time is over, and nothing is left of it', async () => {
    const house = new House();
    const { asked } = await house.park();
    house.time.pass(PARKED_MS - 1);
    expect([house.counts, house.cancelled]).toEqual([{ parked: 1, legs: 1 }, 0]);
    house.time.pass(1);
    expect(house.answersTo('q1')).toMatchObject([{ result: { action: 'cancel' } }]);
    await expect(house.again(asked, accepted(asked))).rejects.toMatchObject(UNKNOWN);
    expect([house.counts, house.cancelled]).toEqual([{ parked: 0, legs: 0 }, 1]);
    expect([house.buffered.held, house.time.pending]).toEqual([0, 0]);
  });

  it('is not one more than may wait, of a caller or in all', async () => {
    const house = new House({ parked: 3, parkedPerCaller: 2 });
    const one = await house.park(callerOf('a'));
    await house.park(callerOf('a'));
    await expect(house.park(callerOf('a'))).rejects.toThrow('bounds.parkedPerCaller');
    await house.park(callerOf('b'));
    await expect(house.park(callerOf('c'))).rejects.toThrow('bounds.parked)');
    void house.again(one.asked, accepted(one.asked), callerOf('a'));
    await house.park(callerOf('c'));
    expect(house.counts.parked).toBe(3);
  });

  it('is nobody else’s, and none of another round', async () => {
    const house = new House();
    const { asked } = await house.park(callerOf('a'));
    await expect(house.again(asked, accepted(asked), callerOf('b'))).rejects.toMatchObject(UNKNOWN);
    const other = { ...asked, held: asked.held.replace(/ 1$/u, ' 2') };
    await expect(house.again(other, accepted(asked), callerOf('a'))).rejects.toMatchObject(UNKNOWN);
    expect(house.counts.parked).toBe(1);
  });

  it('whose session is gone tells who comes back that nobody knows what it did', async () => {
    const house = new House();
    const { leg, asked } = await house.park();
    leg.lost();
    await expect.poll(() => house.counts.parked).toBe(0);
    await expect(house.again(asked, accepted(asked))).rejects.toMatchObject({
      kind: 'interrupted',
      delivered: 'unknown',
    });
  });

  it('whose answer does not reach its server ends with that', async () => {
    const house = new House();
    const { asked } = await house.park();
    house.isDeaf = true;
    await expect(house.again(asked, accepted(asked))).rejects.toMatchObject({
      kind: 'interrupted',
      delivered: 'unknown',
    });
    expect(house.cancelled).toBe(1);
  });
});

describe('a round', () => {
  it('that is asked for twice at once ends once, for both', async () => {
    const house = new House();
    const { asked, answer } = await house.park();
    const both = [house.again(asked, accepted(asked)), house.again(asked, { r1_1: { action: 'decline' } })];
    expect(house.answersTo('q1')).toMatchObject([{ result: ANN }]);
    answer('done');
    expect((await Promise.all(both)).map(text)).toEqual(['done', 'done']);
  });

  it('goes on for who stays, and is given up when the last has left', async () => {
    const house = new House();
    const { asked } = await house.park();
    const [one, other] = [new Abort(), new Abort()];
    const both = [one, other].map((abort) => house.again(asked, accepted(asked), { abort }));
    one.now(new Fault('cancelled', 'gone'));
    await expect(both[0]).rejects.toMatchObject({ delivered: 'unknown' });
    expect(house.cancelled).toBe(0);
    other.now(new Fault('cancelled', 'gone'));
    await expect(both[1]).rejects.toMatchObject({ delivered: 'unknown' });
    expect(house.cancelled).toBe(1);
  });

  it('that is over is told again for a minute, as it was, and is charged for that long', async () => {
    const house = new House();
    const { asked, answer, ask } = await house.park();
    const second = house.again(asked, accepted(asked));
    ask('q2');
    house.time.pass(GATHERED_MS);
    const two = asking(await second);
    const third = house.again(two, accepted(two));
    answer('done');
    await third;
    const held = house.buffered.held;
    expect(held).toBeGreaterThan(0);
    house.time.pass(KEPT_MS - 1);
    expect(asking(await house.again(asked, accepted(asked)))).toEqual(two);
    expect(text(await house.again(two, accepted(two)))).toBe('done');
    expect(house.buffered.held).toBe(held);
    house.time.pass(1);
    await expect(house.again(two, accepted(two))).rejects.toMatchObject(UNKNOWN);
    expect([house.buffered.held, house.time.pending]).toEqual([0, 0]);
  });

  it('whose end came while nobody waited is kept for as long as the client had to come back', async () => {
    const house = new House();
    const { asked, answer } = await house.park();
    answer('without you');
    await expect.poll(() => house.counts.parked).toBe(0);
    house.time.pass(PARKED_MS - 1);
    expect(text(await house.again(asked))).toBe('without you');
    house.time.pass(1);
    await expect(house.again(asked)).rejects.toMatchObject(UNKNOWN);
  });

  it('whose end there is no room to keep is told once', async () => {
    const house = new House({ bufferedBytes: 1000 });
    const { asked, answer } = await house.park();
    const second = house.again(asked, accepted(asked));
    answer('x'.repeat(1000));
    expect(text(await second)).toHaveLength(1000);
    await expect(house.again(asked, accepted(asked))).rejects.toMatchObject(UNKNOWN);
    expect([house.buffered.held, house.time.pending]).toEqual([0, 0]);
  });

  it('that fails after the first never says that nothing was done', async () => {
    const house = new House();
    const { asked, fail } = await house.park();
    const second = house.again(asked, accepted(asked));
    fail(new Fault('unavailable', 'The server is busy.', { delivered: 'no' }));
    const told = { kind: 'unavailable', delivered: 'unknown' };
    await expect(second).rejects.toMatchObject(told);
    await expect(house.again(asked, accepted(asked))).rejects.toMatchObject(told);
  });
});
