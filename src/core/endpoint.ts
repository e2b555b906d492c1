/** An address with its pipeline already composed. Immutable; a Snapshot owns it. */
import type { MirroredArgument } from '../protocol/headers.ts';
import type { Upstream } from './ports/upstream.ts';
import type { Next } from './stage.ts';

export interface Placed {
  readonly upstream: Upstream;
  /** The upstream's own URI. */
  readonly uri: string;
}

export interface Endpoint {
  /** Path of the address, e.g. `/servers/files/mcp`. */
  readonly address: string;
  readonly serve: Next;
  /** Several servers under one set of names; what is behind it changes with the configuration too. */
  readonly isMerged: boolean;
  /** In the order in which their entries are listed. */
  readonly upstreams: readonly Upstream[];
  /** Arguments of a tool that a client must mirror into headers; empty for unknown names. */
  mirrored(tool: string): readonly MirroredArgument[];
  /** Where a public resource URI leads; `undefined` where nothing behind this endpoint can have it. */
  place(uri: string): Promise<Placed | undefined>;
  /** The public URI of an upstream's own. */
  publicUri(upstream: string, uri: string): string;
}
