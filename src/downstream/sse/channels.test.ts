/** Channels of HTTP+SSE on a fake clock, their streams on real sockets. */
import { afterEach, expect, it } from 'vitest';
import { silentLog } from '../../../test/fakes/call.ts';
import { serve, until, type Fixture, type FixtureOptions, type RawClient } from '../../../test/fakes/wire.ts';
import type { Call } from '../../core/call.ts';
import type { Endpoint, SsePath } from '../../core/endpoint.ts';
import type { Outcome } from '../../core/outcome.ts';
import { Payload } from '../../core/payload.ts';
import { Snapshots } from '../../core/snapshot.ts';
import { Fault } from '../../kernel/fault.ts';
import { Shares } from '../../kernel/shares.ts';
import { Skim } from '../../kernel/skim/skim.ts';
import type { HttpEdge } from '../edge.ts';
import { KeepAlive } from '../http/keep-alive.ts';
import { Sessions } from '../rev2025/sessions.ts';
import { Channels } from './channels.ts';
import { SseVisit } from './visit.ts';

interface Led {
  readonly call: Call;
  readonly settle: (outcome: Outcome) => void;
}

interface House {
  readonly fixture: Fixture;
  readonly edge: HttpEdge;
  readonly sessions: Sessions;
  readonly channels: Channels;
  /** Calls that wait for the test. */
  readonly led: Led[];
}

let opened: House | undefined;

afterEach(async () => {
  opened?.channels.endWhere(() => true);
  opened?.sessions.close();
  await opened?.fixture[Symbol.asyncDispose]();
  opened = undefined;
});

const result = (json: string): Outcome => ({ kind: 'result', payload: Payload.ofResult(json) });

/** @param options `led`: greetings wait for the test too. */
async function house({
  led: isGreetingLed = false,
  ...options
}: FixtureOptions & { led?: boolean } = {}): Promise<House> {
  const led: Led[] = [];
  const endpoint = {
    address: '/mcp',
    isMerged: true,
    upstreams: [],
    serve: (call: Call) => {
      if (call.method === 'server/discover' && !isGreetingLed) return Promise.resolve(result('{"capabilities":{}}'));
      return new Promise((settle, fail) => {
        call.abort.listen(fail);
        led.push({ call, settle });
      });
    },
    tool: () => undefined,
    offers: () => Promise.resolve(false),
  } as unknown as Endpoint;
  const place = (takes: SsePath['takes']): SsePath => ({ path: '/sse', takes, endpoint, messages: '/messages' });
  const fixture = await serve({
    ...options,
    onRequest: (exchange, body) => {
      const visit = new SseVisit(exchange, place(exchange.method === 'GET' ? 'GET' : 'POST'), '');
      if (exchange.method === 'GET') channels.open(visit);
      else channels.post(visit, body);
    },
  });
  const edge: HttpEdge = {
    snapshots: new Snapshots({ endpoints: new Map(), sse: new Map() }),
    changes: { listen: () => Promise.reject(new Error('nobody listens')) },
    time: fixture.time,
    log: silentLog,
    identity: { identify: () => ({ key: 'test', kind: 'anonymous', share: 'test' }) },
    keepAlive: new KeepAlive(fixture.time),
    buffered: fixture.buffered,
    bounds: {
      jsonDepth: 64,
      sessions: 3,
      sessionIdleMs: 60_000,
      replayBytes: 10_000,
      parked: 10,
      parkedPerCaller: 2,
      parkedTimeoutMs: 60_000,
    },
    counts: { parked: 0 },
    calls: new Shares(5000),
    load: { rung: 0, isDraining: false },
    skim: new Skim(),
  };
  const sessions = new Sessions(edge);
  const channels = new Channels(edge, sessions);
  opened = { fixture, edge, sessions, channels, led };
  return opened;
}

interface Client {
  readonly stream: RawClient;
  /** A POST as bytes. */
  readonly request: (message: object) => string;
  readonly post: (message: object) => Promise<number>;
}

