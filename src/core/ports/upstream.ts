/** Something that answers calls: an MCP server in whatever revision, later an API. Implemented in `upstream/`, used by rings 3 and 7. */
import type { JsonObject } from '../../kernel/json.ts';
import type { ListKind } from '../../protocol/methods.ts';
import type { Caller } from '../caller.ts';
import type { Next } from '../stage.ts';

export interface UpstreamStatus {
  readonly state: 'ready' | 'starting' | 'unavailable' | 'disabled';
  readonly revision: string | undefined;
  /** Safe to show: no address, no secret. */
  readonly reason: string | undefined;
}

/** What a server says of itself, once it is connected. */
export interface Profile {
  readonly capabilities: JsonObject;
  readonly serverInfo: JsonObject;
  readonly instructions: string | undefined;
  /** Whether the server tells us when its lists change, right now. */
  readonly live: boolean;
  /** Whether what it lists may depend on what its client can answer. */
  readonly listsVary: boolean;
  /** Whether arguments are repeated to it outside the body: a tool that says badly which ones cannot be called then. */
  readonly mirrors?: boolean;
}

export type UpstreamEvent =
  | { readonly kind: 'status'; readonly status: UpstreamStatus }
  | { readonly kind: 'changed'; readonly list: ListKind }
  /** It may have changed while nobody could tell. */
  | { readonly kind: 'missed'; readonly list: ListKind };

export interface ResourceSubscription {
  readonly caller: Caller;
  /** The upstream's own URI. */
  readonly uri: string;
  /** @param uri the own URI that was updated; it may lie below the subscribed one. */
  readonly updated: (uri: string) => void;
}

export interface Upstream {
  readonly name: string;
  readonly serve: Next;
  /** Connects if need be. @throws Fault `unavailable` with the reason. */
  profile(): Promise<Profile>;
  status(): UpstreamStatus;
  /** Gives back how to stop listening. */
  watch(listener: (event: UpstreamEvent) => void): () => void;
  /** Gives back how to unsubscribe. */
  subscribe(subscription: ResourceSubscription): Promise<() => void>;
}

/** One that is started once and closed once. */
export interface StartedUpstream extends Upstream {
  /** Begins to connect; returns at once. */
  start(): void;
  /** Lets go of all that was started for it. */
  close(): Promise<void>;
}
