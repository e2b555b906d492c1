/** What the two families of revisions have in common for the rest of the house: a server that is connected and answers calls. */
import type { Profile, ResourceSubscription } from '../../core/ports/upstream.ts';
import type { Next } from '../../core/stage.ts';
import type { ListKind } from '../../protocol/methods.ts';

export interface Connection {
  readonly revision: string;
  profile(): Profile;
  readonly serve: Next;
  subscribe(subscription: ResourceSubscription): Promise<() => void>;
  /** Lets go of the server: sessions, streams. Links and children belong to whoever opened them. */
  close(): void;
}

export interface ConnectionEvents {
  readonly changed: (list: ListKind) => void;
  /** It may have changed while nobody could tell. */
  readonly missed: (list: ListKind) => void;
  /** It answered as a server of another revision would: worth asking it again what it speaks. */
  readonly doubted: () => void;
  /** It can no longer be used; `reason` is safe to show. */
  readonly lost: (reason: string) => void;
}
