/** How `gatehouse stdio` ends, what a reader that is slow or gone does to it, and that it opens nothing that another one needs. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Child } from '../fixtures/child.ts';
import { PipedGateway, pipedCommand, stateless } from '../fixtures/piped-gateway.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';

const script = join(import.meta.dirname, '../fixtures/raw-child.mjs');
const launcher = join(import.meta.dirname, '../../bin/gatehouse.js');
const child = (...args: string[]): object => ({ command: process.execPath, args: [script, ...args] });
const servers = { plain: child('plain'), stubborn: child('stubborn') };

const call = (id: unknown, name: string, args: object = {}): object => ({
  id,
  method: 'tools/call',
  params: stateless({ name, arguments: args }),
});

const FORKED = ['stubborn__fork'];

// What is left is read from /proc: these are for Linux.
const isAlive = (pid: string): boolean =>
  existsSync(`/proc/${pid}`) && !/^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

/** The servers' processes, and one that a server has started. */
async function pidsOf(gateway: PipedGateway, names: readonly string[]): Promise<string[]> {
  gateway.send(...names.map((name) => call(name, name)));
  const answers = await Promise.all(names.map((name) => gateway.answer(name)));
  const pids = answers.map(({ result }) => (result as { content: { text: string }[] }).content[0]?.text ?? '');
  expect(pids.every(isAlive)).toBe(true);
  return pids;
}

it.each([
  ['the end of its input', (gateway: PipedGateway) => void gateway.process.stdin.end(), 0, FORKED],
  ['SIGTERM', (gateway: PipedGateway) => void gateway.process.kill('SIGTERM'), 0, FORKED],
  ['kill -9', (gateway: PipedGateway) => void gateway.process.kill('SIGKILL'), 'SIGKILL', []],
])('%s leaves no child behind', async (_, end, code, more) => {
  await using gateway = await PipedGateway.start({ servers });
  const pids = await pidsOf(gateway, ['plain__pid', 'stubborn__pid', ...more]);
  end(gateway);
  expect(await gateway.ended()).toBe(code);
  await expect.poll(() => pids.filter(isAlive), { timeout: 5000 }).toEqual([]);
});

it('what was asked before the end of the input is answered, and subscriptions end with a word', async () => {
  await using gateway = await PipedGateway.start({ servers: { plain: child('plain') } });
  const params = stateless({ notifications: { toolsListChanged: true } });
  gateway.send({ id: 'sub', method: 'subscriptions/listen', params });
  await gateway.heard('notifications/subscriptions/acknowledged');
  gateway.send(...Array.from({ length: 50 }, (_, n) => call(n, 'plain__echo', { n })));
  // The last line has no end of its own.
  gateway.process.stdin.end(JSON.stringify({ jsonrpc: '2.0', ...call('last', 'plain__echo') }));
  expect(await gateway.ended()).toBe(0);
  const answered = gateway.single.filter(({ result }) => result !== undefined).map(({ id }) => id);
  expect(answered.filter((id) => typeof id === 'number').toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 50 }, (_, n) => n),
  );
  expect(answered).toContain('last');
  expect((await gateway.answer('sub')).result).toMatchObject({ resultType: 'complete' });
});

it('a call that hangs holds up the end for the drain time and no longer', async () => {
  await using gateway = await PipedGateway.start({
    bounds: { drainTimeout: '1s' },
    servers: { plain: child('plain') },
  });
  gateway.send(call('hangs', 'plain__hang'), call('first', 'plain__echo'));
  await gateway.answer('first');
  gateway.process.stdin.end();
  expect(await gateway.ended()).toBe(0);
  expect(gateway.single.some(({ id }) => id === 'hangs')).toBe(false);
});

const close = (gateway: PipedGateway): void => void gateway.process.stdin.end();
const signal = (gateway: PipedGateway): void => void gateway.process.kill('SIGTERM');

it.each([
  ['closes the input and then sends a signal', [close, signal]],
  ['sends a signal and then closes the input', [signal, close]],
])('a client that %s is not kept waiting for a call', async (_, steps) => {
  await using gateway = await PipedGateway.start({
    bounds: { drainTimeout: '10m' },
    servers: { plain: child('plain') },
  });
  gateway.send(call('hangs', 'plain__hang'), call('first', 'plain__echo'));
  await gateway.answer('first');
  for (const step of steps) step(gateway);
  expect(await gateway.ended()).toBe(0);
});

