/** How sessions of the 2025 revisions end, and what ends with them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { send, session } from './client.ts';
import { beginCall, heard, metricOf } from './led-call.ts';
import { Events } from './streams.ts';

let gateway: RunningGateway;
let upstream: RawUpstream;
let url: string;

beforeAll(async () => {
  upstream = await RawUpstream.start('2026-07-28');
  gateway = await startGateway({
    servers: { raw: { url: upstream.url } },
  });
  url = `${gateway.url}/servers/raw/mcp`;
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const metric = (name: string): Promise<number> => metricOf(gateway, name);

describe('what a session had', () => {
  it('is given back when it is deleted', async () => {
    await expect.poll(() => metric('gatehouse_legs')).toBe(0);
    const before = await metric('gatehouse_sessions');
    const { headers, events, call } = await beginCall(upstream, url, await session(url));
    const held = await metric('gatehouse_buffered_bytes');
    call.tell('x'.repeat(5000));
    await expect.poll(() => heard(events)).toEqual([1]);
    events.cut();
    await expect.poll(() => metric('gatehouse_buffered_bytes')).toBeGreaterThan(held + 4000);
    expect((await send(url, { method: 'DELETE', headers })).status).toBe(200);
    await expect.poll(() => call.isClosed).toBe(true);
    await expect.poll(() => metric('gatehouse_buffered_bytes')).toBeLessThanOrEqual(held);
    expect(await metric('gatehouse_sessions')).toBe(before);
    const gone = await send(url, { method: 'GET', headers: { ...headers, 'last-event-id': events.lastEventId } });
    expect(gone.status).toBe(404);
  });

  it('ends with it when nobody has used it for a while, its session with the server too', async () => {
    await using older = await RawUpstream.start('2025-11-25');
    await using brief = await startGateway({ servers: { raw: { url: older.url } }, bounds: { sessionIdle: '2s' } });
    const address = `${brief.url}/servers/raw/mcp`;
    const idle = await session(address);
    const used = await session(address);
    using stream = new Events(address, { method: 'GET', headers: used });
    const call = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}';
    for (const headers of [idle, used]) expect((await send(address, { headers, body: call })).status).toBe(200);
    expect(older.sessions.size).toBe(3);
    await expect.poll(() => older.ended.length, { timeout: 10_000 }).toBe(1);
    expect((await send(address, { headers: idle, body: call })).status).toBe(404);
    expect((await send(address, { headers: used, body: call })).status).toBe(200);
    expect(stream.ended).toBe(false);
    await send(address, { method: 'DELETE', headers: used });
    await expect.poll(() => [older.ended.length, stream.ended]).toEqual([2, true]);
  });

  it('makes room for another where there are too many, unless it is in use', async () => {
    await using full = await startGateway({ servers: { raw: { url: upstream.url } }, bounds: { sessions: 2 } });
    const address = `${full.url}/servers/raw/mcp`;
    const first = await session(address);
    const second = await session(address);
    const list = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await send(address, { headers, body: list })).status;
    expect(await status(first)).toBe(200);
    const third = await session(address);
    expect([await status(first), await status(second)]).toEqual([200, 404]);
    using one = new Events(address, { method: 'GET', headers: first });
    using other = new Events(address, { method: 'GET', headers: third });
    await expect.poll(() => [one.status, other.status]).toEqual([200, 200]);
    await expect(session(address)).rejects.toThrow('initialize: 503');
    one.cut();
    await expect
      .poll(() =>
        session(address).then(
          () => 'opened',
          () => 'refused',
        ),
      )
      .toBe('opened');
    expect([await status(first), await status(third)]).toEqual([404, 200]);
  });

  it('is told to come back when the gateway ends', async () => {
    await using other = await startGateway({ servers: { raw: { url: upstream.url } } });
    const address = `${other.url}/servers/raw/mcp`;
    using newer = new Events(address, { method: 'GET', headers: await session(address) });
    using older = new Events(address, { method: 'GET', headers: await session(address, '2025-06-18') });
    await expect.poll(() => [newer.status, older.status]).toEqual([200, 200]);
    await other[Symbol.asyncDispose]();
    await expect.poll(() => [newer.ended, older.ended]).toEqual([true, true]);
    expect(newer.text).toMatch(/\n\nretry: [1-5]\d{3}\n\n$/u);
    expect(older.text).not.toContain('retry');
  });
});
