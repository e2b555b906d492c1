/** Both ends of the wire for its tests: our server with a raw client, our pool with a raw upstream, all on loopback. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Budget } from '../../src/kernel/bounded.ts';
import { Routes } from '../../src/net/dial.ts';
import type { WireBounds } from '../../src/wire/bounds.ts';
import { systemTime } from '../../src/kernel/time.ts';
import { Output } from '../../src/wire/http1/output.ts';
import { Parsers } from '../../src/wire/http1/parser.ts';
import { Pool, type PoolBounds, type PoolOptions } from '../../src/wire/http1/pool.ts';
import type { ClientRequest, Sent } from '../../src/wire/http1/client.ts';
import { HttpServer } from '../../src/wire/http1/server.ts';
import type { Exchange } from '../../src/wire/http1/serving.ts';
import type { TlsAcceptor } from '../../src/wire/tls/acceptor.ts';
import type { Timer } from '../../src/kernel/time.ts';
import { FakeTime } from './time.ts';

const PATIENCE_MS = 10_000;

/** Waits for what has no event. */
export async function until(condition: () => boolean, what = 'condition'): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A client that sends the bytes it is told and keeps what comes back. */
export class RawClient {
  readonly socket: Socket;
  received = '';
  hasEnded = false;
  isClosed = false;

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
    this.socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1');
    });
    this.socket.on('end', () => {
      this.hasEnded = true;
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.isClosed = true;
    });
  }

  send(bytes: string): void {
    this.socket.write(bytes, 'latin1');
  }

  /** Each piece leaves on its own, after the one before has been taken. */
  async sendApart(pieces: readonly string[]): Promise<void> {
    for (const piece of pieces) {
      await new Promise((resolve) => this.socket.write(piece, 'latin1', resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Complete responses so far, chunked ones not counted. */
  get responses(): readonly { readonly status: number; readonly head: string; readonly body: string }[] {
    const found = [];
    let rest = this.received;
    for (let end = rest.indexOf('\r\n\r\n'); end !== -1; end = rest.indexOf('\r\n\r\n')) {
      const head = rest.slice(0, end);
      const length = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
      if (rest.length < end + 4 + length) break;
      found.push({ status: Number(head.slice(9, 12)), head, body: rest.slice(end + 4, end + 4 + length) });
      rest = rest.slice(end + 4 + length);
    }
    return found;
  }

  async answered(count = 1): Promise<void> {
    await until(() => this.responses.length >= count, `${count} responses; there is: ${this.received.slice(0, 500)}`);
  }

  async ended(): Promise<void> {
    await until(() => this.hasEnded || this.isClosed, 'the end of the connection');
  }
}

export const BOUNDS: WireBounds = {
  headerBytes: 1024,
  headers: 20,
  targetBytes: 100,
  bodyBytes: 1000,
  headerTimeoutMs: 10_000,
  bodyTimeoutMs: 30_000,
  idleTimeoutMs: 60_000,
  connections: 10,
  connectionsPerAddress: 10,
  streamQueueBytes: 100_000,
};

export interface Fixture {
  readonly server: HttpServer;
  readonly time: FakeTime;
  readonly buffered: Budget;
  readonly parsers: Parsers;
  readonly port: number;
  /** Requests that have come, with what was in them. */
  readonly requests: { readonly exchange: Exchange; readonly body: string }[];
  readonly client: () => RawClient;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

export interface FixtureOptions {
  readonly bounds?: Partial<WireBounds>;
  readonly bufferedBytes?: number;
  readonly tls?: TlsAcceptor;
  readonly onHead?: (exchange: Exchange) => void;
  /** Without it every request is answered with its own body. */
  readonly onRequest?: (exchange: Exchange, body: Buffer) => void;
}

export async function serve(options: FixtureOptions = {}): Promise<Fixture> {
  const time = new FakeTime();
  const buffered = new Budget(options.bufferedBytes ?? 10_000_000);
  const parsers = new Parsers();
  const requests: Fixture['requests'] = [];
  const clients: RawClient[] = [];
  let ids = 0;
  const server = new HttpServer({
    bounds: { ...BOUNDS, ...options.bounds },
    time,
    buffered,
    parsers,
    output: new Output(systemTime()),
    tls: options.tls,
    requestId: () => `r${(ids += 1)}`,
    singletons: ['x-once'],
    underscored: ['x-free-'],
    refusal: (status, kind, message) => JSON.stringify({ status, kind, message }),
    onHead: (exchange) => options.onHead?.(exchange),
    onRequest: (exchange, body) => {
      requests.push({ exchange, body: body.toString('latin1') });
      if (options.onRequest) options.onRequest(exchange, body);
      else exchange.respond(200, '', body);
    },
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const client = (): RawClient => {
    const opened = new RawClient(port);
    clients.push(opened);
    return opened;
  };
  const dispose = async (): Promise<void> => {
    for (const { socket } of clients) socket.destroy();
    await server.close();
  };
  return { server, time, buffered, parsers, port, requests, client, [Symbol.asyncDispose]: dispose };
}

/** A server that does with its sockets what a test wants. */
export async function rawUpstream(onSocket: (socket: Socket, index: number) => void): Promise<{
  readonly port: number;
  readonly sockets: readonly Socket[];
  readonly server: Server;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}> {
  const sockets: Socket[] = [];
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    sockets.push(socket);
    onSocket(socket, sockets.length - 1);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const dispose = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, sockets, server, [Symbol.asyncDispose]: dispose };
}

/** What a receiver heard, written down. */
export interface Heard {
  readonly events: string[];
  body: string;
  status: number;
  fault: { readonly kind: string; readonly delivered: string; readonly message: string } | undefined;
  readonly sent: Sent;
}

export interface PoolFixture {
  readonly pool: Pool;
  readonly time: SocketTime;
  readonly parsers: Parsers;
  readonly send: (request?: Partial<ClientRequest>) => Heard;
  readonly [Symbol.dispose]: () => void;
}

/** Its sockets are real ones: turns go by themselves, seconds do not. */
class SocketTime extends FakeTime {
  rests = 0;

  override soon(action: () => void): void {
    setImmediate(action);
  }

  override shortly(ms: number, action: () => void): Timer {
    this.rests += 1;
    const timer = setTimeout(action, ms);
    return { cancel: () => clearTimeout(timer) };
  }
}

export function poolTo(
  port: number,
  bounds: Partial<PoolBounds> = {},
  to: Partial<Pick<PoolOptions, 'authority' | 'dial' | 'output'>> = {},
): PoolFixture {
  const time = new SocketTime();
  const parsers = new Parsers();
  const pool = new Pool({
    authority: { host: '127.0.0.1', port, tls: false },
    dial: new Routes().route().dial,
    parsers,
    output: new Output(systemTime()),
    time,
    bounds: {
      connectTimeoutMs: 5000,
      firstByteTimeoutMs: 10_000,
      idleTimeoutMs: 20_000,
      timeoutMs: 60_000,
      sockets: 10,
      idleSockets: 10,
      headerBytes: 1024,
      headers: 20,
      ...bounds,
    },
    ...to,
  });
  const send = (request: Partial<ClientRequest> = {}): Heard => {
    const heard = { events: [] as string[], body: '', status: 0, fault: undefined as Heard['fault'] };
    const sent = pool.send(
      { method: 'POST', path: '/x', headers: 'host: up\r\n', body: [Buffer.from('hello')], ...request },
      {
        onHead: ({ status }) => {
          heard.events.push('head');
          heard.status = status;
        },
        onData: (chunk) => {
          heard.body += chunk.toString('latin1');
        },
        onEnd: () => heard.events.push('end'),
        onError: ({ kind, delivered, message }) => {
          heard.events.push('error');
          heard.fault = { kind, delivered, message };
        },
      },
    );
    return Object.assign(heard, { sent });
  };
  return { pool, time, parsers, send, [Symbol.dispose]: () => pool.close() };
}
