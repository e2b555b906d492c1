/**
 * An HTTP/1.1 server on sockets, plain or made secure by an acceptor, RFC 9110 and 9112: reads requests strictly and inside its bounds,
 * answers them in order. Knows nothing of what is asked; whoever owns it judges each head, then each body. HTTP/1.0 is answered, HTTP/2 is
 * not spoken.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Time, Timer } from '../../kernel/time.ts';
import { plainAddress } from '../address.ts';
import type { TlsAcceptor } from '../tls/acceptor.ts';
import { TICK_MS } from '../ticks.ts';
import { Arrival } from './arrival.ts';
import { Connection } from './connection.ts';
import type { ServerOptions } from './serving.ts';
import type { Site } from './site.ts';
import { RequestGrammar } from './grammar.ts';
import type { Proxies } from './proxies.ts';

export interface ListenAuthority {
  readonly host: string;
  readonly port: number;
}

const DATE_TICKS = 1000 / TICK_MS;

export class HttpServer {
  readonly #server: Server;
  readonly #site: Site;
  readonly #time: Time;
  readonly #open = new Map<Arrival, Connection>();
  readonly #perNetwork = new Map<string, number>();
  readonly #maxPerNetwork: number;
  readonly #tls: TlsAcceptor | undefined;
  #proxies: Proxies | undefined;
  #isRefusing = false;
  #sweeper: Timer | undefined;

  constructor(options: ServerOptions) {
    this.#time = options.time;
    this.#maxPerNetwork = options.bounds.connectionsPerAddress;
    this.#tls = options.tls;
    this.#site = {
      options,
      grammar: new RequestGrammar(options),
      gone: (arrival) => this.#gone(arrival),
      tick: 0,
      date: '',
      isDraining: false,
      isClosing: false,
    };
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = options.bounds.connections;
  }

  /** Connections that are open, those that are being made secure among them. */
  get connections(): number {
    return this.#open.size + (this.#tls?.handshakes ?? 0);
  }

  /** Those on which a request comes or is being answered. */
  get busy(): number {
    let count = 0;
    for (const connection of this.#open.values()) if (connection.isBusy) count += 1;
    return count;
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

  /** Whose word about others counts, from the next request on. */
  trust(proxies: Proxies | undefined): void {
    this.#proxies = proxies;
    for (const arrival of this.#open.keys()) this.#place(arrival);
  }

  /** Lets go of clients that can go elsewhere: after their answer, or before they are heard at all. */
  relieve({ closing, refusing }: { readonly closing: boolean; readonly refusing: boolean }): void {
    this.#isRefusing = refusing;
    this.#site.isClosing = closing || this.#site.isDraining;
  }

  /** Each answer is the last on its connection, and idle connections close soon. Who comes now is still answered. */
  drain(): void {
    this.#site.isDraining = true;
    this.#site.isClosing = true;
    for (const connection of this.#open.values()) connection.drain();
  }

  /** Accepts nobody any more. */
  leave(): void {
    this.#server.close();
    this.#tls?.close();
  }

  /** Closes what is still open. */
  async close(): Promise<void> {
    this.#sweeper?.cancel();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#isRefusing = true;
    this.#server.close(() => resolve());
    this.#tls?.close();
    for (const connection of this.#open.values()) connection.destroy();
    await promise;
  }

  #accept(socket: Socket): void {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined || this.#isRefusing) {
      socket.destroy();
      return;
    }
    const arrival = new Arrival(plainAddress(remoteAddress), this.#tls ? 'https' : 'http');
    this.#place(arrival);
    const count = this.#perNetwork.get(arrival.network) ?? 0;
    // Behind a proxy there are many: it keeps its own bounds.
    if (count >= this.#maxPerNetwork && !arrival.proxies) {
      socket.destroy();
      return;
    }
    this.#perNetwork.set(arrival.network, count + 1);
    if (this.#tls) this.#secure(socket, arrival, this.#tls);
    else this.#open.set(arrival, new Connection(socket, arrival, this.#site));
  }

  #secure(socket: Socket, arrival: Arrival, tls: TlsAcceptor): void {
    socket.once('close', () => this.#left(arrival));
    tls.accept(socket, {
      address: arrival.address,
      tick: this.#site.tick,
      secured: (secure, certificate) => {
        arrival.certificate = certificate;
        this.#place(arrival);
        this.#open.set(arrival, new Connection(secure, arrival, this.#site));
      },
    });
  }

  #place(arrival: Arrival): void {
    arrival.proxies = this.#proxies?.trusts(arrival.address) === true ? this.#proxies : undefined;
  }

  #gone(arrival: Arrival): void {
    if (this.#open.delete(arrival) && !this.#tls) this.#left(arrival);
  }

  #left({ network }: Arrival): void {
    const count = this.#perNetwork.get(network) ?? 0;
    if (count > 1) this.#perNetwork.set(network, count - 1);
    else this.#perNetwork.delete(network);
  }

  #sweep(): void {
    this.#site.tick += 1;
    if (this.#site.tick % DATE_TICKS === 0) this.#date();
    for (const connection of this.#open.values()) connection.sweep();
    this.#tls?.sweep(this.#site.tick);
  }

  #date(): void {
    this.#site.date = `date: ${new Date(this.#time.now()).toUTCString()}\r\n`;
  }
}
