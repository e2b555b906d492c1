/** From rounds to the figures that are published: medians, and ratios within a round, since absolute times move with the machine. */
import type { Machine } from './facts.ts';
import type { Idle } from './parts/idle.ts';
import type { Latency } from './parts/latency.ts';
import type { Million } from './parts/million.ts';
import type { Round } from './rounds.ts';
import { median, rounded, spread } from './statistics.ts';
import type { Spread } from './statistics.ts';

export interface Figures {
  readonly cpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly peakRssMb: number;
}

export interface Measured {
  readonly workloads: Readonly<Record<string, Readonly<Record<string, Figures>>>>;
  readonly ratios: Readonly<Record<string, Spread>>;
  /** `null` where it was not asked for. */
  readonly latency: Latency | null;
  readonly idle: Idle | null;
  readonly million: Readonly<Record<string, Million>> | null;
}

export interface BarSeen {
  readonly name: string;
  readonly bar: string;
  readonly seen: number;
  readonly holds: boolean;
}

export interface Report extends Measured {
  readonly quick: boolean;
  readonly rounds: number;
  readonly decide: null;
  readonly bars: readonly BarSeen[];
  /** What could not be measured, and why. */
  readonly failures: readonly string[];
  readonly machine: Machine;
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
export function ratio(above: readonly Round[], below: readonly Round[]): Spread {
  return spread(above.map(({ cpuMicros }, index) => cpuMicros / (below[index]?.cpuMicros ?? Number.NaN)));
}
