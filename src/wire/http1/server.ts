/**
 * An HTTP/1.1 server on plain sockets, RFC 9110 and 9112: reads requests strictly and inside its bounds, answers them in order. Knows nothing
 * of what is asked; whoever owns it judges each head, then each body. HTTP/2 and HTTP/1.0 are not spoken.
 */
import type { Part } from '../../kernel/parts.ts';
import { createServer, type Server, type Socket } from 'node:net';
import type { Budget } from '../../kernel/bounded.ts';
import type { Time, Timer } from '../../kernel/time.ts';
import type { WireBounds } from '../bounds.ts';
import { TICK_MS } from '../ticks.ts';
import { Connection } from './connection.ts';
import { RequestGrammar } from './grammar.ts';
import { Output } from './output.ts';
import type { Parsers } from './parser.ts';

export interface Exchange {
  /** Sent as `x-request-id` with every response. */
  readonly id: string;
  readonly method: string;
  /** Path and query as they were sent; of an absolute form, its path and query. */
  readonly target: string;
  readonly address: string;
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
  /** The JSON body of a refusal that the wire itself makes. */
  readonly refusal: (status: number, kind: string, message: string) => string;
  readonly parsers: Parsers;
  /** A head has been read and judged; its body has not. May answer. Must not throw. */
  onHead(exchange: Exchange): void;
  /** The body is complete; empty if there is none. It is the receiver's to keep. Not called if `onHead` answered. Must not throw. */
  onRequest(exchange: Exchange, body: Buffer): void;
}

export interface ListenAuthority {
  readonly host: string;
  readonly port: number;
}

/** What the connections of one server share. */
export interface Site {
  readonly options: ServerOptions;
  readonly grammar: RequestGrammar;
  readonly output: Output;
  tick: number;
  /** A ready header line. */
  date: string;
  isDraining: boolean;
  closed(connection: Connection): void;
}

const DATE_TICKS = 1000 / TICK_MS;

export class HttpServer {
  readonly #server: Server;
  readonly #site: Site;
  readonly #time: Time;
  readonly #open = new Set<Connection>();
  readonly #perAddress = new Map<string, number>();
  readonly #maxPerAddress: number;
  #sweeper: Timer | undefined;

  constructor(options: ServerOptions) {
    this.#time = options.time;
    this.#maxPerAddress = options.bounds.connectionsPerAddress;
    this.#site = {
      options,
      grammar: new RequestGrammar(options.singletons),
      output: new Output(),
      tick: 0,
      date: '',
      isDraining: false,
      closed: (connection) => this.#closed(connection),
    };
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = options.bounds.connections;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#open.size;
  }

  /** Gives back the address it got, where the port was 0. */
  async listen({ host, port }: ListenAuthority): Promise<ListenAuthority> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    this.#server.listen({ host, port }, resolve);
    await promise;
    this.#server.off('error', reject);
    // From here on an error is a connection that could not be accepted, for want of descriptors: the next one may be.
    this.#server.on('error', () => undefined);
    this.#date();
    this.#sweeper = this.#time.every(TICK_MS, () => this.#sweep());
    const address = this.#server.address();
    return typeof address === 'object' && address ? { host: address.address, port: address.port } : { host, port };
  }

  /** Accepts nobody any more. Idle connections close at once, others when they have been answered. */
  drain(): void {
    this.#site.isDraining = true;
    this.#server.close();
    for (const connection of this.#open) connection.drain();
  }

  /** Closes what is still open. */
  async close(): Promise<void> {
    this.#sweeper?.cancel();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#site.isDraining = true;
    this.#server.close(() => resolve());
    for (const connection of this.#open) connection.destroy();
    await promise;
  }

  #accept(socket: Socket): void {
    const address = socket.remoteAddress;
    const count = this.#perAddress.get(address ?? '') ?? 0;
    if (address === undefined || count >= this.#maxPerAddress || this.#site.isDraining) {
      socket.destroy();
      return;
    }
    this.#perAddress.set(address, count + 1);
    this.#open.add(new Connection(socket, address, this.#site));
  }

  #closed(connection: Connection): void {
    if (!this.#open.delete(connection)) return;
    const count = this.#perAddress.get(connection.address) ?? 0;
    if (count > 1) this.#perAddress.set(connection.address, count - 1);
    else this.#perAddress.delete(connection.address);
  }

  #sweep(): void {
    this.#site.tick += 1;
    if (this.#site.tick % DATE_TICKS === 0) this.#date();
    for (const connection of this.#open) connection.sweep();
  }

  #date(): void {
    this.#site.date = `date: ${new Date(this.#time.now()).toUTCString()}\r\n`;
  }
}
