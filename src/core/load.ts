/**
 * How much is asked of the process, in rungs: 0 all is well; 1 clients are sent elsewhere after their answers, and no session begins; 2 tools
 * are not called; 3 nobody is let in. The decision alone; what it rests on is measured in `app/overload`.
 */

export type Rung = 0 | 1 | 2 | 3;

/** What every way in asks before it takes something on. */
export interface Load {
  rung: Rung;
  isDraining: boolean;
}

export interface Reading {
  /** How late the event loop is, smoothed. */
  readonly delayMs: number;
  /** The share of the memory there is that is in use, 0 to 1. */
  readonly memory: number;
}

/** Each is reached when either figure is. */
const RUNGS: readonly (Reading & { readonly rung: Rung })[] = [
  { rung: 1, delayMs: 100, memory: 0.75 },
  { rung: 2, delayMs: 200, memory: 0.85 },
  { rung: 3, delayMs: 1000, memory: 0.92 },
];
/** A rung is left when both figures are this far below it: what was refused must not come back at once and bring it on again. */
const LEFT_BELOW = { delay: 0.5, memory: 0.05 } as const;

export function rungOf(reading: Reading, before: Rung): Rung {
  let reached: Rung = 0;
  for (const { rung, delayMs, memory } of RUNGS) {
    const isOn = before >= rung;
    const isLate = reading.delayMs >= (isOn ? delayMs * LEFT_BELOW.delay : delayMs);
    const isFull = reading.memory >= (isOn ? memory - LEFT_BELOW.memory : memory);
    if (isLate || isFull) reached = rung;
  }
  return reached;
}
