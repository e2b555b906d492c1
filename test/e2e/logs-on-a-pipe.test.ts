/** What a child logs, which names no request: it reaches the caller that it is about, or nobody. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { META, session, stateless } from './client.ts';
import { Events } from './streams.ts';

const script = join(import.meta.dirname, '../fixtures/logging-child.mjs');
const PATIENT = { timeout: 10_000 };

let gateway: RunningGateway;

beforeAll(async () => {
  const child = (protocol: string): object => ({ command: process.execPath, args: [script, protocol], protocol });
  gateway = await startGateway({ servers: { stateless: child('2026-07-28'), sessions: child('2025-11-25') } });
}, 60_000);

afterAll(() => gateway[Symbol.asyncDispose]());

const url = (server: string): string => `${gateway.url}/servers/${server}/mcp`;

/** A call of a session, or of 2026-07-28 where there is none; `meta` is JSON text of members. */
function call(server: string, name: string, { say, headers, meta = '' }: Calling = {}): Events {
  const given = `"arguments":${JSON.stringify(say === undefined ? {} : { say })}`;
  const own = headers ? '' : `,${META.replace(/\}$/u, `${meta}}`)}`;
  const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}",${given}${own}}}`;
  return new Events(url(server), { method: 'POST', headers: headers ?? stateless('tools/call', name), body });
}

interface Calling {
  readonly say?: string;
  readonly headers?: Record<string, string>;
  readonly meta?: string;
}

const logs = ({ all }: Events): unknown[] =>
  all.filter(({ method }) => method === 'notifications/message').map(({ params }) => params?.['data']);
const ended = (events: Events): Promise<void> => expect.poll(() => events.ended, PATIENT).toBe(true);
const asksFor = `,"io.modelcontextprotocol/logLevel":"info"`;

/** What it logged by its end. */
async function told(events: Events): Promise<unknown[]> {
  using open = events;
  await ended(open);
  return logs(open);
}

describe('what a child of 2026-07-28 logs', () => {
  it('reaches its caller also right after the call of another', async () => {
    for (const say of ['a', 'b', 'c'])
      expect(await told(call('stateless', 'log', { say, headers: await session(url('stateless')) }))).toEqual([
        `${say} begins`,
      ]);
  });

  it('reaches the only one who asked for it, whatever else runs', async () => {
    using silent = call('stateless', 'hold', { say: 'silent' });
    const own = await told(call('stateless', 'log', { say: 'own', meta: asksFor }));
    await told(call('stateless', 'free'));
    await ended(silent);
    expect([own, logs(silent)]).toEqual([['own begins'], []]);
  });

  it('reaches nobody while two have asked for it', async () => {
    const [a, b] = [await session(url('stateless')), await session(url('stateless'))];
    using held = call('stateless', 'hold', { say: 'a', headers: a });
    await expect.poll(() => logs(held), PATIENT).toEqual(['a begins']);
    const other = await told(call('stateless', 'log', { say: 'b', headers: b }));
    await told(call('stateless', 'free'));
    await ended(held);
    expect([other, logs(held)]).toEqual([[], ['a begins']]);
  });
});

describe('what a child of 2025-11-25 logs', () => {
  it('after its answer reaches nobody else', async () => {
    const [a, b] = [await session(url('sessions')), await session(url('sessions'))];
    expect(await told(call('sessions', 'late', { say: 'a', headers: a }))).toEqual(['a begins']);
    expect(await told(call('sessions', 'after', { say: 'b', headers: b }))).toEqual([]);
  });
});
