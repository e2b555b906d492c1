/** A server of 2026-07-28 that tells on every stream that asks, from its acknowledgement on: whatever is watched later, each update is heard once. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { startGateway } from '../fixtures/gateway.ts';
import { parsed, send, session } from './client.ts';
import { Events } from './streams.ts';

const KEY = 'io.modelcontextprotocol/';
const FIRST = 'test://told/0';

interface Listening {
  readonly id: number;
  readonly uris: readonly string[];
  readonly response: ServerResponse;
}

/**
 * Whenever somebody begins to listen the first resource is touched three times, before anybody can have let go of another stream; of its streams
 * now the new one is behind and now the others, by as long as it takes to write.
 */
class Teller implements AsyncDisposable {
  readonly #streams = new Set<Listening>();
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));
  touched = 0;
  most = 0;

  static async started(): Promise<Teller> {
    const teller = new Teller();
    await new Promise<void>((listening) => teller.#server.listen(0, '127.0.0.1', listening));
    return teller;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`;
  }

  /** Each time under another name below the first resource. */
  async touch(count: number, fresh?: Listening): Promise<void> {
    const notes = Array.from({ length: count }, (_, i) => updated(`${FIRST}/${this.touched + i + 1}`));
    this.touched += count;
    const meant = [...this.#streams].filter(({ uris }) => uris.includes(FIRST));
    const others = meant.filter((stream) => stream !== fresh);
    const isBehind = this.touched % 2 === 0;
    if (isBehind) await tell(others, notes);
    if (fresh) await tell([fresh], [acknowledged(fresh), ...(meant.includes(fresh) ? notes : [])]);
    if (!isBehind) await tell(others, notes);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { id, method, params } = JSON.parse(body) as {
      id: number;
      method: string;
      params: { notifications?: { resourceSubscriptions?: string[] } };
    };
    if (method === 'subscriptions/listen')
      return this.#listen({ id, uris: params.notifications?.resourceSubscriptions ?? [], response });
    const result = results[method];
    const answer = result
      ? { result: { resultType: 'complete', ...result } }
      : { error: { code: -32601, message: '' } };
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
  }

  #listen(stream: Listening): void {
    stream.response.writeHead(200, { 'content-type': 'text/event-stream' });
    stream.response.on('close', () => this.#streams.delete(stream));
    this.#streams.add(stream);
    this.most = Math.max(this.most, this.#streams.size);
    void this.touch(3, stream);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}

const results: Readonly<Record<string, object>> = {
  'server/discover': {
    supportedVersions: ['2026-07-28'],
    capabilities: { resources: { subscribe: true, listChanged: true } },
  },
  'resources/list': { resources: [{ uri: FIRST, name: 'first' }], ttlMs: 0, cacheScope: 'private' },
  'resources/templates/list': { resourceTemplates: [], ttlMs: 0, cacheScope: 'private' },
};

type Note = readonly [method: string, params: object];

const updated = (uri: string): Note => ['notifications/resources/updated', { uri }];

const acknowledged = ({ uris }: Listening): Note => [
  'notifications/subscriptions/acknowledged',
  { notifications: { resourcesListChanged: true, resourceSubscriptions: uris } },
];

/** Resolves when all of it has gone out. */
async function tell(streams: readonly Listening[], notes: readonly Note[]): Promise<void> {
  await Promise.all(
    streams.map(({ id, response }) => {
      const _meta = { [`${KEY}subscriptionId`]: id };
      const events = notes.map(([method, params]) =>
        JSON.stringify({ jsonrpc: '2.0', method, params: { ...params, _meta } }),
      );
      return new Promise((written) => response.write(events.map((event) => `data: ${event}\n\n`).join(''), written));
    }),
  );
}

const told = (stream: Events): unknown[] =>
  stream.all.flatMap(({ method, params }) => (method === 'notifications/resources/updated' ? [params?.['uri']] : []));

it('each update is heard once and in order, however many others come to watch something else meanwhile', async () => {
  await using teller = await Teller.started();
  await using gateway = await startGateway({ servers: { teller: { url: teller.url } } });
  const url = `${gateway.url}/servers/teller/mcp`;
  const subscribe = async (headers: Record<string, string>, uri: string): Promise<void> => {
    const body = `{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"${uri}"}}`;
    expect(parsed(await send(url, { headers, body })).result).toEqual({});
  };
  const headers = await session(url);
  using stream = new Events(url, { method: 'GET', headers });
  await expect.poll(() => stream.status).toBe(200);
  await subscribe(headers, FIRST);
  await expect.poll(() => told(stream)).toContain(`${FIRST}/${teller.touched}`);
  const before = told(stream).length;
  const skipped = teller.touched - before;
  const others = await session(url);
  for (let i = 1; i <= 100; i += 1) await subscribe(others, `test://told/${i}`);
  await teller.touch(1);
  await expect.poll(() => told(stream)).toContain(`${FIRST}/${teller.touched}`);
  const expected = Array.from({ length: teller.touched - skipped }, (_, i) => `${FIRST}/${skipped + i + 1}`);
  expect(told(stream)).toEqual(expected);
  expect(teller.most).toBeLessThanOrEqual(64);
});
