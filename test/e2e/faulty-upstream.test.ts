/** An upstream that misbehaves costs its caller one clear error, and nobody else anything. */
import type { ServerResponse } from 'node:http';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { RawUpstream, type Answer } from '../fixtures/raw-upstream.ts';
import { parsed, send, session, statelessCall } from './client.ts';

let gateway: RunningGateway;
let upstream: RawUpstream;
let sessions: RawUpstream;

beforeAll(async () => {
  upstream = await RawUpstream.start('2026-07-28');
  sessions = await RawUpstream.start('2025-11-25');
  gateway = await startGateway({
    bounds: { resultBytes: '1MiB' },
    servers: {
      raw: { url: upstream.url, firstByteTimeout: '1s', idleTimeout: '1s', timeout: '4s' },
      sessions: { url: sessions.url },
    },
  });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  await sessions[Symbol.asyncDispose]();
});

const MEGABYTE = Buffer.alloc(1024 * 1024, 'x');
const JSON_TYPE = { 'content-type': 'application/json' };
const SSE_TYPE = { 'content-type': 'text/event-stream' };
const good = (id: string): string => `{"jsonrpc":"2.0","id":${id},"result":{"resultType":"complete","content":[]}}`;

const QUICK = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

/** The same piece again and again, as long as anybody takes it; past the server's own framing where it has not begun an answer. */
function trickle(response: ServerResponse, piece: string, everyMs: number, first = ''): void {
  const to = response.headersSent ? response : response.socket;
  if (!to) return;
  to.on('error', () => undefined);
  to.write(first);
  const timer = setInterval(() => to.write(piece), everyMs);
  response.socket?.once('close', () => clearInterval(timer));
}

