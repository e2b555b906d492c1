/** Which calls of one session may be under way together, where the server does not say to which of them a question belongs. */
import type { Call } from '../../core/call.ts';

export interface Turns {
  /** Before a call is sent; `undefined` where it may be at once. @throws Fault where it may not wait any longer. */
  enter(call: Call): Promise<void> | undefined;
  /** It has ended for good: answered, or given up. Once for each that has entered; one that is parked is still under way. */
  leave(call: Call): void;
  /** The server has asked a client something in the middle of a call. */
  asked(): void;
}