it('a signal alone lets calls end, and takes nothing more', async () => {
  await using upstream = await RawUpstream.start('2026-07-28');
  const held = Promise.withResolvers<() => void>();
  upstream.answer = (response, id) => {
    const result = '{"content":[],"resultType":"complete"}';
    response.writeHead(200, { 'content-type': 'application/json' });
    held.resolve(() => response.end(`{"jsonrpc":"2.0","id":${id},"result":${result}}`));
  };
  await using gateway = await PipedGateway.start({ servers: { raw: { url: upstream.url } } });
  const params = stateless({ notifications: { toolsListChanged: true } });
  gateway.send({ id: 'sub', method: 'subscriptions/listen', params }, call('held', 'raw__echo'));
  const release = await held.promise;
  signal(gateway);
  // Subscriptions end first: then it drains.
  expect((await gateway.answer('sub')).result).toMatchObject({ resultType: 'complete' });
  gateway.send(call('late', 'raw__echo'));
  release();
  expect((await gateway.answer('held')).result).toBeDefined();
  expect(await gateway.ended()).toBe(0);
  expect(gateway.single.some(({ id }) => id === 'late')).toBe(false);
});

it('a reader that has gone ends it, cleanly and without a word on stderr', async () => {
  await using gateway = await PipedGateway.start({ log: { level: 'warn' }, servers: { plain: child('plain') } });
  gateway.send(call('first', 'plain__echo'));
  await gateway.answer('first');
  gateway.process.stdout.destroy();
  gateway.send(call('second', 'plain__echo'));
  expect(await gateway.ended()).toBe(0);
  expect(gateway.errors).toBe('');
});

it('a reader that is slow is waited for: nothing is lost, and what it does not read is not asked for', async () => {
  await using gateway = await PipedGateway.start(
    { bounds: { streamQueueBytes: '256KiB' }, servers: { plain: child('plain') } },
    { reads: false },
  );
  const payload = 'x'.repeat(100_000);
  const calls = 200;
  for (let n = 0; n < calls; n += 1) gateway.send(call(n, 'plain__echo', { payload, n }));
  // 20 MB of answers against a queue of 256 KiB: it stops reading long before it has taken all requests.
  let before = -1;
  while (before !== gateway.process.stdin.writableLength) {
    before = gateway.process.stdin.writableLength;
    for (let n = 0; n < 20_000; n += 1) await turn();
  }
  expect(before).toBeGreaterThan(5_000_000);
  gateway.read();
  gateway.process.stdin.end();
  expect(await gateway.ended()).toBe(0);
  const ids = gateway.single.map(({ id, result }) => (result ? Number(id) : -1)).toSorted((a, b) => a - b);
  expect(ids).toEqual(Array.from({ length: calls }, (_, n) => n));
});

it('more calls than bounds.inFlight are refused, each by name', async () => {
  await using gateway = await PipedGateway.start({ bounds: { inFlight: 3 }, servers: { plain: child('plain') } });
  gateway.send(call('ready', 'plain__echo'));
  await gateway.answer('ready');
  gateway.send(...['a', 'b', 'c'].map((id) => call(id, 'plain__hang')), call('d', 'plain__echo'));
  expect((await gateway.answer('d')).error).toMatchObject({ code: -32603, data: { kind: 'overloaded' } });
  gateway.send({ method: 'notifications/cancelled', params: { requestId: 'b' } });
  // The place is free once the call behind it has ended.
  for (let n = 0; ; n += 1) {
    gateway.send(call(n, 'plain__echo'));
    if ((await gateway.answer(n)).result) break;
  }
});

it('opens no address, so that two can run with one file', async () => {
  const busy = [createServer(), createServer()];
  const ports = await Promise.all(
    busy.map(
      (server) =>
        new Promise<number>((done) =>
          server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port)),
        ),
    ),
  );
  const config = {
    listen: `127.0.0.1:${ports[0]}`,
    admin: `127.0.0.1:${ports[1]}`,
    servers: { plain: child('plain') },
  };
  await using one = await PipedGateway.start(config);
  await using other = await PipedGateway.start(config);
  for (const gateway of [one, other]) {
    gateway.send(call(1, 'plain__echo'));
    expect((await gateway.answer(1)).result).toBeDefined();
  }
  await Promise.all(busy.map((server) => new Promise((closed) => server.close(closed))));
});

it('a configuration that is wrong is told on stderr, with exit code 1', async () => {
  await using gateway = await PipedGateway.start({ servers: { a: { urll: 'x' } } });
  expect(await gateway.ended()).toBe(1);
  expect(gateway.errors).toContain('did you mean url');
  expect(gateway.lines).toEqual([]);
});

it('without a configuration nothing goes to stdout either', async () => {
  await using command = await pipedCommand({});
  await using ended = new Child([launcher, 'stdio', '-c', command.file, '--mcp-json', command.file]);
  expect(await ended.ended()).toBe(2);
});