const FAULTS: [string, Answer][] = [
  ['garbage', (response) => response.writeHead(200, JSON_TYPE).end('<html>no</html>')],
  [
    'half a body',
    (response, id) => {
      response.writeHead(200, { ...JSON_TYPE, 'content-length': '500' }).write(good(id).slice(0, 20));
      setImmediate(() => response.destroy());
    },
  ],
  ['another id', (response) => response.writeHead(200, JSON_TYPE).end(good('999999'))],
  ['an id of another type', (response, id) => response.writeHead(200, JSON_TYPE).end(good(`"${id}"`))],
  [
    'a request instead',
    (response, id) => response.writeHead(200, JSON_TYPE).end(`{"jsonrpc":"2.0","id":${id},"method":"x"}`),
  ],
  ['no end', (response) => response.writeHead(200, JSON_TYPE).write('{"jsonrpc"')],
  ['no answer', () => undefined],
  ['a closed connection', (response) => response.destroy()],
  [
    'an unknown result type',
    (response, id) => response.writeHead(200, JSON_TYPE).end(good(id).replace('complete', 'task')),
  ],
  [
    'a result that is no object',
    (response, id) => response.writeHead(200, JSON_TYPE).end(`{"jsonrpc":"2.0","id":${id},"result":7}`),
  ],
  ['200 without a body', (response) => response.writeHead(200, JSON_TYPE).end()],
  ['202', (response) => response.writeHead(202).end()],
  [
    '500 with a stack',
    (response) => response.writeHead(500, { 'content-type': 'text/plain' }).end('Error at /srv/secret/app.js:1:1'),
  ],
  [
    '401',
    (response) => response.writeHead(401, { 'www-authenticate': 'Bearer resource_metadata="http://10.0.0.1/"' }).end(),
  ],
  ['a redirect', (response) => response.writeHead(302, { location: 'http://10.0.0.1/secret' }).end()],
  [
    '10 MB in one event',
    (response) => {
      response.writeHead(200, SSE_TYPE);
      response.on('error', () => undefined);
      response.write(`data: ${'x'.repeat(10 * 1024 * 1024)}`);
    },
  ],
  [
    '10 MB of JSON',
    (response) => {
      response.on('error', () => undefined);
      response.writeHead(200, JSON_TYPE).end(`"${'x'.repeat(10 * 1024 * 1024)}"`);
    },
  ],
  ['interim answers without end', (response) => trickle(response, 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100), 1)],
  ['10,000 headers', (response) => response.socket?.write(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(10_000)}\r\n`)],
  ['one header after the other', (response) => trickle(response, 'x: y\r\n', 100, 'HTTP/1.1 200 OK\r\n')],
  [
    'a byte at a time',
    (response) => trickle(response, ' ', 100, 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n'),
  ],
  ['a stream of comments alone', (response) => trickle(response.writeHead(200, SSE_TYPE), ':\n\n', 100)],
  [
    'a bomb',
    (response) => {
      const bomb = brotliCompressSync(Buffer.alloc(64 * 1024 * 1024), QUICK);
      response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'br' }).end(bomb);
    },
  ],
  [
    'half of what was compressed',
    (response, id) =>
      response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(gzipSync(good(id)).subarray(0, -9)),
  ],
  [
    'a compression that nobody knows',
    (response, id) => response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'lzma' }).end(good(id)),
  ],
  ['a stream that ends too soon', (response) => response.writeHead(200, SSE_TYPE).end(': nothing\n\n')],
  ['a stream of nonsense', (response) => response.writeHead(200, SSE_TYPE).end('data: {]\n\n')],
  [
    'a hundred levels',
    (response, id) =>
      response.writeHead(200, JSON_TYPE).end(good(id).replace('[]', `${'['.repeat(100)}${']'.repeat(100)}`)),
  ],
];

describe('an answer without end', () => {
  it('is read to the bound, and then its connection is closed', async () => {
    let sent = 0;
    let isClosed = false;
    upstream.answer = (response) => {
      response.writeHead(200, JSON_TYPE);
      response.on('error', () => undefined).once('close', () => (isClosed = true));
      const more = (): void => {
        while (sent < 2 ** 30 && response.write(MEGABYTE)) sent += MEGABYTE.length;
      };
      response.on('drain', more);
      more();
    };
    const failed = await statelessCall(`${gateway.url}/mcp`, 'raw__echo');
    upstream.answer = undefined;
    expect(failed.body).toContain('bounds.resultBytes');
    await expect.poll(() => isClosed, { timeout: 10_000 }).toBe(true);
    expect(sent).toBeLessThan(2 ** 26);
  });
});

describe('a tools/call', () => {
  it.each(FAULTS)('answered with %s ends with one clear error, and the next call succeeds', async (_, answer) => {
    upstream.answer = answer;
    const before = upstream.calls().length;
    const failed = await statelessCall(`${gateway.url}/mcp`, 'raw__echo');
    expect(failed.status).toBe(200);
    const { result } = parsed(failed);
    expect(result).toMatchObject({ isError: true, content: [{ type: 'text' }] });
    expect(failed.body).toMatch(/may have run|was not run|has run/u);
    expect(failed.body).not.toMatch(/127\.0\.0\.1|10\.0\.0\.1|secret|\.js/u);
    expect(failed.headers['www-authenticate']).toBeUndefined();
    expect(upstream.calls().length).toBe(before + 1);
    upstream.answer = undefined;
    expect(parsed(await statelessCall(`${gateway.url}/mcp`, 'raw__echo')).result?.['isError']).toBeUndefined();
  });

  it('relays an upstream\u2019s own error as it came', async () => {
    upstream.answer = (response, id) =>
      response
        .writeHead(200, JSON_TYPE)
        .end(`{"jsonrpc":"2.0","id":${id},"error":{"code":-32000,"message":"own","data":{"n":1.0}}}`);
    expect((await statelessCall(`${gateway.url}/mcp`, 'raw__echo')).body).toBe(
      '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"own","data":{"n":1.0}}}',
    );
  });

  it.each([-32_001, -32_020, -32_050])('does not pass on %i, which speaks about another hop', async (code) => {
    upstream.answer = (response, id) =>
      response.writeHead(200, JSON_TYPE).end(`{"jsonrpc":"2.0","id":${id},"error":{"code":${code},"message":"own"}}`);
    const answered = await statelessCall(`${gateway.url}/mcp`, 'raw__echo');
    upstream.answer = undefined;
    expect(answered.body).not.toContain(String(code));
  });
});

describe('a stale session at the upstream', () => {
  it('is opened anew and the call, which was not processed, is made there', async () => {
    const url = `${gateway.url}/servers/sessions/mcp`;
    const headers = await session(url);
    const body = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}';
    sessions.result = '{"content":[{"type":"text","text":"first"}]}';
    expect((await send(url, { headers, body })).body).toContain('first');
    const stale = new Set(sessions.sessions);
    sessions.sessions.clear();
    sessions.result = '{"content":[{"type":"text","text":"second"}]}';
    expect((await send(url, { headers, body })).body).toContain('second');
    expect(stale.has(String(sessions.calls().at(-1)?.headers['mcp-session-id']))).toBe(false);
  });

  it('never yields success where the upstream keeps no session at all', async () => {
    const url = `${gateway.url}/servers/sessions/mcp`;
    const headers = await session(url);
    sessions.answer = (response, id) =>
      response
        .writeHead(404, JSON_TYPE)
        .end(`{"jsonrpc":"2.0","id":${id},"error":{"code":-32600,"message":"no session"}}`);
    const answered = await send(url, {
      headers,
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}',
    });
    sessions.answer = undefined;
    expect(parsed(answered).result).toMatchObject({ isError: true });
  });
});
