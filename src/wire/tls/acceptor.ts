/**
 * Makes accepted sockets secure: TLS 1.2 and 1.3, HTTP/1.1 only, RFC 9325 sections 3.1, 3.4 and 4.2. The identity is exchanged whole: who is
 * connected stays as he is, and tickets of the identity before are worth nothing. Who a verified certificate belongs to is not judged here.
 */
import { constants, type X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { dueAfter } from '../ticks.ts';

/** PEM texts. A client's certificate is asked for where there is an authority that clients are checked against. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string | undefined;
  /** `request`: who shows a certificate must show a good one. */
  readonly clientAuth: 'none' | 'request' | 'require';
}

export interface AcceptorOptions {
  readonly identity: TlsIdentity;
  /** From the connection to the end of the handshake. */
  readonly handshakeTimeoutMs: number;
  /** A handshake did not succeed. `reason` is for the log. */
  readonly failed: (reason: string, address: string) => void;
}

/** @param certificate verified, where one was asked for and shown. */
export type Secured = (socket: Socket, certificate: X509Certificate | undefined) => void;

/** Handshakes at once. One more, and the one that has taken longest is given up: who is honest is done in a few round trips. */
const HANDSHAKES = 1000;
/** Probes of load balancers do it all day. */
const HUNG_UP = 'ECONNRESET';
/** How long a ticket is good: a certificate that was verified once is not looked at again before. */
const TICKET_SECONDS = 300;
/** Node's own deadline must be something; the sweep comes first. */
const LONG_MS = 3_600_000;
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

interface Handshake {
  readonly socket: Socket;
  readonly due: number;
  readonly address: string;
  readonly secured: Secured;
}

export class TlsAcceptor {
  readonly #options: AcceptorOptions;
  /** By the two ends of the connection: what node hands over when a handshake is done is not the socket that it began with. */
  readonly #handshakes = new Map<string, Handshake>();
  #server: Server;
  #identity: TlsIdentity;

  /** @throws where certificate and key cannot be used together. */
  constructor(options: AcceptorOptions) {
    this.#options = options;
    this.#server = this.#serverFor(options.identity);
    this.#identity = options.identity;
  }

  /** For who connects from now on. @throws as the constructor; the identity before then stays. */
  use(identity: TlsIdentity): void {
    if (isSame(identity, this.#identity)) return;
    this.#server = this.#serverFor(identity);
    this.#identity = identity;
  }

  /** Handshakes that are going on. */
  get handshakes(): number {
    return this.#handshakes.size;
  }

  /** Begins the handshake. However it ends, `socket` says with `close` when the connection is gone. */
  accept(socket: Socket, { address, tick, secured }: { address: string; tick: number; secured: Secured }): void {
    for (const handshake of this.#handshakes.values()) {
      if (this.#handshakes.size < HANDSHAKES) break;
      this.#giveUp(handshake, 'too many handshakes');
    }
    const ends = endsOf(socket);
    this.#handshakes.set(ends, {
      socket,
      due: dueAfter(tick, this.#options.handshakeTimeoutMs),
      address,
      secured,
    });
    socket.on('error', ignore).once('close', () => {
      // Who resets a connection may come again from the same port before this one is heard to have closed.
      if (this.#handshakes.get(ends)?.socket === socket) this.#handshakes.delete(ends);
    });
    // Who hangs up in the middle of a handshake waits for nothing; afterwards that is for the connection to judge.
    socket.allowHalfOpen = false;
    this.#server.emit('connection', socket);
  }

  /** Called at every tick. They stand in the order in which they began. */
  sweep(tick: number): void {
    for (const handshake of this.#handshakes.values()) {
      if (tick < handshake.due) return;
      this.#giveUp(handshake, 'took too long');
    }
  }

  close(): void {
    for (const { socket } of this.#handshakes.values()) socket.destroy();
    this.#handshakes.clear();
  }

  #serverFor({ cert, key, clientCa, clientAuth }: TlsIdentity): Server {
    const asks = clientAuth !== 'none';
    const server = createServer({
      cert,
      key,
      ...(clientCa === undefined ? {} : { ca: clientCa }),
      requestCert: asks,
      rejectUnauthorized: clientAuth === 'require',
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2',
      ciphers: CIPHERS,
      honorCipherOrder: true,
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      handshakeTimeout: LONG_MS,
      sessionTimeout: TICKET_SECONDS,
    });
    server.on('secureConnection', (socket) => this.#secured(socket, asks));
    server.on('tlsClientError', (error, socket) => this.#failed(error, socket));
    return server;
  }

  #secured(socket: TLSSocket, asks: boolean): void {
    const handshake = this.#take(socket);
    const certificate = asks ? socket.getPeerX509Certificate() : undefined;
    if (!handshake || (certificate && !socket.authorized)) {
      socket.on('error', ignore).destroy();
      if (handshake) this.#options.failed(String(socket.authorizationError), handshake.address);
      return;
    }
    socket.allowHalfOpen = true;
    handshake.secured(socket, certificate);
  }

  #failed(error: Error, socket: TLSSocket): void {
    const handshake = this.#take(socket);
    socket.on('error', ignore).destroy();
    handshake?.socket.destroy();
    const reason = 'code' in error ? String(error.code) : error.message;
    if (handshake && reason !== HUNG_UP) this.#options.failed(reason, handshake.address);
  }

  #take(socket: TLSSocket): Handshake | undefined {
    const ends = endsOf(socket);
    const handshake = this.#handshakes.get(ends);
    this.#handshakes.delete(ends);
    return handshake;
  }

  #giveUp({ socket, address }: Handshake, reason: string): void {
    this.#handshakes.delete(endsOf(socket));
    socket.destroy();
    this.#options.failed(reason, address);
  }
}

const isSame = (one: TlsIdentity, other: TlsIdentity): boolean =>
  one.cert === other.cert &&
  one.key === other.key &&
  one.clientCa === other.clientCa &&
  one.clientAuth === other.clientAuth;

const endsOf = ({ remoteAddress, remotePort, localAddress }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress}`;

/** `close` follows and says all that matters. */
function ignore(): void {}
