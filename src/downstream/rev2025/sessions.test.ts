/** Sessions on a fake clock, their streams on real sockets. */
import { afterEach, expect, it } from 'vitest';
import { silentLog } from '../../../test/fakes/call.ts';
import { serve, until, type Fixture, type RawClient } from '../../../test/fakes/wire.ts';
import type { Endpoint } from '../../core/endpoint.ts';
import { Snapshots } from '../../core/snapshot.ts';
import { Abort } from '../../kernel/abort.ts';
import { Fault } from '../../kernel/fault.ts';
import { Shares } from '../../kernel/shares.ts';
import type { Message } from '../../protocol/jsonrpc.ts';
import type { Revision2025 } from '../../protocol/rev2025/differences.ts';
import type { HttpEdge } from '../edge.ts';
import { KeepAlive } from '../http/keep-alive.ts';
import { Visit } from '../http/visit.ts';
import type { HttpSession } from './http-session.ts';
import { openStream } from './listen.ts';
import { Reply } from './reply.ts';
import type { InFlight } from './session.ts';
import { Sessions } from './sessions.ts';

const MINUTE_MS = 60_000;
const PARKED = { parked: 10, parkedPerCaller: 5, parkedTimeoutMs: MINUTE_MS };
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

interface House {
  readonly fixture: Fixture;
  readonly edge: HttpEdge;
  readonly sessions: Sessions;
  readonly visits: Visit[];
  readonly open: (revision?: Revision2025) => HttpSession;
  readonly openFrom: (remote: string) => HttpSession;
  readonly connect: () => Promise<readonly [RawClient, Visit]>;
}

let opened: House | undefined;

afterEach(async () => {
  opened?.sessions.close();
  await opened?.fixture[Symbol.asyncDispose]();
  opened = undefined;
});

const endpoint = { address: '/mcp', offers: () => Promise.resolve(false) } as unknown as Endpoint;

async function house(bounds: Partial<HttpEdge['bounds']> = {}): Promise<House> {
  const visits: Visit[] = [];
  const fixture = await serve({ onRequest: (exchange) => visits.push(new Visit(exchange, endpoint, '')) });
  const honoured = { tools: true, prompts: false, resources: false, uris: [] };
  const listening = { honoured, want: () => Promise.resolve([]), close: () => undefined };
  const edge: HttpEdge = {
    snapshots: new Snapshots({ endpoints: new Map(), upstreams: [] } as never),
    changes: { listen: () => Promise.resolve(listening) },
    time: fixture.time,
    log: silentLog,
    identity: { identify: () => ({ key: 'test', kind: 'anonymous', share: 'test' }) },
    keepAlive: new KeepAlive(fixture.time),
    buffered: fixture.buffered,
    bounds: { jsonDepth: 64, sessions: 3, sessionIdleMs: 30 * MINUTE_MS, replayBytes: 10_000, ...PARKED, ...bounds },
    counts: { parked: 0 },
    calls: new Shares(10),
    load: { rung: 0, isDraining: false },
    skim: undefined as never,
  };
  const sessions = new Sessions(edge);
  const open = (revision: Revision2025 = '2025-11-25'): HttpSession =>
    sessions.open({ address: '/mcp', revision, able: '{}', remote: '::1' });
  const openFrom = (remote: string): HttpSession =>
    sessions.open({ address: '/mcp', revision: '2025-11-25', able: '{}', remote });
  const connect = async (): Promise<readonly [RawClient, Visit]> => {
    const client = fixture.client();
    const before = visits.length;
    client.send(GET);
    await until(() => visits.length > before);
    return [client, visits[before] as Visit];
  };
  opened = { fixture, edge, sessions, visits, open, openFrom, connect };
  return opened;
}

const found = ({ sessions }: House, session: HttpSession): boolean => {
  try {
    return sessions.find(session.id, '/mcp') === session;
  } catch (error) {
    expect(error).toMatchObject({ kind: 'unknown-session' });
    return false;
  }
};

const inFlight = (): InFlight => ({ key: '1', abort: new Abort() });

it('a session ends when nobody has used it for its time, and not before', async () => {
  const all = await house();
  const [unused, used] = [all.open(), all.open()];
  all.fixture.time.pass(20 * MINUTE_MS);
  expect(found(all, used)).toBe(true);
  all.fixture.time.pass(11 * MINUTE_MS);
  expect([all.sessions.size, unused.ended.reason?.kind, used.ended.reason]).toEqual([1, 'cancelled', undefined]);
  all.fixture.time.pass(20 * MINUTE_MS);
  expect(all.sessions.size).toBe(0);
});

