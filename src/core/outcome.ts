/** How a call ends. Exactly these; a new way to end is a change of the architecture, not of this list. */
import type { Payload } from './payload.ts';

export type Outcome =
  | { readonly kind: 'result'; readonly payload: Payload }
  /**
   * The upstream asks the client something first. `held` names the call that waits in the gateway meanwhile; it is never shown. `state` replaces
   * the state in the payload where it is given: the upstream's own, or what stands there for the call that is held.
   */
  | { readonly kind: 'input-required'; readonly payload: Payload; readonly held?: string; readonly state?: string }
  | { readonly kind: 'accepted'; readonly task: Payload }
  /** An upstream's own JSON-RPC error: data, relayed as it came. `json` is the error object. */
  | { readonly kind: 'error'; readonly code: number; readonly json: Buffer };
