/** What goes wrong with sessions of the 2025 revisions, and what each revision negotiates. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { parsed, send, session, type Sending } from './client.ts';

let gateway: RunningGateway;
let upstream: RawUpstream;
let url: string;

beforeAll(async () => {
  upstream = await RawUpstream.start('2026-07-28');
  gateway = await startGateway({ servers: { raw: { url: upstream.url }, other: { url: upstream.url } } });
  url = `${gateway.url}/servers/raw/mcp`;
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

describe('2025', () => {
  const list = '{"jsonrpc":"2.0","id":7,"method":"tools/list"}';
  it.each<[string, Sending, number, number]>([
    ['no session', { body: list }, 400, -32_600],
    ['an unknown session', { headers: { 'mcp-session-id': 'chosen-by-me' }, body: list }, 404, -32_600],
    ['a version that nobody knows', { headers: { 'mcp-protocol-version': '2025-01-01' }, body: list }, 400, -32_600],
    ['not JSON', { body: 'x' }, 400, -32_700],
    ['an answer to nothing', { body: '{"jsonrpc":"2.0","id":1,"result":{}}' }, 400, -32_600],
  ])('%s', async (_, sending, status, code) => {
    const answered = await send(url, sending);
    expect([answered.status, parsed(answered).error?.code]).toEqual([status, code]);
  });

  it('knows a session only at the endpoint that opened it', async () => {
    const headers = await session(url);
    expect((await send(url, { headers, body: list })).status).toBe(200);
    for (const path of ['/servers/other/mcp', '/mcp']) {
      const answered = await send(`${gateway.url}${path}`, { headers, body: list });
      expect([answered.status, parsed(answered).id]).toEqual([404, 7]);
    }
    // The alias is the same route.
    expect((await send(`${gateway.url}/adapters/raw/mcp`, { headers, body: list })).status).toBe(200);
  });

  it('never takes a session id that a client chose', async () => {
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
    const answered = await send(url, {
      headers: { 'mcp-session-id': 'chosen-by-me' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }),
    });
    expect(answered.headers['mcp-session-id']).not.toBe('chosen-by-me');
    expect((await send(url, { headers: { 'mcp-session-id': 'chosen-by-me' }, body: list })).status).toBe(404);
  });

  it('forgets a session that was ended', async () => {
    const headers = await session(url);
    expect((await send(url, { method: 'DELETE', headers })).status).toBe(200);
    expect((await send(url, { headers, body: list })).status).toBe(404);
    expect((await send(url, { method: 'GET', headers })).status).toBe(404);
  });

  it.each([
    ['2024-11-05', '2024-11-05'],
    ['2025-03-26', '2025-03-26'],
    ['2025-06-18', '2025-06-18'],
    ['1999-01-01', '2025-11-25'],
  ])('asked for %s it answers %s', async (asked, expected) => {
    const params = { protocolVersion: asked, capabilities: {}, clientInfo: { name: 't', version: '1' } };
    const answered = await send(url, { body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }) });
    expect(parsed(answered).result?.['protocolVersion']).toBe(expected);
  });

  it('has batches where the revision has them', async () => {
    const body = `[{"jsonrpc":"2.0","id":0,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/x"},{"jsonrpc":"2.0","id":"0","method":"ping"}]`;
    const older = await send(url, { headers: await session(url, '2025-03-26'), body });
    expect(JSON.parse(older.body)).toEqual([
      { jsonrpc: '2.0', id: 0, result: {} },
      { jsonrpc: '2.0', id: '0', result: {} },
    ]);
    const newer = await send(url, { headers: await session(url), body });
    expect([newer.status, parsed(newer).error?.code]).toEqual([400, -32_600]);
    const opening = await send(url, {
      headers: await session(url, '2025-03-26'),
      body: '[{"jsonrpc":"2.0","id":1,"method":"initialize"}]',
    });
    expect([opening.status, parsed(opening).error?.code]).toEqual([400, -32_600]);
  });
});
