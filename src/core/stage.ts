/** The one signature in the middle of the house. Even an upstream is a `Next`. */
import type { Call } from './call.ts';
import type { Outcome } from './outcome.ts';

export type Next = (call: Call) => Promise<Outcome>;
export type Stage = (call: Call, next: Next) => Promise<Outcome>;
