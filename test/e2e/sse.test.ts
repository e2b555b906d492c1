/** HTTP+SSE (2024-11-05) towards clients: its two paths, what comes on the stream, and what is refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { META, parsed, send, session, stateless } from './client.ts';
import { SseClient } from './sse-client.ts';

let gateway: RunningGateway;
let upstream: RawUpstream;
let url: string;

beforeAll(async () => {
  upstream = await RawUpstream.start('2026-07-28');
  const servers = { raw: { url: upstream.url }, other: { url: upstream.url } };
  gateway = await startGateway({ legacySse: true, servers, bounds: { bodyBytes: '2MiB' } });
  url = `${gateway.url}/servers/raw/sse`;
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const PING = '{"jsonrpc":"2.0","id":"p","method":"ping"}';
const errorOf = (body: string): { readonly kind: string } =>
  (JSON.parse(body) as { error: { readonly kind: string } }).error;

describe('where it is switched off', () => {
  it('its paths are as unknown as any', async () => {
    await using plain = await startGateway({ servers: { raw: { url: upstream.url } } });
    const nowhere = await send(`${plain.url}/nowhere`, { method: 'GET' });
    expect(nowhere.status).toBe(404);
    for (const stem of ['/', '/servers/raw/', '/adapters/raw/'])
      for (const [path, method] of [
        ['sse', 'GET'],
        ['messages', 'POST'],
        ['messages?session=x', 'POST'],
      ] as const) {
        const answered = await send(`${plain.url}${stem}${path}`, { method, body: PING });
        expect([answered.status, answered.body]).toEqual([404, nowhere.body]);
      }
  });
});

describe('a client', () => {
  it.each([
    ['/sse', 'raw__echo'],
    ['/servers/raw/sse', 'echo'],
    ['/adapters/raw/sse', 'echo'],
  ])('is told at %s first where to post, then hears its answers as messages', async (path, tool) => {
    using client = await SseClient.opened(gateway.url + path);
    expect(client.events.endpoint).toMatch(
      new RegExp(`^${path.replace(/sse$/u, 'messages')}\\?session=[A-Za-z0-9_-]{32}$`, 'u'),
    );
    const { result } = await client.initialize('2024-11-05');
    expect(result).toMatchObject({ protocolVersion: '2024-11-05', capabilities: { tools: {} } });
    const listed = await client.ask('tools/list');
    expect(JSON.stringify(listed.result)).toContain(`"${tool}"`);
    expect((await client.ask('tools/call', { name: tool, arguments: {} })).result).toEqual({ content: [] });
    expect((await client.ask('tools/call', { name: 'none', arguments: {} })).error?.code).toBe(-32_602);
    expect(client.events.names).toEqual(['endpoint', ...client.events.all.map(() => 'message')]);
  });

  it('is answered with nothing but 202 where it posts', async () => {
    using client = await SseClient.initialized(url);
    const answered = await client.post(PING);
    expect([answered.status, answered.body]).toEqual([202, '']);
    expect(await client.reply('p')).toMatchObject({ result: {} });
  });

  it.each([
    ['2024-11-05', '2024-11-05'],
    ['2025-03-26', '2025-03-26'],
    ['2025-06-18', '2025-06-18'],
    ['2025-11-25', '2025-11-25'],
    ['2099-01-01', '2025-11-25'],
  ])('that asks for %s gets %s', async (asked, given) => {
    using client = await SseClient.opened(url);
    expect((await client.initialize(asked)).result?.['protocolVersion']).toBe(given);
    if (given !== asked) return;
    // Clients repeat what was agreed.
    expect((await client.post(PING, { 'mcp-protocol-version': given })).status).toBe(202);
  });

  it('may batch where its revision has batches', async () => {
    using client = await SseClient.initialized(url, '2025-03-26');
    const list = '{"jsonrpc":"2.0","id":"l","method":"tools/list"}';
    expect((await client.post(`[${PING},${list}]`)).status).toBe(202);
    await expect.poll(() => client.events.all.at(-1)).toMatchObject([{ id: 'p' }, { id: 'l' }]);
    expect((await client.post('[{"jsonrpc":"2.0","method":"notifications/x"}]')).status).toBe(202);
    using newer = await SseClient.initialized(url, '2025-06-18');
    expect((await newer.post(`[${PING}]`)).status).toBe(400);
  });

  it('begins anew with another initialize', async () => {
    using client = await SseClient.initialized(url);
    const again = await client.initialize('2025-06-18');
    expect(again.result?.['protocolVersion']).toBe('2025-06-18');
    expect((await client.ask('ping')).result).toEqual({});
  });

  it('may use one id twice, send answers that nobody asked for, and say what means nothing', async () => {
    using client = await SseClient.initialized(url);
    for (const body of [
      PING,
      PING,
      '{"jsonrpc":"2.0","id":7,"result":{}}',
      '{"jsonrpc":"2.0","method":"notifications/nothing"}',
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}',
    ])
      expect((await client.post(body)).status).toBe(202);
    await expect.poll(() => client.events.all.filter(({ id }) => id === 'p').length).toBe(2);
  });

  it('is told the prefix under which the public sees the gateway', async () => {
    await using behind = await startGateway({
      legacySse: true,
      listen: { publicUrl: 'https://mcp.example.com/gw/' },
      servers: { raw: { url: upstream.url } },
    });
    using client = await SseClient.opened(`${behind.url}/servers/raw/sse`);
    expect(client.events.endpoint).toMatch(/^\/gw\/servers\/raw\/messages\?session=/u);
  });
});

describe('what is refused', () => {
  it('by its method', async () => {
    const answered = await Promise.all(
      (['POST', 'DELETE', 'PUT'] as const).map((method) => send(url, { method, body: PING })),
    );
    expect(answered.map(({ status, headers }) => [status, headers['allow']])).toEqual([
      [405, 'GET'],
      [405, 'GET'],
      [405, 'GET'],
    ]);
    const got = await send(`${gateway.url}/servers/raw/messages`, { method: 'GET' });
    expect([got.status, got.headers['allow'], errorOf(got.body).kind]).toEqual([405, 'POST', 'method']);
  });

  it('by its media types', async () => {
    expect((await send(url, { method: 'GET', headers: { accept: 'application/json' } })).status).toBe(406);
    expect((await send(url, { method: 'GET', headers: { accept: undefined } })).status).toBe(406);
    using client = await SseClient.initialized(url);
    expect((await client.post(PING, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await client.post(PING, { 'content-encoding': 'gzip' })).status).toBe(415);
  });

  it('by its Host or Origin', async () => {
    using client = await SseClient.initialized(url);
    const refused = async (headers: Record<string, string>): Promise<number[]> => [
      (await send(url, { method: 'GET', headers })).status,
      (await client.post(PING, headers)).status,
    ];
    expect(await refused({ host: 'evil.example' })).toEqual([403, 403]);
    expect(await refused({ origin: 'https://evil.example' })).toEqual([403, 403]);
    using own = await SseClient.opened(url, { origin: gateway.url });
    expect((await own.post(PING)).headers['access-control-allow-origin']).toBe(gateway.url);
  });

  it('by a path that is not the very one', async () => {
    using client = await SseClient.initialized(url);
    const { pathname, search } = new URL(client.address);
    for (const path of [`${pathname}/`, `/${pathname}`, pathname.replace('messages', 'mess%61ges'), '/MESSAGES'])
      expect((await send(`${gateway.url}${path}${search}`, { body: PING })).status).toBe(404);
    expect((await send(`${url}/?x`, { method: 'GET' })).status).toBe(404);
  });

  it('because it is no message', async () => {
    using client = await SseClient.initialized(url);
    for (const body of ['', 'no', '1', '{}', '{"jsonrpc":"2.0"}', '[]', `{"jsonrpc":"2.0","id":null,"method":"ping"}`])
      expect([body, (await client.post(body)).status]).toEqual([body, 400]);
    const long = await client.post(`{"jsonrpc":"2.0","id":"${'i'.repeat(1024 ** 2)}","method":"ping"}`);
    expect([long.status, long.body.length < 1000]).toEqual([400, true]);
    expect((await client.post(`"${'x'.repeat(3 * 1024 ** 2)}"`)).status).toBe(413);
    expect((await client.ask('ping')).result).toEqual({});
  });

  it('because no session was opened', async () => {
    using client = await SseClient.opened(url);
    const early = await client.post('{"jsonrpc":"2.0","id":1,"method":"tools/list"}');
    expect([early.status, parsed(early)]).toMatchObject([400, { id: 1, error: { code: -32_600 } }]);
    expect((await client.post(PING)).status).toBe(202);
  });

  it('because its session is missing, unknown, ended, of another endpoint or of another transport', async () => {
    const messages = `${gateway.url}/servers/raw/messages`;
    using client = await SseClient.initialized(url);
    const id = new URL(client.address).searchParams.get('session') ?? '';
    const status = async (target: string): Promise<number> => (await send(target, { body: PING })).status;
    expect(await status(`${messages}?session=${id}`)).toBe(202);
    expect(await status(`${gateway.url}/adapters/raw/messages?session=${id}`)).toBe(202);
    expect(await status(messages)).toBe(400);
    expect(await status(`${messages}?session=`)).toBe(400);
    expect(await status(`${messages}?Session=${id}`)).toBe(400);
    const encoded = `%${id.charCodeAt(0).toString(16)}${id.slice(1)}`;
    const streamable = (await session(`${gateway.url}/servers/raw/mcp`))['mcp-session-id'] ?? '';
    for (const wrong of [encoded, `${id}x`, `${id}%00`, id.toLowerCase(), '__proto__', '*', streamable])
      expect([wrong, await status(`${messages}?session=${wrong}`)]).toEqual([wrong, 404]);
    expect(await status(`${gateway.url}/servers/other/messages?session=${id}`)).toBe(404);
    expect(await status(`${gateway.url}/messages?session=${id}`)).toBe(404);
    const taken = { 'mcp-session-id': id, 'mcp-protocol-version': '2025-11-25' };
    expect((await send(`${gateway.url}/servers/raw/mcp`, { headers: taken, body: PING })).status).toBe(404);
    client.events.cut();
    await expect.poll(() => status(`${messages}?session=${id}`)).toBe(404);
    expect(parsed(await send(`${messages}?session=${id}`, { body: PING }))).toMatchObject({
      id: 'p',
      error: { code: -32_600 },
    });
  });

  it('because it is of a revision that has no such transport', async () => {
    using client = await SseClient.initialized(url);
    const get = await send(url, { method: 'GET', headers: { 'mcp-protocol-version': '2026-07-28' } });
    expect([get.status, errorOf(get.body).kind]).toEqual([400, 'revision']);
    const list = `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{${META}}}`;
    for (const headers of [stateless('tools/list'), {}]) {
      const answered = await client.post(list, headers);
      expect([answered.status, parsed(answered).id, parsed(answered).error?.code]).toEqual([400, 1, -32_022]);
      expect(parsed(answered).error?.data?.['supported']).toContain('2024-11-05');
    }
    expect((await client.post(PING, { 'mcp-protocol-version': '2023-01-01' })).status).toBe(400);
  });
});
