/** From rounds to the figures that are published: medians, and ratios within a round, since absolute times move with the machine. */
import type { Round } from './rounds.ts';

export interface Figures {
  readonly cpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly peakRssMb: number;
}

export interface Ratio {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface Report {
  readonly quick: boolean;
  readonly rounds: number;
  readonly workloads: Readonly<Record<string, Readonly<Record<string, Figures>>>>;
  readonly ratios: Readonly<Record<string, Ratio>>;
  /** Not measured by the quick form. */
  readonly latency: null;
  readonly idle: null;
  readonly million: null;
  readonly decide: null;
}

export function figures(rounds: readonly Round[], peakRssMb: number): Figures {
  const middle = (pick: (round: Round) => number): number => rounded(median(rounds.map(pick)));
  return {
    cpuMicros: middle(({ cpuMicros }) => cpuMicros),
    p50Ms: middle(({ p50Ms }) => p50Ms),
    p99Ms: middle(({ p99Ms }) => p99Ms),
    peakRssMb,
  };
}

/** CPU of `above` divided by that of `below`, round by round. */
export function ratio(above: readonly Round[], below: readonly Round[]): Ratio {
  const each = above.map(({ cpuMicros }, index) => cpuMicros / (below[index]?.cpuMicros ?? Number.NaN));
  return { min: rounded(Math.min(...each)), median: rounded(median(each)), max: rounded(Math.max(...each)) };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return (upper + lower) / 2;
}

export function table(report: Report): string {
  const rows = Object.entries(report.workloads).flatMap(([workload, subjects]) =>
    Object.entries(subjects).map(([name, { cpuMicros, p50Ms, p99Ms, peakRssMb }]) =>
      [
        workload.padEnd(12),
        name.padEnd(12),
        cpuMicros.toFixed(1),
        p50Ms.toFixed(2),
        p99Ms.toFixed(2),
        String(peakRssMb),
      ]
        .map((cell, column) => (column < 2 ? cell : cell.padStart(10)))
        .join(''),
    ),
  );
  const head = `${'workload'.padEnd(12)}${'subject'.padEnd(12)}${['µs a call', 'p50 ms', 'p99 ms', 'MB'].map((name) => name.padStart(10)).join('')}`;
  const ratios = Object.entries(report.ratios).map(
    ([name, { min, median: middle, max }]) => `${name}: ${middle} (${min} to ${max} over ${report.rounds} rounds)`,
  );
  return [head, ...rows, ...ratios].join('\n');
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
