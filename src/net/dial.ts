/**
 * The only way to a remote address: TCP, or TLS with authorities and the peer's name checked (RFC 9110 section 4.3.4), straight or through a
 * proxy. Which addresses may be dialled at all is not judged here.
 */
import { connect as connectTcp, isIP, Socket, type OnReadOpts } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  getCACertificates,
  type ConnectionOptions,
  type SecureContext,
  type SecureContextOptions,
} from 'node:tls';
import { DialFailure, type Dial, type Origin, type SocketEvents } from '../wire/http1/client.ts';
import { explained, ofProxy } from './failures.ts';
import { tunnel, type Proxy } from './tunnel.ts';

/** Whom to trust, and what to show. PEM texts. */
export interface Trust {
  /** Instead of the system's. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** What the certificate must be for, where it is not the host that is dialled. */
  readonly serverName?: string | undefined;
}

export interface RouteOptions {
  readonly trust?: Trust | undefined;
  readonly proxy?: Proxy | undefined;
}

const READ_BYTES = 65_536;

/** Makes ways to upstreams, and holds what they share. */
export class Routes {
  /** One for all sockets: whoever hears of bytes is done with them before the next are read. */
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  #authorities: string[] | undefined;
  #usual: SecureContext | undefined;

  route({ trust = {}, proxy }: RouteOptions = {}): Route {
    return new Route({ trust, proxy, buffer: this.#buffer, contextFor: (wanted) => this.#contextFor(wanted) });
  }

  /** Reading the system's authorities takes a while, so it is done when somebody wants them, and once. */
  #contextFor({ ca, cert, key }: Trust): SecureContext {
    if (ca !== undefined) return contextOf({ ca, cert, key });
    this.#authorities ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
    if (cert !== undefined) return contextOf({ ca: this.#authorities, cert, key });
    this.#usual ??= contextOf({ ca: this.#authorities });
    return this.#usual;
  }
}

interface Making {
  readonly trust: Trust;
  readonly proxy: Proxy | undefined;
  readonly buffer: Buffer;
  readonly contextFor: (trust: Trust) => SecureContext;
}

/** The way to one upstream. Whom it trusts may change: then connections that are open take no further request. */
export class Route {
  readonly #made: Making;
  readonly #open = new Set<SocketEvents>();
  #trust: Trust;
  #context: SecureContext | undefined;
  /** Of the last connection, for the next. Its peer was verified when it began. */
  #session: Buffer | undefined;

  constructor(made: Making) {
    this.#made = made;
    this.#trust = made.trust;
  }

  use(trust: Trust): void {
    this.#trust = trust;
    this.#context = undefined;
    this.#session = undefined;
    for (const events of this.#open) events.onStale();
  }

  readonly dial: Dial = (origin, events) => {
    const { proxy, buffer } = this.#made;
    this.#open.add(events);
    if (proxy) return origin.tls ? this.#tunnelled(proxy, origin, events) : this.#forwarded(proxy, events);
    if (origin.tls) return this.#secure(origin, events, { onread: reading(events, buffer) });
    const { host, port } = origin;
    const options = { host, port, noDelay: true, onread: reading(events, buffer) };
    const socket = connectTcp(options, () => events.onOpen(socket));
    return this.#hear(socket, events, explained);
  };

  /** To a proxy that takes requests for the upstream as they are. */
  #forwarded(proxy: Proxy, events: SocketEvents): Socket {
    let isOpen = false;
    const socket = this.#toProxy(proxy, { onread: reading(events, this.#made.buffer) }, () => {
      isOpen = true;
      events.onOpen(socket);
    });
    return this.#hear(socket, events, (error) => (isOpen ? explained(error) : ofProxy(error)));
  }

  #tunnelled(proxy: Proxy, origin: Origin, events: SocketEvents): Socket {
    let isThrough = false;
    let reason = new Error('closed by the proxy');
    const established = (): void => {
      isThrough = true;
      this.#secure(origin, events, { socket });
    };
    const failed = (failure: Error): unknown => socket.destroy(failure);
    const socket = this.#toProxy(proxy, {}, () => tunnel({ socket, proxy, origin, established, failed }));
    socket.on('error', (error) => {
      reason = error;
    });
    socket.on('close', () => {
      if (!isThrough) this.#closed(events, ofProxy(reason));
    });
    return socket;
  }

  /** A proxy over TLS is trusted as the system trusts, whatever the upstream is trusted by. */
  #toProxy(proxy: Proxy, how: Reading, opened: () => void): Socket {
    const options = { ...how, host: proxy.host, port: proxy.port, noDelay: true };
    if (!proxy.tls) return connectTcp(options, opened);
    const secure = { ...options, ...secureOptions(proxy.host), secureContext: this.#made.contextFor({}) };
    return connectTls(secure, opened);
  }

  #secure(origin: Origin, events: SocketEvents, how: Reading | { readonly socket: Socket }): Socket {
    const context = this.#currentContext();
    if (context instanceof Error) return this.#hear(new Socket().destroy(context), events, explained);
    const { host, port } = origin;
    const session = this.#session ? { session: this.#session } : {};
    const options = { ...how, ...secureOptions(this.#trust.serverName ?? host), ...session, host, port, noDelay: true };
    let early: Buffer | undefined;
    const socket = connectTls({ ...options, secureContext: context }, () => {
      if (early) this.#resumeLater(context, early);
      events.onOpen(socket);
    });
    // A session that comes before the peer has been verified may be one of anybody.
    socket.on('session', (given: Buffer) => {
      if (socket.authorized) this.#resumeLater(context, given);
      else early = given;
    });
    if ('socket' in how) socket.on('data', (chunk: Buffer) => events.onData(chunk));
    return this.#hear(socket, events, explained);
  }

  #currentContext(): SecureContext | Error {
    try {
      this.#context ??= this.#made.contextFor(this.#trust);
      return this.#context;
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return new DialFailure('The certificates configured for it cannot be used.', detail);
    }
  }

  #resumeLater(context: SecureContext, session: Buffer): void {
    if (context === this.#context) this.#session = session;
  }

  #hear(socket: Socket, events: SocketEvents, explain: (error: Error) => Error): Socket {
    let reason: Error | undefined;
    socket.on('error', (error) => {
      reason = error;
    });
    socket.on('end', () => {
      // An alert comes with an end; what it says counts.
      if (!reason) events.onEnd();
    });
    socket.on('close', () => this.#closed(events, reason && explain(reason)));
    return socket;
  }

  #closed(events: SocketEvents, reason: Error | undefined): void {
    this.#open.delete(events);
    events.onClose(reason);
  }
}

interface Reading {
  readonly onread?: OnReadOpts;
}

function reading(events: SocketEvents, buffer: Buffer): OnReadOpts {
  return {
    buffer,
    callback: (length) => {
      events.onData(buffer.subarray(0, length));
      return true;
    },
  };
}

/** An address cannot be asked for by name (RFC 6066 section 3); the certificate is still checked against it. */
const secureOptions = (name: string): ConnectionOptions => ({
  servername: isIP(name) === 0 ? name : '',
  checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
  // Whatever the environment says.
  rejectUnauthorized: true,
  ALPNProtocols: ['http/1.1'],
});

const contextOf = (options: SecureContextOptions): SecureContext =>
  createSecureContext({ ...options, minVersion: 'TLSv1.2' });
