/** The arithmetic behind the figures. */
import { describe, expect, it } from 'vitest';
import { median, slope, spread } from './statistics.ts';

describe('statistics', () => {
  it('take the median, which one bad round does not move', () => {
    expect(median([10, 11, 500])).toBe(11);
    expect(median([4, 2])).toBe(3);
  });

  it('tell the least, the middle and the most', () => {
    expect(spread([3, 1, 2.004])).toEqual({ min: 1, median: 2, max: 3 });
  });

  it('lay a line through points that do not lie on one', () => {
    const noise = [1, -1, -1, 1];
    expect(slope(noise.map((y, x) => ({ x, y: 5 + 2 * x + y })))).toBeCloseTo(2);
    expect(slope([4, 4, 4].map((y, x) => ({ x, y })))).toBe(0);
  });
});
