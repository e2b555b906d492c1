/** The signatures in the middle of the house. Even an upstream is a `Next`. What fails rejects; nothing is thrown at once. */
import type { Fault } from '../kernel/fault.ts';
import type { Call } from './call.ts';
import type { Outcome } from './outcome.ts';

export type Next = (call: Call) => Promise<Outcome>;
export type Stage = (call: Call, next: Next) => Promise<Outcome>;

/**
 * A stage that only stands around what is inside it: something before, something after, whatever came of it. Frames that follow one another
 * share one promise, which is why most stages are frames.
 */
export interface Frame {
  /** Before. What it gives is handed to `leave`; a promise holds the call up; a Fault, thrown or rejected, ends it, and it is not left. */
  enter(call: Call): unknown;
  /** After. May give another outcome instead; a Fault that it throws is what came of the call. */
  leave(call: Call, entered: unknown, end: Outcome | Fault): Outcome | undefined;
}

export type Layer = Stage | Frame;