async function client({ fixture }: House): Promise<Client> {
  const stream = fixture.client();
  stream.send('GET /sse HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => stream.received.includes('session='), 'the endpoint');
  const target = /data: (\S+)/u.exec(stream.received)?.[1] ?? '';
  const request = (message: object): string => {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    return `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  };
  const post = async (message: object): Promise<number> => {
    const poster = fixture.client();
    poster.send(request(message));
    await poster.answered();
    poster.socket.destroy();
    return poster.responses[0]?.status ?? 0;
  };
  return { stream, request, post };
}

async function initialized(all: House): Promise<Client> {
  const opening = await client(all);
  expect(await opening.post(INITIALIZE)).toBe(202);
  await until(() => opening.stream.received.includes('"id":0'), 'the greeting');
  return opening;
}

const INITIALIZE = {
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2024-11-05', capabilities: {} },
};
const CALL = { method: 'tools/call', params: { name: 'x' } };

it('a stream whose session was begun within a minute is kept alive and never idle, and its session ends with it', async () => {
  const all = await house();
  const [{ stream }, silent] = [await initialized(all), await client(all)];
  all.fixture.time.pass(24 * 3_600_000);
  await until(() => silent.stream.received.endsWith('0\r\n\r\n'), 'the end of the other');
  await until(() => stream.received.includes('\n:\n\n'), 'a comment');
  expect([all.sessions.size, all.edge.keepAlive.size]).toEqual([1, 1]);
  stream.socket.destroy();
  await until(() => all.sessions.size === 0, 'the end');
  expect(all.edge.keepAlive.size).toBe(0);
});

it('a body is charged for as long as its request goes on, after its POST was answered', async () => {
  const all = await house();
  const { stream, post } = await initialized(all);
  const before = all.fixture.buffered.held;
  const pad = 'x'.repeat(500);
  expect(await post({ id: 1, method: 'tools/call', params: { name: 'x', arguments: { pad } } })).toBe(202);
  expect(all.fixture.buffered.held).toBeGreaterThan(before + 500);
  all.led[0]?.settle(result('{}'));
  await until(() => stream.received.includes('"id":1'), 'the answer');
  expect(all.fixture.buffered.held).toBe(before);
});

it('what a slow reader leaves waiting is charged until it has been read', async () => {
  const all = await house({ bufferedBytes: 50_000_000 });
  const { stream, post } = await initialized(all);
  stream.socket.pause();
  await post({ id: 1, ...CALL });
  all.led[0]?.settle(result(`{"x":"${'x'.repeat(20_000_000)}"}`));
  await until(() => all.fixture.buffered.held > 20_000_000, 'the charge');
  stream.socket.resume();
  await until(() => all.fixture.buffered.held === 0, 'all given back');
  await until(() => stream.received.endsWith('x"}}\n\n\r\n'), 'the whole answer');
});

it('a request that waits for its session can be cancelled', async () => {
  const all = await house({ led: true });
  const { stream, post } = await client(all);
  expect(await post(INITIALIZE)).toBe(202);
  expect(await post({ id: 1, ...CALL })).toBe(202);
  expect(await post({ id: 2, ...CALL })).toBe(202);
  expect(await post({ method: 'notifications/cancelled', params: { requestId: 1 } })).toBe(202);
  // Longer than a client may take that begins no session.
  all.fixture.time.pass(90_000);
  all.led[0]?.settle(result('{"capabilities":{}}'));
  await until(() => all.led.length > 1, 'the call');
  all.led[1]?.settle(result('{}'));
  await until(() => stream.received.includes('"id":2'), 'the answer');
  expect([all.led.length, stream.received.includes('"id":1'), all.sessions.size]).toEqual([2, false, 1]);
});

it('a client that goes before its session is open leaves nothing', async () => {
  const all = await house({ led: true });
  const { stream, post } = await client(all);
  await post(INITIALIZE);
  await post({ id: 1, ...CALL });
  expect(all.fixture.buffered.held).toBeGreaterThan(0);
  stream.socket.destroy();
  await until(() => all.sessions.size === 0, 'the end');
  expect(all.fixture.buffered.held).toBe(0);
  all.led[0]?.settle(result('{"capabilities":{}}'));
  await new Promise((done) => setImmediate(done));
  expect(all.led.length).toBe(1);
});

it('what ends before its session is open is not begun', async () => {
  const all = await house();
  const { stream, post } = await client(all);
  expect(await post({ id: 1, ...CALL })).toBe(400);
  expect(all.led).toEqual([]);
  expect([stream.received.includes('"id":1'), all.fixture.buffered.held]).toEqual([false, 0]);
});

it('an answer that there is no room for is replaced by an error that says so', async () => {
  const all = await house({ bufferedBytes: 3000 });
  const { stream, post } = await initialized(all);
  expect(await post({ id: 1, ...CALL })).toBe(202);
  all.led[0]?.settle(result(`{"x":"${'x'.repeat(5000)}"}`));
  await until(() => stream.received.includes('"id":1'), 'the answer');
  expect(stream.received).toContain('The answer could not be kept');
  expect(stream.received).not.toContain('xxxx');
  await until(() => all.fixture.buffered.held === 0, 'all given back');
});

it('more requests than one client may have are refused where they are posted', async () => {
  const all = await house();
  const { post, request } = await initialized(all);
  const poster = all.fixture.client();
  for (let id = 1; id <= 1000; id += 1) poster.send(request({ id, ...CALL }));
  await until(() => poster.received.split('HTTP/1.1 202').length === 1001, 'all taken');
  expect(await post({ id: 1001, ...CALL })).toBe(503);
  expect(await post({ method: 'notifications/cancelled', params: { requestId: 7 } })).toBe(202);
  await until(() => all.led[6]?.call.abort.reason?.kind === 'cancelled', 'the cancellation');
  expect(await post({ id: 1002, ...CALL })).toBe(202);
});

it('a client that goes cancels what it asked, without an answer', async () => {
  const all = await house();
  const { stream, post } = await initialized(all);
  await post({ id: 1, ...CALL });
  stream.socket.destroy();
  await until(() => all.led[0]?.call.abort.reason !== undefined, 'the cancellation');
  expect(all.led[0]?.call.abort.reason?.kind).toBe('cancelled');
  expect(all.led[0]?.call.caller.ended?.reason).toBeDefined();
  await until(() => all.fixture.buffered.held === 0, 'all given back');
  expect(await post({ id: 2, ...CALL })).toBe(404);
});

it('one that is told to end answers what waits first', async () => {
  const all = await house();
  const [idle, busy] = [await initialized(all), await initialized(all)];
  await busy.post({ id: 1, ...CALL });
  all.channels.drain();
  await until(() => idle.stream.received.endsWith('0\r\n\r\n'), 'the end of the idle one');
  expect([all.sessions.size, await busy.post({ id: 2, ...CALL }), await idle.post({ id: 2, ...CALL })]).toEqual([
    1, 503, 404,
  ]);
  expect(await busy.post({ method: 'notifications/x' })).toBe(202);
  all.led[0]?.settle(result('{"last":true}'));
  await until(() => busy.stream.received.endsWith('0\r\n\r\n'), 'the end of the busy one');
  expect(busy.stream.received).toContain('"last":true');
  expect(all.sessions.size).toBe(0);
});

it('one whose path is gone tells who waits, and ends', async () => {
  const all = await house();
  const { stream, post } = await initialized(all);
  await post({ id: 1, ...CALL });
  all.channels.endWhere((path) => path === '/other');
  expect(all.sessions.size).toBe(1);
  all.channels.endWhere((path) => path === '/sse');
  await until(() => stream.received.endsWith('0\r\n\r\n'), 'the end');
  expect(stream.received).toContain('The session has ended');
  expect(all.led[0]?.call.abort.reason).toBeInstanceOf(Fault);
});

it('none is opened while the gateway ends, has too much to do, or has as many sessions as it may', async () => {
  const all = await house();
  const status = async (): Promise<number> => {
    const asking = all.fixture.client();
    asking.send('GET /sse HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => asking.received.includes('\r\n\r\n'), 'a head');
    const found = Number(asking.received.slice(9, 12));
    asking.socket.destroy();
    return found;
  };
  all.edge.load.isDraining = true;
  expect(await status()).toBe(503);
  Object.assign(all.edge.load, { isDraining: false, rung: 1 });
  expect(await status()).toBe(503);
  all.edge.load.rung = 0;
  const idle = all.sessions.open({ address: '/mcp', revision: '2025-11-25', able: '{}', remote: '127.0.0.1' });
  for (let count = 0; count < 3; count += 1) await client(all);
  expect([idle.ended.reason !== undefined, all.sessions.size]).toEqual([true, 3]);
  expect(await status()).toBe(503);
  expect(() => all.sessions.open({ address: '/mcp', revision: '2025-11-25', able: '{}', remote: '::1' })).toThrow(
    'Too many',
  );
});
