/** A 2025 server that closes its event streams: what it was still going to say is fetched, by calls and by the session's own stream. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../fakes/wire.ts';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { parsed, statelessCall } from './client.ts';

interface Got {
  readonly http: string;
  readonly method: string;
  readonly from: string | undefined;
  readonly session: string | undefined;
}

/** Answers every call by a stream that it closes at once; what follows is had by GET. */
class Closing implements AsyncDisposable {
  readonly got: Got[] = [];
  /** Streams of the session itself. */
  readonly own: ServerResponse[] = [];
  tools = '';
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<Closing> {
    const server = new Closing();
    await new Promise<void>((listening) => server.#server.listen(0, '127.0.0.1', listening));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { method: http = '', headers } = request;
    const method = /"method":"([^"]*)"/u.exec(body)?.[1] ?? '';
    const id = /"id":(\d+)/u.exec(body)?.[1];
    const from = headers['last-event-id']?.toString();
    this.got.push({ http, method, from, session: headers['mcp-session-id']?.toString() });
    const stream = (): ServerResponse => response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (http === 'GET' && from?.startsWith('call-') === true)
      stream().end(`id: end\ndata: {"jsonrpc":"2.0","id":${from.slice(5)},"result":{"content":[]}}\n\n`);
    else if (http === 'GET') {
      this.own.push(stream());
      response.write('id: own-1\nretry: 100\ndata: \n\n');
    } else if (id === undefined) response.writeHead(202).end();
    else if (method === 'tools/call') stream().end(`id: call-${id}\nretry: 100\ndata: \n\n`);
    else if (method === 'server/discover') response.writeHead(400).end();
    else {
      const result =
        method === 'initialize'
          ? '{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"c","version":"1"}}'
          : '{"tools":[{"name":"echo","inputSchema":{"type":"object"}}]}';
      response
        .writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 's-1' })
        .end(`{"jsonrpc":"2.0","id":${id},"result":${result}}`);
    }
  }
}

let gateway: RunningGateway;
let server: Closing;

beforeAll(async () => {
  server = await Closing.start();
  gateway = await startGateway({ servers: { closing: { url: server.url } } });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

it('a call is answered once, by what its server says when it is asked to go on', async () => {
  const answered = await statelessCall(`${gateway.url}/servers/closing/mcp`, 'echo');
  expect(parsed(answered).result?.['content']).toEqual([]);
  const { got } = server;
  expect(got.filter(({ method }) => method === 'tools/call')).toHaveLength(1);
  const asked = got.filter(({ from }) => from?.startsWith('call-') === true);
  expect(asked).toMatchObject([{ http: 'GET', session: 's-1' }]);
});

const lists = (): number => server.got.filter(({ method }) => method === 'tools/list').length;

it("the session's own stream goes on from where it was cut, and nothing is taken to be missed", async () => {
  await until(() => server.own.length > 0, 'the stream');
  const before = lists();
  const opened = server.own.length;
  for (const stream of server.own) stream.destroy();
  await until(() => server.own.length === 2 * opened, 'the stream again');
  const gets = server.got.filter(({ http, from }) => http === 'GET' && from?.startsWith('call-') !== true);
  expect(gets.map(({ from }) => from)).toEqual([
    ...Array.from({ length: opened }, () => undefined),
    ...Array.from({ length: opened }, () => 'own-1'),
  ]);
  // A call goes the same way as a list that was asked for meanwhile would have.
  await statelessCall(`${gateway.url}/servers/closing/mcp`, 'echo');
  expect(lists()).toBe(before);
});
