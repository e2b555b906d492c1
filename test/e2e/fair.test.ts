/** One client that asks for everything leaves something for the next: told apart by address, here as a trusted proxy names it. */
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startGateway } from '../fixtures/gateway.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { META, send, session, stateless, type Answered } from './client.ts';

let upstream: RawUpstream;
let finish: (() => void)[];

beforeEach(async () => {
  upstream = await RawUpstream.start('2026-07-28');
  finish = [];
  upstream.answer = (response: ServerResponse, id: string) =>
    void finish.push(() =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(`{"jsonrpc":"2.0","id":${id},"result":{"content":[],"resultType":"complete"}}`),
    );
});

afterEach(async () => {
  await upstream[Symbol.asyncDispose]();
});

const GREEDY = { 'x-forwarded-for': '203.0.113.1' };
const REVISION = '2025-11-25';
const OTHER = { 'x-forwarded-for': '203.0.113.2' };

const call = (url: string, from: Record<string, string>): Promise<Answered> =>
  send(url, {
    headers: { ...stateless('tools/call', 'echo'), ...from },
    body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo",${META}}}`,
  });

const started = (bounds: Record<string, unknown>, concurrency: number) =>
  startGateway({
    bounds,
    listen: { trustedProxies: ['127.0.0.0/8'] },
    servers: { raw: { url: upstream.url, concurrency } },
  });

it('of all calls at once it gets no more than four fifths; the rest is told to come again', async () => {
  await using gateway = await started({ inFlight: 10 }, 100);
  const url = `${gateway.url}/servers/raw/mcp`;
  const greedy = Array.from({ length: 20 }, () => call(url, GREEDY));
  await expect.poll(() => finish.length).toBe(8);
  const other = call(url, OTHER);
  await expect.poll(() => finish.length).toBe(9);
  for (const end of finish) end();
  const statuses = (await Promise.all(greedy)).map(({ status }) => status).toSorted((one, two) => one - two);
  expect(statuses).toEqual([...Array.from({ length: 8 }, () => 200), ...Array.from({ length: 12 }, () => 503)]);
  expect((await other).status).toBe(200);
});

it('of the calls to one server it gets no more than four fifths; the rest waits, and takes turns with others', async () => {
  await using gateway = await started({}, 5);
  const url = `${gateway.url}/servers/raw/mcp`;
  const greedy = Array.from({ length: 8 }, () => call(url, GREEDY));
  await expect.poll(() => finish.length).toBe(4);
  const others = [call(url, OTHER), call(url, OTHER)];
  await expect.poll(() => finish.length).toBe(5);
  let ended = 0;
  const all = Promise.all([...greedy, ...others]).then((answers) => answers.map(({ status }) => status));
  for (; ended < 10; ended += 1) {
    await expect.poll(() => finish.length).toBeGreaterThan(ended);
    finish[ended]?.();
  }
  expect(new Set(await all)).toEqual(new Set([200]));
});

it('who opens as many sessions as there may be ends none of anybody else, and the next one still finds room', async () => {
  await using gateway = await started({ sessions: 10 }, 5);
  const url = `${gateway.url}/servers/raw/mcp`;
  const ping = async (headers: Record<string, string>): Promise<number> =>
    (await send(url, { headers, body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' })).status;
  const before = await session(url, REVISION, OTHER);
  const greedy: Record<string, string>[] = [];
  for (let opened = 0; opened < 25; opened += 1) greedy.push(await session(url, REVISION, GREEDY));
  const after = await session(url, REVISION, { 'x-forwarded-for': '203.0.113.3' });
  expect([await ping(before), await ping(after)]).toEqual([200, 200]);
  const left = await Promise.all(greedy.map(ping));
  expect(left).toEqual([...Array.from({ length: 17 }, () => 404), ...Array.from({ length: 8 }, () => 200)]);
});
