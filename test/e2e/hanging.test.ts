/** A server that hangs holds up nobody but those who ask for it, and what it is remembered for changes when it does. */
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { META, parsed, send, session, stateless, statelessCall } from './client.ts';

let gateway: RunningGateway;
let healthy: RawUpstream;
let older: RawUpstream;
let silent: Server;

beforeAll(async () => {
  healthy = await RawUpstream.start('2026-07-28');
  older = await RawUpstream.start('2025-11-25');
  silent = createServer(() => undefined);
  await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
  gateway = await startGateway(
    {
      bounds: { inFlight: 3 },
      servers: {
        healthy: { url: healthy.url },
        older: { url: older.url },
        silent: { url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}/mcp`, firstByteTimeout: '1m' },
      },
    },
    { unavailable: ['silent'] },
  );
}, 60_000);

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await healthy[Symbol.asyncDispose]();
  await older[Symbol.asyncDispose]();
  silent.close();
});

describe('beside a server that accepts and never answers', () => {
  it.each(['server/discover', 'tools/list'])('%s of all is answered with what the others have', async (method) => {
    const body = `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{${META}}}`;
    const answered = await send(`${gateway.url}/mcp`, { headers: stateless(method), body });
    expect(parsed(answered).result).toBeDefined();
    if (method === 'tools/list') expect(answered.body).toContain('healthy__echo');
  });

  it('a session opens and calls', async () => {
    const headers = await session(`${gateway.url}/mcp`);
    const answered = await send(`${gateway.url}/mcp`, {
      headers,
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"healthy__echo"}}',
    });
    expect(parsed(answered).result?.['isError']).toBeUndefined();
  });
});

describe('what an older server may not say', () => {
  it.each(['input_required', 'task', 'weird'])('a result of type "%s" is no answer', async (type) => {
    older.result = `{"content":[],"resultType":"${type}","inputRequests":{"a":{"method":"roots/list"}},"requestState":"inner"}`;
    const answered = await statelessCall(`${gateway.url}/mcp`, 'older__echo');
    older.result = '{"content":[]}';
    expect(parsed(answered).result).toMatchObject({ isError: true });
    expect(answered.body).not.toContain('inner');
  });
});

describe('bounds and ids', () => {
  it('a call beyond those that may be in flight is told when to come again', async () => {
    const ends: (() => void)[] = [];
    healthy.answer = (response, id) =>
      void ends.push(() =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(`{"jsonrpc":"2.0","id":${id},"result":{"content":[]}}`),
      );
    const running = [1, 2, 3].map(() => statelessCall(`${gateway.url}/servers/healthy/mcp`, 'echo'));
    await expect.poll(() => ends.length).toBe(3);
    const refused = await statelessCall(`${gateway.url}/servers/healthy/mcp`, 'echo');
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
    for (const end of ends) end();
    healthy.answer = undefined;
    await Promise.all(running);
  });

  it.each(['9007199254740993', '"\\u00e9"', '"a"', '0'])('a request with the id %s is cancelled by it', async (id) => {
    const url = `${gateway.url}/servers/healthy/mcp`;
    const headers = await session(url);
    const begun = Promise.withResolvers<void>();
    healthy.answer = () => begun.resolve();
    const answered = send(url, {
      headers,
      body: `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"echo"}}`,
    });
    await begun.promise;
    await send(url, {
      headers,
      body: `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}`,
    });
    expect((await answered).body).toBe('');
    healthy.answer = undefined;
  });

  it('a batch holds no request with an envelope of its own, and not both requests and answers', async () => {
    const url = `${gateway.url}/servers/healthy/mcp`;
    const headers = await session(url, '2025-03-26');
    for (const other of [
      `{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{${META}}}`,
      '{"jsonrpc":"2.0","id":3,"result":{}}',
    ]) {
      const answered = await send(url, { headers, body: `[{"jsonrpc":"2.0","id":1,"method":"ping"},${other}]` });
      expect([answered.status, parsed(answered).error?.code]).toEqual([400, -32_600]);
    }
  });
});

describe('a server that has changed', () => {
  it('from stateless to sessions is asked anew, and answers again', async () => {
    const first = await RawUpstream.start('2026-07-28');
    await using other = await startGateway({ servers: { x: { url: first.url } } });
    expect(parsed(await statelessCall(`${other.url}/mcp`, 'x__echo')).result?.['isError']).toBeUndefined();
    const { port } = new URL(first.url);
    await first[Symbol.asyncDispose]();
    await using second = await RawUpstream.start('2025-11-25', Number(port));
    const spoken = async (): Promise<string | undefined> => {
      await statelessCall(`${other.url}/mcp`, 'x__echo');
      return (await other.servers())[0]?.revision;
    };
    await expect.poll(spoken, { timeout: 20_000, interval: 200 }).toBe('2025-11-25');
    await expect
      .poll(async () => parsed(await statelessCall(`${other.url}/mcp`, 'x__echo')).result?.['content'], {
        timeout: 20_000,
      })
      .toEqual([]);
    expect(second.calls().length).toBeGreaterThan(0);
  }, 40_000);
});

describe('features that no server has', () => {
  it.each([
    ['prompts/get', '"name":"x"', 'x'],
    ['resources/read', '"uri":"file:///x"', 'file:///x'],
    ['completion/complete', '"ref":{"type":"ref/prompt","name":"x"},"argument":{"name":"a","value":""}', undefined],
  ])('%s is an unknown method', async (method, params, name) => {
    const url = `${gateway.url}/servers/healthy/mcp`;
    const answered = await send(url, {
      headers: stateless(method, name),
      body: `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{${params},${META}}}`,
    });
    expect([answered.status, parsed(answered).error?.code]).toEqual([404, -32_601]);
  });

  it('a server that is away cannot be said to lack a tool', async () => {
    for (const [path, name] of [
      ['/mcp', 'silent__x'],
      ['/servers/silent/mcp', 'x'],
    ] as const) {
      const answered = await statelessCall(`${gateway.url}${path}`, name);
      expect(parsed(answered).result).toMatchObject({ isError: true });
      expect(answered.body).toContain('was not run');
    }
  });
});
