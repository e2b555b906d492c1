/**
 * An HTTP/1.1 server on sockets, plain or made secure by an acceptor, RFC 9110 and 9112: reads requests strictly and inside its bounds, answers them in order. Knows nothing
 * of what is asked; whoever owns it judges each head, then each body. HTTP/2 and HTTP/1.0 are not spoken.
 */
import type { X509Certificate } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import type { Time, Timer } from '../../kernel/time.ts';
import type { TlsAcceptor } from '../tls/acceptor.ts';
import { TICK_MS } from '../ticks.ts';
import { Connection } from './connection.ts';
import type { ServerOptions } from './serving.ts';
import type { Site } from './site.ts';
import { RequestGrammar } from './grammar.ts';
import { Output } from './output.ts';

export interface ListenAuthority {
  readonly host: string;
  readonly port: number;
}

const DATE_TICKS = 1000 / TICK_MS;

export class HttpServer {
  readonly #server: Server;
  readonly #site: Site;
  readonly #time: Time;
  readonly #open = new Set<Connection>();
  readonly #perAddress = new Map<string, number>();
  readonly #maxPerAddress: number;
  readonly #tls: TlsAcceptor | undefined;
  #sweeper: Timer | undefined;

  constructor(options: ServerOptions) {
    this.#time = options.time;
    this.#maxPerAddress = options.bounds.connectionsPerAddress;
    this.#tls = options.tls;
    this.#site = {
      options,
      grammar: new RequestGrammar(options.singletons),
      output: new Output(),
      tick: 0,
      date: '',
      isDraining: false,
    };
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = options.bounds.connections;
  }

  /** Connections that are open, those that are being made secure among them. */
  get connections(): number {
    return this.#open.size + (this.#tls?.handshakes ?? 0);
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
    this.#tls?.close();
    for (const connection of this.#open) connection.drain();
  }

  /** Closes what is still open. */
  async close(): Promise<void> {
    this.#sweeper?.cancel();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#site.isDraining = true;
    this.#server.close(() => resolve());
    this.#tls?.close();
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
    if (!this.#tls) {
      this.#serve(socket, { address, certificate: undefined, left: () => this.#left(address) });
      return;
    }
    socket.once('close', () => this.#left(address));
    this.#tls.accept(socket, {
      address,
      tick: this.#site.tick,
      secured: (secure, certificate) => this.#serve(secure, { address, certificate, left: () => undefined }),
    });
  }

  #serve(socket: Socket, { address, certificate, left }: Arriving): void {
    const gone = (): void => {
      if (this.#open.delete(connection)) left();
    };
    const connection: Connection = new Connection(socket, { address, certificate, site: this.#site, gone });
    this.#open.add(connection);
  }

  #left(address: string): void {
    const count = this.#perAddress.get(address) ?? 0;
    if (count > 1) this.#perAddress.set(address, count - 1);
    else this.#perAddress.delete(address);
  }

  #sweep(): void {
    this.#site.tick += 1;
    if (this.#site.tick % DATE_TICKS === 0) this.#date();
    for (const connection of this.#open) connection.sweep();
    this.#tls?.sweep(this.#site.tick);
  }

  #date(): void {
    this.#site.date = `date: ${new Date(this.#time.now()).toUTCString()}\r\n`;
  }
}

interface Arriving {
  readonly address: string;
  readonly certificate: X509Certificate | undefined;
  readonly left: () => void;
}
