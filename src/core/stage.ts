/** The one signature in the middle of the house. Even an upstream is a `Next`. What fails rejects; nothing is thrown at once. */
import type { Call } from './call.ts';
import type { Outcome } from './outcome.ts';

export type Next = (call: Call) => Promise<Outcome>;
export type Stage = (call: Call, next: Next) => Promise<Outcome>;
