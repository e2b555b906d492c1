/** Who asks, for whom, and what proves it. Nothing that a client can merely write is in here. */
import type { Abort } from '../kernel/abort.ts';
import type { Roll } from '../kernel/roll.ts';

export interface Caller {
  /** Equal for two requests exactly if they come from the same caller. Never shown, never sent anywhere. */
  readonly key: string;
  readonly kind: 'session' | 'anonymous' | 'gateway';
  /** With whom slots are shared fairly: the remote address where nobody is authenticated. */
  readonly share: string;
  /** Fires when this caller is gone for good; what was opened for it alone is then closed. Absent for callers that do not end. */
  readonly ended?: Abort;
  /** Run when its client says that its roots have changed; what was opened for it alone may be on it. Absent where no client said that it would tell. */
  readonly rootsChanged?: Roll<() => void>;
}

/** The gateway itself: catalogs, probes, health. */
export const GATEWAY: Caller = { key: 'gateway', kind: 'gateway', share: 'gateway' };
