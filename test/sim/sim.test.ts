/** The simulation's own promises: a seed is one run, and different seeds are different ones. */
import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';

describe('a seed', () => {
  it.each([3, 7, 12])('%i is the same run again, to the last step', async (seed) => {
    const first = await simulate(seed);
    const second = await simulate(seed);
    expect(second.lines).toEqual(first.lines);
    expect(second.digest).toBe(first.digest);
    expect(first.wrongs).toEqual([]);
  });

  it('is another run than the next', async () => {
    expect((await simulate(1)).digest).not.toBe((await simulate(2)).digest);
  });
});
