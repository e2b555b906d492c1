/** The fixture as a child on a pipe, and what the system is asked about it: the soaks stand on both. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { child, HttpFixture, readJournal } from './fixture.ts';
import { connectionsTo, descendants, isAlive, listenerOf, startedWith } from './processes.ts';
import { until } from './soak.ts';

const WAIT_MS = 5_000;
const folder = mkdtempSync(join(tmpdir(), 'soak-fixture-'));
const journal = join(folder, 'journal');
const running: ChildProcessByStdio<Writable, Readable, null>[] = [];

afterEach(() => {
  for (const each of running.splice(0)) each.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the fixture on a pipe', () => {
  it('answers both revisions at once, ids kept apart by their type', async () => {
    const pipe = start('both', []);
    pipe.say({ id: 1, method: 'tools/call', params: { name: 'echo', arguments: { secret: 'number' } } });
    pipe.say({ id: '1', method: 'tools/call', params: { name: 'echo', arguments: { secret: 'text' } } });
    pipe.say({ id: 2, method: 'server/discover', params: { _meta: envelope } });
    const heard = [await pipe.hear(), await pipe.hear(), await pipe.hear()];
    expect(heard).toContainEqual(expect.objectContaining({ id: 1, result: { content: [text('number')] } }));
    expect(heard).toContainEqual(expect.objectContaining({ id: '1', result: { content: [text('text')] } }));
    expect(heard).toContainEqual(
      expect.objectContaining({ id: 2, result: expect.objectContaining({ supportedVersions }) }),
    );
  });

  it('says nothing more of a call that was cancelled, which it had begun all the same', async () => {
    const pipe = start('cancelled', []);
    pipe.say({ id: 1, method: 'tools/call', params: { name: 'count', arguments: { key: 'cancelled', pauses: [20] } } });
    pipe.say({ method: 'notifications/cancelled', params: { requestId: 1 } });
    pipe.say({ id: 2, method: 'tools/call', params: { name: 'slow', arguments: { ms: 60 } } });
    expect(await pipe.hear()).toMatchObject({ id: 2 });
    expect(readJournal(journal).filter(({ key }) => key === 'cancelled')).toHaveLength(1);
  });

  it('ends at the end of input, a stubborn one only when it is killed', async () => {
    const [meek, stubborn] = [start('meek', []), start('stubborn', ['--stubborn'])];
    // It may be gone before the other one has answered.
    const ended = once(meek.process, 'exit');
    for (const pipe of [meek, stubborn]) {
      pipe.say({ id: 1, method: 'ping' });
      await pipe.hear();
      pipe.process.stdin.end();
    }
    await ended;
    stubborn.process.kill('SIGTERM');
    expect(startedWith('--stdio', '--name', 'meek')).toEqual([]);
    expect(startedWith('--stdio', '--name', 'stubborn')).toEqual([stubborn.process.pid]);
    expect(descendants(process.pid)).toContain(stubborn.process.pid);
  });

  it('breaks the pipe in the middle of a line and lives on', async () => {
    const pipe = start('broken', []);
    pipe.say({ id: 1, method: 'tools/call', params: { name: 'slow', arguments: { ms: 30 } } });
    pipe.say({ id: 2, method: 'ping' });
    await pipe.hear();
    pipe.process.kill('SIGUSR2');
    expect(await pipe.hear()).toBe('{"jsonrpc":"2.0","id":');
    await once(pipe.process.stdout, 'close');
    // long after the answer of the first call was due
    const ended = await Promise.race([once(pipe.process, 'exit'), new Promise((resolve) => setTimeout(resolve, 200))]);
    expect(ended).toBeUndefined();
    expect(isAlive(pipe.process.pid ?? 0)).toBe(true);
  });
});

it('a web fixture is found by its port, and comes back on the same one', async () => {
  await using fixture = await HttpFixture.started({ name: 'web', revision: '2025-11-25', journal });
  const { port, url } = fixture;
  const first = listenerOf(port);
  await fetch(url, { method: 'POST', body: '{"id":1,"method":"ping"}' });
  expect(connectionsTo(port)).toBe(1);
  await fixture.kill();
  expect(first !== undefined && isAlive(first)).toBe(false);
  await until('the connection is gone', WAIT_MS, () => connectionsTo(port) === 0);
  await fixture.start();
  expect(fixture.url).toBe(url);
  expect(listenerOf(port)).not.toBe(first);
});

const text = (text: string) => ({ type: 'text', text });
const supportedVersions = ['2026-07-28'];
const envelope = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

function start(name: string, more: readonly string[]) {
  const { command, args } = child({ name, revision: '2025-11-25', journal }, '--revision', 'both', ...more);
  const process = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  running.push(process);
  const lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
  return {
    process,
    say: (message: object) => void process.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`),
    /** The next line; as text when it is not JSON. */
    async hear(): Promise<unknown> {
      const line = String((await lines.next()).value);
      return line.endsWith('}') ? JSON.parse(line) : line;
    },
  };
}
