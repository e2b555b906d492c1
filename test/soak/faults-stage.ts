/** What the parts of the faults soak have in common: where they play, and what they judge figures by. */
import type { Figures, Findings } from './soak.ts';

export interface Stage {
  /** Shorter and with fewer, for what must run in minutes; what needs a quiet machine is told then, not judged. */
  readonly small: boolean;
  readonly findings: Findings;
  readonly tell: (line: string) => void;
  /** Its own. */
  readonly folder: string;
}

export type Part = (stage: Stage) => Promise<Figures>;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export const inMegabytes = (bytes: number): number => Math.round((bytes / 1024 ** 2) * 10) / 10;

export const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
