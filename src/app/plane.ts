/** Where clients come in, as the rest of the house sees it: listeners, or a pair of pipes. */
import type { Settings } from '../core/settings.ts';

export interface Plane {
  /** Empty where there is no address. */
  readonly url: string;
  readonly isDraining: boolean;
  readonly connections: number;
  readonly sessions: number;
  /** Streams and subscriptions that are open. */
  readonly streams: number;
  /** Takes over what may change while it runs. */
  reloaded(settings: Settings): void;
  /** Takes nothing new, lets calls end within the drain time, then closes what is left. */
  drain(): Promise<void>;
}
