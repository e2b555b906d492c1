/** The official client libraries over `gatehouse stdio`, in every family of revisions: list, call, progress, cancellation, errors, the end. */
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as ClientOf1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as TransportOf1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, it } from 'vitest';
import { pipedCommand } from '../fixtures/piped-gateway.ts';

const packages = join(import.meta.dirname, '../../node_modules/@modelcontextprotocol');
const everything = { command: process.execPath, args: [join(packages, 'server-everything/dist/index.js'), 'stdio'] };
const conformance = join(import.meta.dirname, '../fixtures/conformance/main.ts');
const fixture = { command: process.execPath, args: [conformance, '--stdio', '--revision', '2026-07-28'] };
const clientInfo = { name: 'stdio-front-test', version: '1' };

interface Connected {
  readonly revision: string | undefined;
  readonly pid: number | null;
  list(): Promise<{ tools: { name: string }[] }>;
  call(name: string, args: Record<string, unknown>, asking?: Parameters<Client['callTool']>[1]): Promise<unknown>;
  onToolsChanged(heard: () => void): void;
  close(): Promise<void>;
}

async function newer(args: string[], mode: 'auto' | 'legacy' | { pin: string }): Promise<Connected> {
  let changed: () => void = () => undefined;
  const client = new Client(clientInfo, {
    versionNegotiation: { mode },
    listChanged: { tools: { autoRefresh: false, onChanged: () => changed() } },
  });
  const transport = new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' });
  await client.connect(transport);
  return {
    revision: client.getNegotiatedProtocolVersion(),
    pid: transport.pid,
    list: () => client.listTools(),
    call: (name, given, asking) => client.callTool({ name, arguments: given }, asking),
    onToolsChanged: (heard) => (changed = heard),
    close: () => client.close(),
  };
}

async function older(args: string[]): Promise<Connected> {
  let changed: () => void = () => undefined;
  const client = new ClientOf1(clientInfo, {
    listChanged: { tools: { autoRefresh: false, onChanged: () => changed() } },
  });
  const transport = new TransportOf1({ command: process.execPath, args, stderr: 'ignore' });
  await client.connect(transport);
  return {
    revision: '2025-11-25',
    pid: transport.pid,
    list: () => client.listTools(),
    call: (name, given, asking) => client.callTool({ name, arguments: given }, undefined, asking),
    onToolsChanged: (heard) => (changed = heard),
    close: () => client.close(),
  };
}

const isRunning = (pid: number | null): boolean => {
  try {
    return process.kill(pid ?? 0, 0);
  } catch {
    return false;
  }
};

describe.each([
  ['@modelcontextprotocol/client, 2026-07-28', '2026-07-28', (args: string[]) => newer(args, { pin: '2026-07-28' })],
  ['@modelcontextprotocol/client, finding out', '2026-07-28', (args: string[]) => newer(args, 'auto')],
  ['@modelcontextprotocol/client, 2025', '2025-11-25', (args: string[]) => newer(args, 'legacy')],
  ['@modelcontextprotocol/sdk 1.x', '2025-11-25', older],
])('%s', (_, revision, connect) => {
  it('lists, calls, hears progress and changes, cancels, gets errors, and ends it', async () => {
    await using command = await pipedCommand({ servers: { everything, fixture } });
    const client = await connect(command.args);
    try {
      expect(client.revision).toBe(revision);
      const names = (await client.list()).tools.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(['everything__get-sum', 'fixture__test_trigger_tool_change']));

      const sum = await client.call('everything__get-sum', { a: 2, b: 40 });
      expect(sum).toMatchObject({ content: [{ type: 'text', text: 'The sum of 2 and 40 is 42.' }] });

      const steps: number[] = [];
      const long = { duration: 1, steps: 4 };
      await client.call('everything__trigger-long-running-operation', long, {
        onprogress: ({ progress }) => steps.push(progress),
      });
      expect(steps.length).toBeGreaterThan(0);

      const stop = new AbortController();
      const endless = { duration: 60, steps: 600 };
      const onprogress = (): void => stop.abort();
      const cancelled = client.call('everything__trigger-long-running-operation', endless, {
        signal: stop.signal,
        onprogress,
      });
      await expect(cancelled).rejects.toThrow();

      await expect(client.call('everything__no-such-tool', {})).rejects.toMatchObject({ code: -32602 });
      expect(await client.call('everything__get-sum', { a: 'two' })).toMatchObject({ isError: true });

      const changed = new Promise<void>((heard) => client.onToolsChanged(heard));
      await client.call('fixture__test_trigger_tool_change', {});
      await changed;
    } finally {
      await client.close();
    }
    expect(isRunning(client.pid)).toBe(false);
  });
});
