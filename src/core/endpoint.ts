/** An address with its pipeline already composed. Immutable; a Snapshot owns it. */
import type { MirroredArgument } from '../protocol/headers.ts';
import type { Upstream } from './ports/upstream.ts';
import type { Next } from './stage.ts';

export interface Placed {
  readonly upstream: Upstream;
  /** The upstream's own URI. */
  readonly uri: string;
}

export interface ToolFacts {
  /** Arguments that a client must repeat in headers. */
  readonly mirrored: readonly MirroredArgument[];
  /** The structured content that it promises need not be an object. */
  readonly isFreeOutput: boolean;
}

/**
 * One of the two paths at which HTTP+SSE reaches an endpoint: with GET its client opens the stream that carries every answer, with POST it speaks.
 */
export interface SsePath {
  readonly path: string;
  readonly takes: 'GET' | 'POST';
  readonly endpoint: Endpoint;
  /** The path to POST to as the client sees it. */
  readonly messages: string;
}

export interface Endpoint {
  /** Path of the address, e.g. `/servers/files/mcp`. */
  readonly address: string;
  readonly serve: Next;
  /** Several servers under one set of names; what is behind it changes with the configuration too. */
  readonly isMerged: boolean;
  /** In the order in which their entries are listed. */
  readonly upstreams: readonly Upstream[];
  /** What is known of a tool now, without asking; `undefined` for unknown names. */
  tool(name: string): ToolFacts | undefined;
  /** Whether any server behind declares a feature; one that cannot be asked might. */
  offers(feature: string): Promise<boolean>;
  /** Where a public resource URI leads; `undefined` where nothing behind this endpoint can have it. */
  place(uri: string): Promise<Placed | undefined>;
  /** The public URI of an upstream's own. */
  publicUri(upstream: string, uri: string): string;
}
