/** The arithmetic behind the figures, without a process. */
import { describe, expect, it } from 'vitest';
import { figures, median, ratio } from './report.ts';

const round = (cpuMicros: number) => ({ cpuMicros, p50Ms: 1, p99Ms: 2 });

describe('the report', () => {
  it('compares rounds with their own partner, never with the median of others', () => {
    // The machine slowed down by two in the second round; the ratio did not change.
    expect(ratio([round(20), round(40)], [round(10), round(20)])).toEqual({ min: 2, median: 2, max: 2 });
    expect(ratio([round(20), round(30)], [round(10), round(10)])).toEqual({ min: 2, median: 2.5, max: 3 });
  });

  it('takes the median, which one bad round does not move', () => {
    expect(median([10, 11, 500])).toBe(11);
    expect(median([4, 2])).toBe(3);
    expect(figures([round(10), round(12), round(900)], 80)).toEqual({
      cpuMicros: 12,
      p50Ms: 1,
      p99Ms: 2,
      peakRssMb: 80,
    });
  });
});
