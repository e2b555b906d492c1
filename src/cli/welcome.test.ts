/** What people see while servers start, told by a gateway that only pretends. */
import { expect, test } from 'vitest';
import type { Gateway, ServerStatus } from '../app/gateway.ts';
import { systemTime } from '../kernel/time.ts';
import type { Console } from './console.ts';
import { Welcome } from './welcome.ts';

function status(name: string, state: ServerStatus['state'], more: Partial<ServerStatus> = {}): ServerStatus {
  return { name, state, revision: undefined, reason: undefined, tools: 0, ...more };
}

/** A gateway whose servers change when the test says so. */
function pretend(initial: readonly ServerStatus[]) {
  const servers = new Map(initial.map((each) => [each.name, each]));
  const listeners = new Set<(status: ServerStatus) => void>();
  const { promise, resolve: settle } = Promise.withResolvers<void>();
  const gateway: Gateway = {
    dataUrl: 'http://127.0.0.1:8090',
    client: undefined,
    adminUrl: 'http://127.0.0.1:8091',
    servers: () => [...servers.values()],
    onServer: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    settled: () => promise,
    close: () => Promise.resolve(),
  };
  const change = (next: ServerStatus) => {
    servers.set(next.name, next);
    for (const listener of listeners) listener(next);
  };
  return { gateway, change, settle, listeners };
}

function paper(terminal = false) {
  const lines: string[] = [];
  const console: Console = {
    terminal,
    print: (line) => void lines.push(line),
    error: (line) => void lines.push(line),
    style: (_style, text) => text,
  };
  return { lines, console };
}

test('each start is shown as it happens, then the endpoint, the tools and what to paste', async () => {
  const { lines, console } = paper();
  const { gateway, change, settle, listeners } = pretend([
    status('everything', 'starting'),
    status('files', 'starting'),
    status('crm', 'disabled'),
  ]);
  const shown = new Welcome(console, systemTime()).show(gateway);
  expect(lines).toEqual(['  everything  starting', '  files       starting', '  crm         disabled']);
  change(status('files', 'ready', { revision: '2025-11-25', tools: 1 }));
  expect(lines.at(-1)).toMatch(/^ {2}files {7}ready, 2025-11-25, 1 tool, \d+\.\d s$/);
  change(status('everything', 'unavailable', { reason: 'could not be started' }));
  expect(lines.at(-1)).toMatch(/^ {2}everything {2}unavailable: could not be started, \d/);
  settle();
  await shown;
  const text = lines.join('\n');
  expect(text).toContain('Endpoint  http://127.0.0.1:8090/mcp');
  expect(text).toContain('Servers   1 ready, 1 unavailable, 1 disabled');
  expect(text).toContain('Tools     1');
  expect(text).toContain('claude mcp add --transport http gatehouse http://127.0.0.1:8090/mcp');
  expect(text).toContain(
    '{"mcpServers":{"gatehouse":{"command":"npx","args":["-y","mcp-remote","http://127.0.0.1:8090/mcp"]}}}',
  );
  expect(text).toContain('{"mcpServers":{"gatehouse":{"url":"http://127.0.0.1:8090/mcp"}}}');
  expect(text).toContain('{"servers":{"gatehouse":{"type":"http","url":"http://127.0.0.1:8090/mcp"}}}');
  expect(listeners.size).toBe(0);
});

test('a change that looks the same is shown once', () => {
  const { lines, console } = paper();
  const { gateway, change } = pretend([status('a', 'starting')]);
  void new Welcome(console, systemTime()).show(gateway);
  change(status('a', 'starting'));
  expect(lines).toHaveLength(1);
});

test('after an early end nothing more is shown', async () => {
  const { lines, console } = paper();
  const { gateway, change, settle } = pretend([status('a', 'starting')]);
  const welcome = new Welcome(console, systemTime());
  const shown = welcome.show(gateway);
  welcome.end();
  change(status('a', 'ready'));
  settle();
  await shown;
  expect(lines).toHaveLength(1);
});

test('a terminal gets marks', () => {
  const { lines, console } = paper(true);
  void new Welcome(console, systemTime()).show(pretend([status('a', 'ready', { tools: 2 })]).gateway);
  expect(lines[0]).toContain('✓ a  ready, 2 tools');
});
