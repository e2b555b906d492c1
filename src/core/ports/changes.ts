/** Tells open streams what changed behind an endpoint. Implemented in `dispatch/listen`; used by every edge that holds a stream open. */
import type { Caller } from '../caller.ts';

export interface Wanted {
  readonly tools: boolean;
  readonly prompts: boolean;
  readonly resources: boolean;
  /** Public URIs. */
  readonly uris: readonly string[];
}

export type Change =
  | { readonly kind: 'list'; readonly list: 'tools' | 'prompts' | 'resources' }
  | { readonly kind: 'updated'; readonly uri: string };

export interface ListenRequest {
  readonly address: string;
  readonly caller: Caller;
  readonly wanted: Wanted;
  readonly changed: (change: Change) => void;
  /** The endpoint is gone, or the gateway closes. */
  readonly ended: () => void;
}

export interface Listening {
  /** What of the wanted can really be told; the rest is left out. */
  readonly honoured: Wanted;
  /** Changes the set of URIs; gives back those that can be told. */
  want(uris: readonly string[]): Promise<readonly string[]>;
  close(): void;
}

export interface Changes {
  listen(request: ListenRequest): Promise<Listening>;
}
