/** A proxy for tests: forwards absolute-form requests, tunnels CONNECT, and keeps what it was asked. */
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Pair } from './certificates.ts';

export interface ProxyOptions {
  readonly secure?: Pair;
  /** Answers CONNECT itself. */
  readonly onConnect?: (socket: Duplex) => void;
}

export class FakeProxy implements AsyncDisposable {
  /** `CONNECT host:port` and `POST http://…`, each with its Proxy-Authorization. */
  readonly asked: string[] = [];
  readonly port: number;
  readonly #close: () => Promise<void>;

  private constructor(port: number, asked: string[], close: () => Promise<void>) {
    this.port = port;
    this.asked = asked;
    this.#close = close;
  }

  static async start({ secure, onConnect }: ProxyOptions = {}): Promise<FakeProxy> {
    const asked: string[] = [];
    const sockets = new Set<Duplex>();
    const note = ({ method, url, headers }: IncomingMessage): number =>
      asked.push(`${method} ${url} ${headers['proxy-authorization'] ?? '-'}`);
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
      note(request);
      const { 'proxy-authorization': _, ...headers } = request.headers;
      const onward = forward(request.url ?? '', { method: request.method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.writeHead(502).end());
      request.pipe(onward);
    };
    const server = secure ? createSecureServer(secure, onRequest) : createServer(onRequest);
    server.on('connect', (request: IncomingMessage, socket: Duplex) => {
      note(request);
      socket.on('error', () => undefined);
      if (onConnect) onConnect(socket);
      else joined(request.url ?? '', socket);
    });
    server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const close = async (): Promise<void> => {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    };
    return new FakeProxy((server.address() as AddressInfo).port, asked, close);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

function joined(authority: string, socket: Duplex): void {
  const { hostname, port } = new URL(`http://${authority}`);
  const onward = connect(Number(port), hostname, () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    onward.pipe(socket).pipe(onward);
  });
  onward.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
  socket.on('close', () => onward.destroy());
  onward.on('close', () => socket.destroy());
}
