/** The simulation's own promises: a seed is one run, different seeds are different ones, and what is planted is still there to be changed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { faults } from './faults.ts';
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

describe('planted faults', () => {
  it.each(faults.map((fault) => [fault.what, fault] as const))('%s: the line is still there', (_, { file, line }) => {
    expect(readFileSync(join(import.meta.dirname, '../..', file), 'utf8').split(line)).toHaveLength(2);
  });
});