it('a call or a stream keeps it, and its time begins when they end', async () => {
  const all = await house();
  const [calling, streaming] = [all.open(), all.open()];
  const place = calling.begun(inFlight());
  const [client, visit] = await all.connect();
  await openStream(all.edge, visit, streaming);
  all.fixture.time.pass(24 * 60 * MINUTE_MS);
  expect(all.sessions.size).toBe(2);
  calling.done(place);
  client.socket.destroy();
  await until(() => streaming.isIdle);
  all.fixture.time.pass(29 * MINUTE_MS);
  expect(all.sessions.size).toBe(2);
  all.fixture.time.pass(2 * MINUTE_MS);
  expect(all.sessions.size).toBe(0);
});

it('where there are too many the longest idle one goes; if all are in use there is no room', async () => {
  const all = await house();
  const [first, second, third] = [all.open(), all.open(), all.open()];
  all.fixture.time.pass(1000);
  first.begun(inFlight());
  expect(found(all, second)).toBe(true);
  const fourth = all.open();
  expect([first, second, third, fourth].map((one) => found(all, one))).toEqual([true, true, false, true]);
  second.begun(inFlight());
  fourth.begun(inFlight());
  expect(() => all.open()).toThrow(Fault);
});

it('an address that opens as many as there may be ends its own, and whoever comes finds room', async () => {
  const all = await house({ sessions: 20 });
  const [one, other] = [all.openFrom('b'), all.openFrom('c')];
  all.fixture.time.pass(MINUTE_MS);
  const greedy = Array.from({ length: 200 }, () => all.openFrom('a'));
  expect([one.ended.reason, other.ended.reason, all.sessions.size]).toEqual([undefined, undefined, 20]);
  expect(greedy.filter(({ ended }) => !ended.reason)).toEqual(greedy.slice(-18));
  const more = [all.openFrom('d'), all.openFrom('b'), all.openFrom('c')];
  expect([one, other, ...more].filter(({ ended }) => ended.reason)).toEqual([]);
  expect(greedy.filter(({ ended }) => !ended.reason)).toEqual(greedy.slice(-15));
  expect([one, other, ...more, ...greedy.slice(-15)].every((session) => found(all, session))).toBe(true);
});

it('an address whose sessions are all in use ends none of somebody who has fewer', async () => {
  const all = await house({ sessions: 4 });
  const few = all.openFrom('b');
  const used = [all.openFrom('a'), all.openFrom('a'), all.openFrom('a')];
  for (const session of used) session.begun(inFlight());
  expect(() => all.openFrom('a')).toThrow(Fault);
  expect([few, ...used].filter(({ ended }) => ended.reason)).toEqual([]);
  // Who has none yet finds room where there is any, and that is with whoever rests.
  expect(all.openFrom('c').ended.reason).toBeUndefined();
  expect(few.ended.reason).toBeDefined();
});

it('among addresses with one session each the longest idle makes room', async () => {
  const all = await house({ sessions: 3 });
  const [first, second, third] = [all.openFrom('a'), all.openFrom('b'), all.openFrom('c')];
  expect([found(all, first), found(all, third)]).toEqual([true, true]);
  const fourth = all.openFrom('d');
  expect([first, second, third, fourth].filter(({ ended }) => ended.reason)).toEqual([second]);
});

it('whatever is opened, used and ended, nobody loses a session to an address that has as many, and none is ended in use', async () => {
  const all = await house({ sessions: 40 });
  let seed = 7;
  const draw = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const open = new Set<HttpSession>();
  const used = new Map<HttpSession, ReturnType<HttpSession['begun']>>();
  const remoteOf = (): string => 'aaaaaaaabbbcd'[draw(13)] ?? '';
  const count = (remote: string): number => [...open].filter((session) => session.remote === remote).length;
  for (let step = 0; step < 5000; step += 1) {
    const some = [...open][draw(Math.max(1, open.size))];
    const what = draw(10);
    if (some && what === 0) {
      all.sessions.end(some);
      open.delete(some);
      used.delete(some);
    } else if (some && what < 4) {
      const place = used.get(some);
      if (place) some.done(place);
      if (!used.delete(some)) used.set(some, some.begun(inFlight()));
    } else {
      const remote = remoteOf();
      const had = new Map(['a', 'b', 'c', 'd'].map((one) => [one, count(one)]));
      const isFull = open.size === 40;
      let came: HttpSession | undefined;
      try {
        came = all.openFrom(remote);
      } catch {
        expect(isFull).toBe(true);
        expect([...open].every((session) => session.remote !== remote || used.has(session))).toBe(true);
      }
      const gone = [...open].filter(({ ended }) => ended.reason);
      expect(gone.length).toBe(isFull && came ? 1 : 0);
      for (const session of gone) {
        expect(used.has(session)).toBe(false);
        if (session.remote !== remote) expect(had.get(session.remote)).toBeGreaterThan(had.get(remote) ?? 0);
        open.delete(session);
      }
      if (came) open.add(came);
    }
    expect(all.sessions.size).toBe(open.size);
  }
  all.fixture.time.pass(31 * MINUTE_MS);
  expect(all.sessions.size).toBe(used.size);
  expect([...used.keys()].every(({ ended }) => !ended.reason)).toBe(true);
});

