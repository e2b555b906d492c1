/**
 * The wire's coarse clock. Deadlines are small integers, compared by one sweep over all connections four times a second: no timer and no
 * reading of the clock a message. A deadline comes up to two ticks late, never early.
 */
export const TICK_MS = 250;

/** Beyond every tick that a process lives to see, and still a small integer. */
export const NEVER = 0x3fff_ffff;

/** How many ticks must pass until at least `ms` have. */
export const ticks = (ms: number): number => Math.min(Math.ceil(ms / TICK_MS) + 1, NEVER);

/** The tick at which `ms` have passed, counted from `tick`. */
export const dueAfter = (tick: number, ms: number): number => Math.min(tick + ticks(ms), NEVER);
