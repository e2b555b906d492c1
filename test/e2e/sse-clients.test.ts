/** The official client libraries over HTTP+SSE: list, call, progress, cancellation, changes, errors, the end. */
import { join } from 'node:path';
import { Client, SSEClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientOf1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as TransportOf1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { Client as ClientOf2025June } from 'mcp-sdk-2025-06-18/client/index.js';
import { SSEClientTransport as TransportOf2025June } from 'mcp-sdk-2025-06-18/client/sse.js';
import { expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { metricOf } from './led-call.ts';

const packages = join(import.meta.dirname, '../../node_modules/@modelcontextprotocol');
const everything = { command: process.execPath, args: [join(packages, 'server-everything/dist/index.js'), 'stdio'] };
const conformance = join(import.meta.dirname, '../fixtures/conformance/main.ts');
const fixture = { command: process.execPath, args: [conformance, '--stdio', '--revision', '2026-07-28'] };
const clientInfo = { name: 'sse-test', version: '1' };
const CHANGED = 'notifications/tools/list_changed';

interface Connected {
  list(): Promise<{ tools: { name: string }[] }>;
  call(
    name: string,
    args: Record<string, unknown>,
    asking?: { signal?: AbortSignal; onprogress?: () => void },
  ): Promise<unknown>;
  close(): Promise<void>;
}

async function of2(url: URL, told: (method: string) => void): Promise<Connected> {
  const client = new Client(clientInfo, { versionNegotiation: { mode: 'legacy' } });
  client.setNotificationHandler(CHANGED, ({ method }) => told(method));
  await client.connect(new SSEClientTransport(url));
  return {
    list: () => client.listTools(),
    call: (name, given, asking) => client.callTool({ name, arguments: given }, asking),
    close: () => client.close(),
  };
}

async function of1(url: URL, told: (method: string) => void): Promise<Connected> {
  const client = new ClientOf1(clientInfo);
  client.fallbackNotificationHandler = ({ method }) => Promise.resolve(told(method));
  await client.connect(new TransportOf1(url));
  return connected(client);
}

async function of2025June(url: URL, told: (method: string) => void): Promise<Connected> {
  const client = new ClientOf2025June(clientInfo);
  client.fallbackNotificationHandler = ({ method }) => Promise.resolve(told(method));
  await client.connect(new TransportOf2025June(url));
  return connected(client);
}

const connected = (client: ClientOf1 | ClientOf2025June): Connected => ({
  list: () => client.listTools(),
  call: (name, given, asking) => client.callTool({ name, arguments: given }, undefined, asking),
  close: () => client.close(),
});

const sessions = (gateway: RunningGateway): Promise<number> => metricOf(gateway, 'gatehouse_sessions');

it.each([
  ['@modelcontextprotocol/client', of2],
  ['@modelcontextprotocol/sdk 1.x', of1],
  ['@modelcontextprotocol/sdk of 2025-06-18', of2025June],
])('%s lists, calls, hears progress and changes, cancels, gets errors, and ends it', async (_, connect) => {
  await using gateway = await startGateway({ legacySse: true, servers: { everything, fixture } });
  const told: string[] = [];
  const client = await connect(new URL(`${gateway.url}/sse`), (method) => told.push(method));
  const names = (await client.list()).tools.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['everything__get-sum', 'fixture__test_trigger_tool_change']));
  expect(await client.call('everything__get-sum', { a: 2, b: 40 })).toMatchObject({
    content: [{ text: expect.stringContaining('42') as string }],
  });
  let steps = 0;
  const long = { duration: 0.3, steps: 3 };
  await client.call('everything__trigger-long-running-operation', long, { onprogress: () => (steps += 1) });
  expect(steps).toBeGreaterThan(0);
  const cancelling = new AbortController();
  const cancelled = client.call(
    'everything__trigger-long-running-operation',
    { duration: 60, steps: 60 },
    { signal: cancelling.signal, onprogress: () => cancelling.abort() },
  );
  await expect(cancelled).rejects.toThrow();
  await client.call('fixture__test_trigger_tool_change', {});
  await expect.poll(() => told).toContain(CHANGED);
  await expect(client.call('everything__none', {})).rejects.toThrow();
  await expect.poll(() => metricOf(gateway, 'gatehouse_legs')).toBe(0);
  expect(await sessions(gateway)).toBe(1);
  await client.close();
  await expect.poll(() => sessions(gateway)).toBe(0);
});
