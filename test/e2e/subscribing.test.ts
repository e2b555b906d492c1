/** A resource is watched from the moment on at which its server can tell of it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { parsed, send, session } from './client.ts';
import { Events } from './streams.ts';

const URI = 'test://slow/one';
/** How long the server takes to open a stream, and to let go of a subscription. */
const SLOW_MS = 300;

const results: Readonly<Record<string, unknown>> = {
  initialize: {
    protocolVersion: '2025-11-25',
    capabilities: { resources: { subscribe: true } },
    serverInfo: { name: 'slow', version: '1' },
  },
  'resources/list': { resources: [{ uri: URI, name: 'one' }] },
  'resources/templates/list': { resourceTemplates: [] },
  'resources/subscribe': {},
  'resources/unsubscribe': {},
};

interface Slow {
  readonly streams: Map<string, ServerResponse>;
  /** What was done about subscriptions, in the order in which it took effect. */
  readonly done: string[];
}

/** Tells of a change at once when it is subscribed to, on the session's stream if that is there; else nobody hears of it. */
async function serve({ streams, done }: Slow, request: IncomingMessage, response: ServerResponse) {
  const key = String(request.headers['mcp-session-id']);
  if (request.method === 'GET') {
    await pause(SLOW_MS);
    streams.set(key, response);
    return response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  }
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const { id, method = '' } = JSON.parse(body || '{}') as { id?: number; method?: string };
  const result = results[method];
  if (id === undefined || request.method !== 'POST') return response.writeHead(202).end();
  if (method === 'resources/unsubscribe') await pause(SLOW_MS);
  if (method.endsWith('subscribe')) done.push(method);
  if (method === 'resources/subscribe')
    streams
      .get(key)
      ?.write(`data: {"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"${URI}"}}\n\n`);
  const answer = result === undefined ? { error: { code: -32601, message: 'no' } } : { result };
  return response
    .writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': `s${Math.random()}` })
    .end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
}

let slow: Slow;
let server: Server;
let gateway: RunningGateway;

beforeAll(async () => {
  slow = { streams: new Map(), done: [] };
  server = createServer((request, response) => void serve(slow, request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  gateway = await startGateway({ servers: { slow: { url: `http://127.0.0.1:${port}/mcp` } } });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
});

const ask = async (method: string, headers: Record<string, string>): Promise<unknown> => {
  const body = `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{"uri":"${URI}"}}`;
  return parsed(await send(`${gateway.url}/servers/slow/mcp`, { headers, body })).result;
};

it('what changes as soon as it is subscribed to is heard of', async () => {
  const url = `${gateway.url}/servers/slow/mcp`;
  const headers = await session(url);
  using stream = new Events(url, { method: 'GET', headers });
  await expect.poll(() => stream.status).toBe(200);
  expect(await ask('resources/subscribe', headers)).toEqual({});
  await expect.poll(() => stream.methods()).toContain('notifications/resources/updated');
});

it('who subscribes again at once is subscribed in the end, however long the server takes to unsubscribe', async () => {
  const headers = await session(`${gateway.url}/servers/slow/mcp`);
  slow.done.length = 0;
  for (const verb of ['subscribe', 'unsubscribe', 'subscribe'])
    expect(await ask(`resources/${verb}`, headers)).toEqual({});
  await expect.poll(() => slow.done.length).toBe(3);
  expect(slow.done).toEqual(['resources/subscribe', 'resources/unsubscribe', 'resources/subscribe']);
});
