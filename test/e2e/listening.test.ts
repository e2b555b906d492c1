/** Streams that tell what changes: `subscriptions/listen` of 2026-07-28 and the GET stream of a session, in front of servers of either family. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Child } from '../fixtures/child.ts';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { META, parsed, send, session, stateless, statelessCall } from './client.ts';
import { Events } from './streams.ts';

const fixture = join(import.meta.dirname, '../fixtures/conformance/main.ts');
let gateway: RunningGateway;
const children: Child[] = [];

beforeAll(async () => {
  const urls = await Promise.all(
    ['2026-07-28', '2025-11-25'].map(async (revision) => {
      const child = new Child([fixture, '--revision', revision]);
      children.push(child);
      return (JSON.parse(await child.firstLine()) as { url: string }).url;
    }),
  );
  const stdio = { command: process.execPath, args: [fixture, '--stdio', '--revision', '2026-07-28'] };
  gateway = await startGateway({ servers: { newer: { url: urls[0] }, older: { url: urls[1] }, pipe: stdio } });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  for (const child of children) await child[Symbol.asyncDispose]();
});

const listen = (url: string, id: string, filter: string): Events =>
  new Events(url, {
    method: 'POST',
    headers: stateless('subscriptions/listen'),
    body: `{"jsonrpc":"2.0","id":${id},"method":"subscriptions/listen","params":{"notifications":${filter},${META}}}`,
  });

const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';
const idOf = (params: Record<string, unknown> | undefined): unknown =>
  (params?.['_meta'] as Record<string, unknown> | undefined)?.[SUBSCRIPTION];

async function trigger(server: string, tool: string): Promise<void> {
  const answered = await statelessCall(`${gateway.url}/servers/${server}/mcp`, tool, ',"arguments":{}');
  expect(parsed(answered).result?.['isError']).not.toBe(true);
}

describe.each(['newer', 'older', 'pipe'])('in front of "%s"', (server) => {
  it('a listening client hears first what it will be told, then only that, under its own id', async () => {
    using all = listen(`${gateway.url}/mcp`, '"mine"', '{"toolsListChanged":true}');
    using own = listen(
      `${gateway.url}/servers/${server}/mcp`,
      '0',
      '{"toolsListChanged":true,"promptsListChanged":true}',
    );
    await expect.poll(() => [all.all.length, own.all.length]).toEqual([1, 1]);
    expect(all.all[0]).toMatchObject({
      method: 'notifications/subscriptions/acknowledged',
      params: { notifications: { toolsListChanged: true } },
    });
    expect(all.all[0]?.params?.['notifications']).not.toHaveProperty('promptsListChanged');
    await trigger(server, 'test_trigger_tool_change');
    await expect.poll(() => all.methods()).toContain('notifications/tools/list_changed');
    await expect.poll(() => own.methods()).toContain('notifications/tools/list_changed');
    await trigger(server, 'test_trigger_prompt_change');
    await expect.poll(() => own.methods()).toContain('notifications/prompts/list_changed');
    expect(all.methods()).not.toContain('notifications/prompts/list_changed');
    expect(new Set(all.all.map(({ params }) => idOf(params)))).toEqual(new Set(['mine']));
    expect(new Set(own.all.map(({ params }) => idOf(params)))).toEqual(new Set([0]));
  });

  it('a session hears on its GET stream, of which it has one', async () => {
    const url = `${gateway.url}/servers/${server}/mcp`;
    const headers = await session(url);
    using stream = new Events(url, { method: 'GET', headers });
    await expect.poll(() => stream.status).toBe(200);
    expect((await send(url, { method: 'GET', headers })).status).toBe(409);
    expect((await send(url, { method: 'GET', headers: { ...headers, 'last-event-id': '1' } })).status).toBe(400);
    await trigger(server, 'test_trigger_tool_change');
    await expect.poll(() => stream.methods()).toContain('notifications/tools/list_changed');
    expect(stream.all.every(({ params }) => idOf(params) === undefined)).toBe(true);
  });

  it('resource updates reach who watches that resource, and nobody else', async () => {
    const url = `${gateway.url}/servers/${server}/mcp`;
    const headers = await session(url);
    const others = await session(url);
    using watching = new Events(url, { method: 'GET', headers });
    using idle = new Events(url, { method: 'GET', headers: others });
    using listening = listen(url, '7', '{"resourceSubscriptions":["test://watched-resource"]}');
    await expect.poll(() => [watching.status, idle.status, listening.all.length]).toEqual([200, 200, 1]);
    const subscribe =
      '{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"test://watched-resource"}}';
    expect(parsed(await send(url, { headers, body: subscribe })).result).toEqual({});
    // Sessions have sessions of their own with older servers, so each change is made in the session that watches.
    await send(url, {
      headers,
      body: '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"test_trigger_resource_change","arguments":{}}}',
    });
    await expect.poll(() => watching.methods()).toContain('notifications/resources/updated');
    await trigger(server, 'test_trigger_resource_change');
    await expect.poll(() => listening.methods()).toContain('notifications/resources/updated');
    expect(idle.methods()).not.toContain('notifications/resources/updated');
    await send(url, { headers, body: subscribe.replace('subscribe', 'unsubscribe') });
  });
});

it('an orderly end of the gateway ends a listening stream with its result', async () => {
  await using other = await startGateway({
    servers: { pipe: { command: process.execPath, args: [fixture, '--stdio', '--revision', '2026-07-28'] } },
  });
  using stream = listen(`${other.url}/mcp`, '"x"', '{"toolsListChanged":true}');
  await expect.poll(() => stream.all.length).toBe(1);
  await other[Symbol.asyncDispose]();
  await expect.poll(() => stream.ended).toBe(true);
  expect(stream.all.at(-1)).toMatchObject({
    id: 'x',
    result: { resultType: 'complete', _meta: { [SUBSCRIPTION]: 'x' } },
  });
});
