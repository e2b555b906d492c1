/** What a server and its owner hold on to: one exchange, its response, and what the owner brings along. */
import type { X509Certificate } from 'node:crypto';
import type { Budget } from '../../kernel/bounded.ts';
import type { Part } from '../../kernel/parts.ts';
import type { Time } from '../../kernel/time.ts';
import type { WireBounds } from '../bounds.ts';
import type { TlsAcceptor } from '../tls/acceptor.ts';
import type { Output } from './output.ts';
import type { Parsers } from './parser.ts';

/** Where a request comes from: its peer, or whom a trusted proxy names. */
export interface Sender {
  readonly address: string;
  /** What counts as one address where something is shared or bounded. */
  readonly network: string;
  /** As the client sees it. */
  readonly scheme: 'http' | 'https';
}

export interface Exchange {
  /** Sent as `x-request-id` with every response. */
  readonly id: string;
  readonly method: string;
  /** Path and query as they were sent; of an absolute form, its path and query. */
  readonly target: string;
  readonly from: Sender;
  /** The client's own: verified, and not looked at here. */
  readonly certificate: X509Certificate | undefined;
  /** Name in lower case. Of a header that came several times, all values as a list. Only inside `onHead` and `onRequest`, before the answer. */
  header(name: string): string | undefined;
  count(name: string): number;
  /** The owner's, for what it finds out in `onHead` and needs in `onRequest`. */
  context: unknown;
  /** `headers` are ready lines without a length. Before the body has come this also says that it is not wanted: the connection then closes. */
  respond(status: number, headers: string, body: Uint8Array | string): void;
  /** The same, the body in parts that are copied before this returns. */
  respondParts(status: number, headers: string, parts: readonly Part[]): void;
  /** A response in chunks; its head is sent at once. */
  stream(status: number, headers: string): ResponseStream;
  /** The exchange ended before its answer was complete: the client went away, or its body was refused. At most one listener. */
  onGone(listener: () => void): void;
}

export interface ResponseStream {
  readonly queuedBytes: number;
  /** `false`: over, or more than the bound had been waiting before this, and the stream has been closed. */
  write(...parts: readonly Uint8Array[]): boolean;
  end(): void;
  /** Called when nothing is queued any more after something was. At most one listener. */
  onDrain(listener: () => void): void;
}

export interface ServerOptions {
  readonly bounds: WireBounds;
  readonly time: Time;
  readonly buffered: Budget;
  readonly requestId: () => string;
  /** Names of headers, lower case, that may come only once. */
  readonly singletons: readonly string[];
  /** What names of headers begin with, lower case, that may hold an underscore; all others may not. */
  readonly underscored: readonly string[];
  /** The JSON body of a refusal that the wire itself makes. */
  readonly refusal: (status: number, kind: string, message: string) => string;
  readonly parsers: Parsers;
  readonly output: Output;
  /** Without it connections are plain. */
  readonly tls?: TlsAcceptor | undefined;
  /** A head has been read and judged; its body has not. May answer. Must not throw. */
  onHead(exchange: Exchange): void;
  /** The body is complete; empty if there is none. It is the receiver's to keep. Not called if `onHead` answered. Must not throw. */
  onRequest(exchange: Exchange, body: Buffer): void;
}
