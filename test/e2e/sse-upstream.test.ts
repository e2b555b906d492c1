/** Servers of the HTTP+SSE transport behind the gateway: found out or said to be such, and none of them harms another. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority } from '../fakes/certificates.ts';
import { FakeProxy } from '../fakes/proxy.ts';
import { until } from '../fakes/wire.ts';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { SseUpstream } from '../fixtures/sse-upstream.ts';
import { parsed, send, session, statelessCall, type Answered } from './client.ts';

/** A server made with the official SDK 1.x, one session a stream. */
class SdkServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #transports = new Map<string, SSEServerTransport>();
  readonly servers: McpServer[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
      const transport = this.#transports.get(searchParams.get('sessionId') ?? '');
      if (request.method === 'GET' && pathname === '/sse') {
        const opened = new SSEServerTransport('/messages', response);
        this.#transports.set(opened.sessionId, opened);
        void this.#made().connect(opened);
      } else if (request.method === 'POST' && pathname === '/messages' && transport)
        void transport.handlePostMessage(request, response);
      else response.writeHead(404).end('Cannot do that');
    });
  }

  static async start(): Promise<SdkServer> {
    const server = new SdkServer();
    await new Promise<void>((listening) => server.#server.listen(0, '127.0.0.1', listening));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/sse`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  #made(): McpServer {
    const server = new McpServer({ name: 'sdk', version: '1.0.0' });
    this.servers.push(server);
    server.registerTool('count', { description: 'Counts to three.' }, async ({ sendNotification, _meta }) => {
      for (let progress = 1; progress <= 3; progress += 1)
        await sendNotification({
          method: 'notifications/progress',
          params: { progressToken: _meta?.progressToken ?? '', progress, total: 3 },
        });
      return { content: [{ type: 'text', text: 'three' }] };
    });
    server.registerTool('grow', { description: 'Adds a tool.' }, () => {
      server.registerTool('grown', {}, () => ({ content: [] }));
      return { content: [] };
    });
    return server;
  }
}

let gateway: RunningGateway;
let raw: SseUpstream;
let said: SseUpstream;
let strange: SseUpstream;
let silent: SseUpstream;
let sdk: SdkServer;

beforeAll(async () => {
  raw = await SseUpstream.start();
  said = await SseUpstream.start();
  said.refusal = 500;
  strange = await SseUpstream.start();
  strange.begins = (stream) => stream.say('http://127.0.0.1:9/messages', 'endpoint');
  silent = await SseUpstream.start();
  silent.begins = () => undefined;
  sdk = await SdkServer.start();
  gateway = await startGateway(
    {
      bounds: { resultBytes: '1MiB' },
      servers: {
        raw: { url: raw.url, headers: { 'X-Key': 'k' }, timeout: '5s' },
        said: { url: said.url, protocol: 'http+sse' },
        strange: { url: strange.url },
        silent: { url: silent.url, protocol: 'http+sse', connectTimeout: '1s' },
        none: { url: `${raw.origin}/none` },
        sdk: { url: sdk.url },
      },
    },
    { unavailable: ['strange', 'silent', 'none'] },
  );
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  for (const one of [raw, said, strange, silent, sdk]) await one[Symbol.asyncDispose]();
});

const at = (name: string): string => `${gateway.url}/servers/${name}/mcp`;
const PATIENT = { timeout: 10_000 };
const stateOf = async (name: string): Promise<unknown> =>
  (await gateway.servers()).find((server) => server.name === name);
const textOf = (answered: Answered): unknown =>
  (parsed(answered).result?.['content'] as [{ text: string }] | undefined)?.[0].text;

async function call(name: string, opened?: Record<string, string>): Promise<Answered> {
  const headers = opened ?? (await session(at(name)));
  return send(at(name), {
    headers,
    body: '{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"echo","arguments":{}}}',
  });
}

