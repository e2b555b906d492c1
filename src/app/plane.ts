/** Where clients come in, as the rest of the house sees it: listeners, or a pair of pipes. */
import type { Rung } from '../core/load.ts';
import type { Settings } from '../core/settings.ts';

export interface Plane {
  /** Empty where there is no address. */
  readonly url: string;
  readonly connections: number;
  readonly sessions: number;
  /** Streams and subscriptions that are open. */
  readonly streams: number;
  /** Takes over what may change while it runs. */
  reloaded(settings: Settings): void;
  /** Lets go of clients as the rung of overload asks for. */
  relieve(rung: Rung): void;
  /** Takes nothing new, lets calls end within the drain time, then closes what is left. */
  drain(): Promise<void>;
}