it('its end ends its calls and gives back what was kept', async () => {
  const all = await house();
  const session = all.open();
  const request = inFlight();
  session.begun(request);
  const stream = session.listen();
  for (let told = 0; told < 100; told += 1) stream.tell(['{}']);
  expect(all.fixture.buffered.held).toBeGreaterThan(1000);
  all.sessions.end(session);
  expect([request.abort.reason?.kind, all.fixture.buffered.held, all.sessions.size]).toEqual(['interrupted', 0, 0]);
  stream.tell(['{}']);
  expect(all.fixture.buffered.held).toBe(0);
});

const request = { id: '1', method: 'tools/call' } as unknown as Message;

it('a stream on which an answer is on its way ends with the answer, also where the session ends first', async () => {
  const all = await house();
  const session = all.open();
  const [client, visit] = await all.connect();
  const reply = new Reply(visit, session, { requests: [request], isBatch: false });
  reply.note(['{"said":"before"}']);
  all.sessions.end(session);
  reply.answer(200, ['{"said":"last"}']);
  await until(() => client.received.endsWith('0\r\n\r\n'), 'the end of the stream');
  expect(client.received).toMatch(/before[^]*last/u);
});

it('a call that takes long becomes a stream, so that its client can come back for the answer', async () => {
  const all = await house();
  const session = all.open();
  const [client, visit] = await all.connect();
  const reply = new Reply(visit, session, { requests: [request], isBatch: false });
  all.fixture.time.pass(9000);
  expect(client.received).toBe('');
  all.fixture.time.pass(11_000);
  await until(() => client.received.includes('data: '));
  expect(client.received).toContain(`id: ${session.tag}.1.0\n`);
  client.socket.destroy();
  await until(() => session.isIdle);
  reply.answer(200, ['{"id":1}']);
  expect([session.waiting.isEmpty, all.fixture.buffered.held > 0]).toEqual([true, true]);
});

it('where an event cannot be without data nothing is begun early; whoever goes then is not waited for', async () => {
  const all = await house();
  const session = all.open('2025-06-18');
  const [client, visit] = await all.connect();
  const reply = new Reply(visit, session, { requests: [request], isBatch: false });
  all.fixture.time.pass(MINUTE_MS);
  expect(client.received).toBe('');
  client.socket.destroy();
  await until(() => all.fixture.server.connections === 0);
  reply.note(['{}']);
  reply.answer(200, ['{}']);
  expect(all.fixture.buffered.held).toBe(0);
});

it('who comes back without an event id is told what may have changed', async () => {
  const all = await house();
  const session = all.open('2025-06-18');
  const [client, visit] = await all.connect();
  await openStream(all.edge, visit, session);
  client.socket.destroy();
  await until(() => session.isIdle);
  session.stream?.tell(['{"method":"lost"}']);
  const [back, again] = await all.connect();
  await openStream(all.edge, again, session);
  await until(() => back.received.includes('notifications/tools/list_changed'));
  expect(back.received).not.toContain('lost');
  expect(back.received).not.toContain('prompts');
});

it('streams that nobody can ask for any more are forgotten', async () => {
  const all = await house();
  const session = all.open();
  for (let asked = 0; asked < 1000; asked += 1) {
    const stream = session.answers({ requests: [{ id: '1', method: 'tools/call' }], isBatch: false });
    stream.finish(asked % 3 === 0 ? undefined : ['{"jsonrpc":"2.0","id":1,"result":{}}']);
  }
  const known = Array.from({ length: 1000 }, (_, i) => session.streamAt({ stream: i + 1, event: 0 })).filter(Boolean);
  expect(known.length).toBeGreaterThan(5);
  expect(known.length).toBeLessThan(20);
  expect(all.fixture.buffered.held).toBeLessThanOrEqual(10_000);
});
