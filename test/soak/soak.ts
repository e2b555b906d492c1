/** What a soak is: it gets its options, tells people how it goes, and gives back its figures and what did not hold. */

export interface Options {
  readonly small: boolean;
  readonly seed: number;
  /** Rounds before this one are left out; with the seed it reproduces a failure. */
  readonly from: number;
  /** The only part to run, of a soak that has parts. */
  readonly part?: string | undefined;
  readonly tell: (line: string) => void;
}

export type Figures = Readonly<Record<string, unknown>>;

export interface Report {
  readonly figures: Figures;
  readonly findings: Findings;
}

const KEPT = 20;

/** What did not hold: all counted, the first ones in words. */
export class Findings {
  readonly kept: string[] = [];
  readonly #counts = new Map<string, number>();
  readonly #tell: (line: string) => void;

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  get count(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  of(kind: string): number {
    return this.#counts.get(kind) ?? 0;
  }

  add(kind: string, detail: string): void {
    this.#counts.set(kind, this.of(kind) + 1);
    if (this.kept.length >= KEPT) return;
    this.kept.push(`${kind}: ${detail}`);
    this.#tell(`  NOT SO  ${kind}: ${detail}`);
  }
}

/** An event that gives no notice is asked for again until it has happened. */
export async function until(what: string, withinMs: number, holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

const POLL_MS = 25;
