/** What is made of measured rounds, without a process. */
import { describe, expect, it } from 'vitest';
import { judged } from './bars.ts';
import { compared } from './parts/latency.ts';
import { growth } from './parts/million.ts';
import { figures, ratio } from './report.ts';
import type { Measured, Report } from './report.ts';
import { markdown } from './table.ts';

const round = (cpuMicros: number) => ({ cpuMicros, p50Ms: 1, p99Ms: 2 });
const nothing: Measured = { workloads: {}, ratios: {}, latency: null, idle: null, million: null };

describe('the report', () => {
  it('compares rounds with their own partner, never with the median of others', () => {
    // The machine slowed down by two in the second round; the ratio did not change.
    expect(ratio([round(20), round(40)], [round(10), round(20)])).toEqual({ min: 2, median: 2, max: 2 });
    expect(ratio([round(20), round(30)], [round(10), round(10)])).toEqual({ min: 2, median: 2.5, max: 3 });
  });

  it('gives the medians of rounds', () => {
    const expected = { cpuMicros: 12, p50Ms: 1, p99Ms: 2, peakRssMb: 80 };
    expect(figures([round(10), round(12), round(900)], 80)).toEqual(expected);
  });

  it('says what latency is added to that of nginx in the same round', () => {
    const at = (p50Ms: number) => ({ p50Ms, p99Ms: 10 * p50Ms, p999Ms: 20 * p50Ms });
    const { added } = compared(
      new Map([
        ['nginx', [at(1), at(5)]],
        ['gatehouse', [at(1.1), at(5.1)]],
      ]),
    );
    expect(added).toEqual({
      gatehouse: { p50Ms: { min: 0.1, median: 0.1, max: 0.1 }, p99Ms: { min: 1, median: 1, max: 1 } },
    });
  });

  it('compares latency with nobody where nginx was not measured', () => {
    expect(compared(new Map([['gatehouse', []]])).added).toEqual({});
  });

  it('judges growth by the last calls alone', () => {
    const flat = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100].map((x) => ({ x, y: Math.min(x, 70) }));
    expect(growth(flat, 100)).toBeCloseTo(0);
    expect(
      growth(
        [70, 80, 90, 100].map((x) => ({ x, y: x / 10 })),
        100,
      ),
    ).toBeCloseTo(3);
  });
});

describe('the bars', () => {
  it('are held against the median, and only where something was measured', () => {
    const at = (median: number) => ({ 'gatehouse/nginx json-300b': { min: 1, median, max: 9 } });
    expect(judged(nothing)).toEqual([]);
    expect(judged({ ...nothing, ratios: at(2.2) })).toMatchObject([{ seen: 2.2, holds: true }]);
    expect(judged({ ...nothing, ratios: at(2.21) })).toMatchObject([{ seen: 2.21, holds: false }]);
  });

  it('ask of others in the stdio lane that they cost more', () => {
    const at = (median: number) => ({ 'supergateway/gatehouse stdio-300b': { min: 1, median, max: 99 } });
    expect(judged({ ...nothing, ratios: at(9.9) })).toMatchObject([{ bar: 'at least 10', holds: false }]);
    expect(judged({ ...nothing, ratios: at(10) })).toMatchObject([{ holds: true }]);
  });

  it('are missed by a figure that is no number', () => {
    const ratios = { 'gatehouse/nginx json-300b': { min: Number.NaN, median: Number.NaN, max: Number.NaN } };
    expect(judged({ ...nothing, ratios })).toMatchObject([{ holds: false }]);
  });
});

describe('the table', () => {
  const report: Report = {
    ...nothing,
    quick: true,
    rounds: 5,
    workloads: { 'json-300b': { nginx: figures([round(10)], 8) } },
    idle: { streams: 5000, kbPerStream: { get: 6.25 } },
    bars: [{ name: 'idle stream, get', bar: 'at most 8 KB', seen: 9, holds: false }],
    decide: null,
    failures: ['latency: no answer'],
    machine: {
      date: '2026-01-01',
      revision: 'abc',
      cpu: 'a',
      cores: 2,
      memoryGb: 4,
      kernel: '6',
      busyPercent: 3,
      versions: {},
    },
  };

  it('shows what was measured, what was missed, and what could not be measured', () => {
    const text = markdown(report);
    expect(text).toContain('| json-300b | nginx   |      10.0 |');
    expect(text).toContain('**missed**');
    expect(text).toContain('**Not measured**: latency: no answer');
  });

  it('says so when others used the machine', () => {
    expect(markdown(report)).not.toContain('Others used');
    expect(markdown({ ...report, machine: { ...report.machine, busyPercent: 60 } })).toContain('**Others used 60 %');
  });

  it('has no table of what was not measured', () => {
    expect(markdown(report)).not.toContain('calls in a row');
  });
});
