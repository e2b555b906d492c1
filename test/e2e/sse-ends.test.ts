/** How sessions of HTTP+SSE end, and what ends with them: the stream is the session. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { send, session } from './client.ts';
import { LedCall, metricOf } from './led-call.ts';
import { SseClient } from './sse-client.ts';

let gateway: RunningGateway;
let upstream: RawUpstream;
let url: string;

beforeAll(async () => {
  upstream = await RawUpstream.start('2026-07-28');
  gateway = await startGateway({ legacySse: true, servers: { raw: { url: upstream.url } } });
  url = `${gateway.url}/servers/raw/sse`;
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const CALL =
  '{"jsonrpc":"2.0","id":"mine","method":"tools/call","params":{"name":"echo","_meta":{"progressToken":"t"}}}';

/** A call with progress that the test leads. */
async function begun(client: SseClient): Promise<LedCall> {
  const led = Promise.withResolvers<LedCall>();
  upstream.answer = (response, id, { body }) => led.resolve(new LedCall(response, id, body));
  expect((await client.post(CALL)).status).toBe(202);
  const call = await led.promise;
  upstream.answer = undefined;
  return call;
}

const gauges = async (of: RunningGateway): Promise<number[]> =>
  Promise.all(['sessions', 'streams', 'legs', 'buffered_bytes'].map((name) => metricOf(of, `gatehouse_${name}`)));

describe('a call', () => {
  it('tells its progress and its end on the stream, without what the revision does not know', async () => {
    using client = await SseClient.initialized(url);
    const call = await begun(client);
    call.tell('half');
    await expect.poll(() => client.events.all.at(-1)?.params).toEqual({ progressToken: 't', progress: 1 });
    call.answer('done');
    expect((await client.reply('mine')).result).toEqual({ content: [{ type: 'text', text: 'done' }] });
  });

  it('that its client cancels is cancelled, and has no answer', async () => {
    using client = await SseClient.initialized(url);
    const call = await begun(client);
    await client.post('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"mine"}}');
    await expect.poll(() => call.isClosed).toBe(true);
    expect((await client.ask('ping')).result).toEqual({});
    expect(client.events.all.some(({ id }) => id === 'mine')).toBe(false);
  });

  it('ends with the stream, and so does all that the session had', async () => {
    await expect.poll(() => gauges(gateway)).toEqual([0, 0, 0, 0]);
    using client = await SseClient.initialized(url);
    const call = await begun(client);
    expect((await gauges(gateway)).slice(0, 3)).toEqual([1, 1, 1]);
    client.events.cut();
    await expect.poll(() => call.isClosed).toBe(true);
    await expect.poll(() => gauges(gateway)).toEqual([0, 0, 0, 0]);
  });

  it('of another client with the same id goes on', async () => {
    using one = await SseClient.initialized(url);
    using other = await SseClient.initialized(url);
    const [cut, kept] = [await begun(one), await begun(other)];
    one.events.cut();
    await expect.poll(() => cut.isClosed).toBe(true);
    kept.answer('kept');
    expect((await other.reply('mine')).result).toEqual({ content: [{ type: 'text', text: 'kept' }] });
  });
});

describe('a reader that is too slow', () => {
  it('is let go of, and what was kept for it is given back', async () => {
    await using narrow = await startGateway({
      legacySse: true,
      servers: { raw: { url: upstream.url } },
      bounds: { streamQueueBytes: '64KiB' },
    });
    await expect.poll(() => gauges(narrow)).toEqual([0, 0, 0, 0]);
    using client = await SseClient.initialized(`${narrow.url}/servers/raw/sse`);
    client.events.pause();
    upstream.result = `{"content":[{"type":"text","text":"${'x'.repeat(1_000_000)}"}]}`;
    let kept = 0;
    for (let status = 202; status === 202;) {
      status = (await client.post(CALL)).status;
      kept = Math.max(kept, await metricOf(narrow, 'gatehouse_buffered_bytes'));
    }
    upstream.result = '{"content":[]}';
    expect(kept).toBeGreaterThan(500_000);
    await expect.poll(() => gauges(narrow)).toEqual([0, 0, 0, 0]);
  });
});

describe('sessions of both transports', () => {
  it('are counted together, and those that are open make no room', async () => {
    await using full = await startGateway({
      legacySse: true,
      servers: { raw: { url: upstream.url } },
      bounds: { sessions: 2 },
    });
    const [sse, mcp] = [`${full.url}/servers/raw/sse`, `${full.url}/servers/raw/mcp`];
    const idle = await session(mcp);
    using one = await SseClient.initialized(sse);
    using other = await SseClient.initialized(sse);
    const list = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
    expect((await send(mcp, { headers: idle, body: list })).status).toBe(404);
    const refused = await send(sse, { method: 'GET' });
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
    await expect(session(mcp)).rejects.toThrow('initialize: 503');
    expect((await one.ask('ping')).result).toEqual({});
    other.events.cut();
    await expect.poll(() => metricOf(full, 'gatehouse_sessions')).toBe(1);
    await session(mcp);
  });
});

describe('a gateway', () => {
  it('whose configuration switches it off answers what waits and ends the streams; and switches it on again', async () => {
    const servers = { raw: { url: upstream.url } };
    await using changing = await startGateway({ legacySse: true, servers });
    const address = `${changing.url}/servers/raw/sse`;
    using idle = await SseClient.initialized(address);
    using client = await SseClient.initialized(address);
    const call = await begun(client);
    await changing.change({ servers });
    await expect.poll(() => [idle.events.ended, client.events.ended, call.isClosed]).toEqual([true, true, true]);
    expect((await client.reply('mine')).result?.['isError']).toBe(true);
    expect((await send(address, { method: 'GET' })).status).toBe(404);
    expect((await client.post(CALL)).status).toBe(404);
    await changing.change({ legacySse: true, servers });
    using again = await SseClient.initialized(address);
    await changing.change({ legacySse: true, servers: { ...servers, more: { url: upstream.url } } });
    expect((await again.ask('ping')).result).toEqual({});
    await changing.change({ legacySse: true, servers: { more: { url: upstream.url } } });
    await expect.poll(() => again.events.ended).toBe(true);
    await expect.poll(() => gauges(changing)).toEqual([0, 0, 0, 0]);
  });

  it('that ends lets calls end before the stream does, and takes nothing new', async () => {
    await using ending = await startGateway({ legacySse: true, servers: { raw: { url: upstream.url } } });
    const address = `${ending.url}/servers/raw/sse`;
    using idle = await SseClient.initialized(address);
    using client = await SseClient.initialized(address);
    const call = await begun(client);
    ending.stop();
    await expect.poll(() => idle.events.ended).toBe(true);
    expect((await client.post(CALL)).status).toBe(503);
    expect((await send(address, { method: 'GET' })).status).toBe(503);
    call.answer('late');
    expect((await client.reply('mine')).result).toEqual({ content: [{ type: 'text', text: 'late' }] });
    await expect.poll(() => client.events.ended).toBe(true);
    expect(await ending.ended()).toBe(0);
  });
});