describe('a server with the HTTP+SSE transport', () => {
  it('is found out by what it refuses, and shown with the revision that it greeted with', async () => {
    expect(await stateOf('raw')).toMatchObject({ state: 'ready', revision: '2024-11-05' });
    expect(raw.refused.filter((line) => line.includes('/sse'))).toEqual([
      'POST /sse server/discover',
      'POST /sse initialize',
    ]);
    expect(raw.streams).toHaveLength(1);
  });

  it('is not asked anything else where the configuration says that it is one', async () => {
    expect(await stateOf('said')).toMatchObject({ state: 'ready', revision: '2024-11-05' });
    expect(said.refused).toEqual([]);
  });

  it('answers clients of every family, and sees only what the configuration gives it', async () => {
    expect(textOf(await statelessCall(at('raw'), 'echo'))).toBe('from afar');
    expect(textOf(await call('raw'))).toBe('from afar');
    for (const { headers } of [...raw.calls(), ...raw.streams]) {
      expect(headers['x-key']).toBe('k');
      for (const name of ['mcp-session-id', 'mcp-method', 'mcp-name']) expect(headers).not.toHaveProperty(name);
    }
    const greeting = raw.posted.find(({ method }) => method === 'initialize');
    expect(greeting?.url).toBe('/messages?session=0');
  });

  it('whose address for requests is not its own is refused, and told why', async () => {
    await expect
      .poll(() => stateOf('strange'), PATIENT)
      .toMatchObject({
        reason: 'It named an address that is not its own to send requests to.',
      });
    expect(strange.posted).toEqual([]);
  });

  it('that never says where requests go is waited for no longer than connecting may take', async () => {
    await expect
      .poll(() => stateOf('silent'), PATIENT)
      .toMatchObject({
        reason: 'It did not say in time where requests are sent (connectTimeout).',
      });
  });

  it('is not seen in whatever refuses everything', async () => {
    await expect
      .poll(() => stateOf('none'), PATIENT)
      .toMatchObject({ reason: 'The server gave an answer that is not valid.' });
  });

  it('that refuses a POST has not made the call', async () => {
    said.takes = ({ method }, response) => {
      if (method !== 'tools/call') return false;
      response.writeHead(400).end('no');
      return true;
    };
    expect((await call('said')).body).toContain('The server gave an answer that is not valid.');
    said.takes = undefined;
    expect(textOf(await call('said'))).toBe('from afar');
    expect(said.streams).toHaveLength(1);
  });

  it('that loses its stream in the middle of a call leaves it unknown, and comes back by itself', async () => {
    const headers = await session(at('raw'));
    const earlier = raw.calls().length;
    raw.call = () => {
      if (raw.calls().length === earlier + 2) raw.cut();
    };
    const both = await Promise.all([call('raw', headers), statelessCall(at('raw'), 'echo')]);
    for (const one of both) {
      expect(textOf(one)).toMatch(/^The connection to the server was lost\./u);
      expect(textOf(one)).not.toContain('was not run');
    }
    raw.call = undefined;
    const before = raw.calls().length;
    await until(() => raw.posted.filter(({ method }) => method === 'initialize').length === 2, 'another session');
    await gateway.ready(['strange', 'silent', 'none']);
    // What it is was remembered: it is not asked again what it does not know.
    expect(raw.refused.filter((line) => line.startsWith('POST /sse'))).toHaveLength(2);
    expect(raw.calls()).toHaveLength(before);
    expect(textOf(await statelessCall(at('raw'), 'echo'))).toBe('from afar');
  });

  it('that sends more than is relayed costs its session, and no other server anything', async () => {
    raw.call = (stream, id) => stream.say(`{"jsonrpc":"2.0","id":${id},"result":{"x":"${'x'.repeat(4_000_000)}"}}`);
    const [large, fine] = await Promise.all([call('raw'), call('said')]);
    expect(textOf(large)).toMatch(/^The connection to the server was lost\./u);
    expect(textOf(fine)).toBe('from afar');
    raw.call = undefined;
    await gateway.ready(['strange', 'silent', 'none']);
  });
});

describe('the way to such a server', () => {
  it('may lead through a proxy, which is asked for everything in full', async () => {
    await using upstream = await SseUpstream.start();
    await using proxy = await FakeProxy.start();
    await using through = await startGateway({
      servers: { far: { url: upstream.url, proxy: `http://u:p@127.0.0.1:${proxy.port}` } },
    });
    expect(textOf(await statelessCall(`${through.url}/servers/far/mcp`, 'echo'))).toBe('from afar');
    const credentials = `Basic ${Buffer.from('u:p').toString('base64')}`;
    expect(proxy.asked.slice(0, 4)).toEqual([
      `POST ${upstream.url} ${credentials}`,
      `POST ${upstream.url} ${credentials}`,
      `GET ${upstream.url} ${credentials}`,
      `POST ${upstream.origin}/messages?session=0 ${credentials}`,
    ]);
  });

  it('may be secured, and then the server proves who it is for the stream and for each message', async () => {
    const authority = new Authority();
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-sse-'));
    const ca = join(folder, 'ca.pem');
    await writeFile(ca, authority.cert);
    await using upstream = await SseUpstream.start(authority.issue('localhost', { names: ['127.0.0.1'] }));
    await using secured = await startGateway(
      { servers: { known: { url: upstream.url, tls: { ca } }, unknown: { url: upstream.url } } },
      { unavailable: ['unknown'] },
    );
    expect(textOf(await statelessCall(`${secured.url}/servers/known/mcp`, 'echo'))).toBe('from afar');
    expect(upstream.streams).toHaveLength(1);
    await rm(folder, { recursive: true });
  });
});

it('a server made with the official SDK 1.x lists, answers, reports progress, and tells of changes', async () => {
  expect(await stateOf('sdk')).toMatchObject({ state: 'ready', revision: '2025-11-25' });
  const client = new Client({ name: 'through', version: '1.0.0' });
  let changes = 0;
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
    changes += 1;
  });
  await client.connect(new StreamableHTTPClientTransport(new URL(at('sdk'))));
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['count', 'grow']);
  const progress: number[] = [];
  const counted = await client.callTool({ name: 'count' }, undefined, {
    onprogress: (one) => progress.push(one.progress),
  });
  expect(counted.content).toEqual([{ type: 'text', text: 'three' }]);
  expect(progress).toEqual([1, 2, 3]);
  await client.callTool({ name: 'grow' });
  await until(() => changes > 0, 'the notice');
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['count', 'grow', 'grown']);
  await client.close();
});
