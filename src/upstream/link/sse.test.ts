/** JSON-RPC over one event stream with POSTs beside it, on real sockets. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../../test/fakes/call.ts';
import { poolTo, until, type PoolFixture } from '../../../test/fakes/wire.ts';
import { SseUpstream } from '../../../test/fixtures/sse-upstream.ts';
import { Abort } from '../../kernel/abort.ts';
import { Budget } from '../../kernel/bounded.ts';
import { Fault } from '../../kernel/fault.ts';
import { Skim } from '../../kernel/skim/skim.ts';
import { REPLY } from '../../protocol/jsonrpc.ts';
import type { Ask, Reply } from './link.ts';
import { SseLink, type SseLinkOptions } from './sse.ts';

const skim = new Skim();
const RESULT_BYTES = 100_000;

let upstream: SseUpstream;
let wire: PoolFixture;
let buffered: Budget;
/** What became of the session, and what was heard outside of any request. */
let told: string[];
let link: SseLink;

function linkTo(how: Partial<SseLinkOptions> = {}): SseLink {
  const { pool, time } = wire;
  return new SseLink({
    pool,
    streams: pool,
    time,
    url: new URL(upstream.url),
    target: ({ pathname, search }) => pathname + search,
    headers: 'Host: up\r\nX-Own: yes\r\n',
    resultBytes: RESULT_BYTES,
    buffered,
    jsonDepth: 10,
    skim,
    name: 'up',
    log: silentLog,
    firstByteTimeoutMs: 60_000,
    idleTimeoutMs: 60_000,
    heard: ({ method }) => told.push(method),
    ended: (reason) => told.push(`ended: ${reason}`),
    doubted: () => told.push('doubted'),
    ...how,
  });
}

function call(how: Partial<Ask> = {}): Promise<Reply> {
  const params = (id: number): readonly string[] => [`{"name":"echo","_meta":{"progressToken":${id}}}`];
  return link.request({
    method: 'tools/call',
    params,
    headers: 'X-Session: s\r\n',
    abort: new Abort(),
    heard: () => {},
    ...how,
  });
}

const resultOf = ({ message }: Reply): string | undefined => message?.fields.raw(REPLY.result)?.toString();
const answer = (id: string, result = '{"content":[]}'): string => `{"jsonrpc":"2.0","id":${id},"result":${result}}`;

beforeEach(async () => {
  upstream = await SseUpstream.start();
  wire = poolTo(Number(new URL(upstream.url).port));
  buffered = new Budget(1_000_000);
  told = [];
  link = linkTo();
});

afterEach(async () => {
  link.close();
  wire[Symbol.dispose]();
  await upstream[Symbol.asyncDispose]();
});

describe('an event stream', () => {
  it('names where requests are POSTed, and brings the answers whatever their order', async () => {
    expect(await link.open(5000)).toBeUndefined();
    const ids: string[] = [];
    upstream.call = (stream, id) => {
      ids.unshift(id);
      if (ids.length === 2) for (const one of ids) stream.say(answer(one, `{"content":[],"of":${one}}`));
    };
    const [first, second] = await Promise.all([call(), call()]);
    expect([resultOf(first), resultOf(second)]).toEqual(['{"content":[],"of":1}', '{"content":[],"of":2}']);
    const [posted] = upstream.posted;
    expect(posted?.url).toBe('/messages?session=0');
    expect(posted?.headers).toMatchObject({ 'x-own': 'yes', 'x-session': 's', 'content-type': 'application/json' });
    expect(upstream.streams[0]?.headers).toMatchObject({ 'x-own': 'yes', accept: 'text/event-stream' });
    expect(upstream.streams[0]?.headers).not.toHaveProperty('x-session');
  });

  it.each([
    ['relative to it', 'messages?session=0', '/messages?session=0'],
    ['as a whole URL', 'ORIGIN/messages?session=0#x', '/messages?session=0'],
  ])('may name it %s', async (_, named, path) => {
    upstream.begins = (stream) => stream.say(named.replace('ORIGIN', upstream.origin), 'endpoint');
    expect(await link.open(5000)).toBeUndefined();
    await call();
    expect(upstream.posted[0]?.url).toBe(path);
  });

  it.each([
    ['of another host', 'http://127.0.0.2:1/messages'],
    ['of another port', 'http://127.0.0.1:1/messages'],
    ['of another scheme', 'https://127.0.0.1/messages'],
    ['of another host without a scheme', '//example.invalid/messages'],
    ['that is no HTTP', 'file:///etc/passwd'],
    ['that is none', 'http://'],
    ['with a name', 'http://a@HOST/messages'],
    ['with a password', 'http://:b@HOST/messages'],
    ['that is very long', `/${'x'.repeat(5000)}`],
  ])('is refused where it names an address %s', async (_, named) => {
    const { host } = new URL(upstream.url);
    upstream.begins = (stream) => stream.say(named.replace('HOST', host), 'endpoint');
    await expect(link.open(5000)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(link.isOpen).toBe(false);
    await until(() => upstream.streams[0]?.response.destroyed === true, 'the end of the stream');
    await expect(call()).rejects.toMatchObject({ kind: 'unavailable', delivered: 'no' });
  });

  it('that names no address is waited for no longer than was said', async () => {
    upstream.begins = () => undefined;
    const opening = link.open(5000);
    await until(() => upstream.streams.length === 1, 'the stream');
    wire.time.pass(5001);
    await expect(opening).rejects.toThrow(/connectTimeout/u);
  });

  it('that begins with something else is none', async () => {
    upstream.begins = (stream) => stream.say(answer('1'));
    await expect(link.open(5000)).rejects.toThrow(/where requests are sent/u);
  });

  it('that the server does not have is told by its status', async () => {
    link = linkTo({ url: new URL('/nothing', upstream.url) });
    expect(await link.open(5000)).toBe(404);
  });

  it('may hold comments, events that nobody knows, and noise of a megabyte', async () => {
    link = linkTo({ resultBytes: 4_000_000, buffered: new Budget(10_000_000) });
    await link.open(5000);
    upstream.streams[0]?.response.write(': alive\n\nevent: other\ndata: 1\n\n\nid: 7\n\n');
    upstream.say('x'.repeat(1_048_576));
    upstream.say('{"jsonrpc":"2.0",');
    upstream.say('/elsewhere', 'endpoint');
    expect(resultOf(await call())).toContain('from afar');
    expect(upstream.posted[0]?.url).toBe('/messages?session=0');
  });

  it.each([
    ['too large', RESULT_BYTES * 4, 1_000_000, 'sent an event that was too large (bounds.resultBytes)'],
    [
      'more than there is room for',
      RESULT_BYTES - 100,
      50_000,
      'sent an event for which there was no room (bounds.bufferedBytes)',
    ],
  ])('ends with an event that is %s, and nothing is left of it', async (_, bytes, room, reason) => {
    buffered = new Budget(room);
    link = linkTo();
    await link.open(5000);
    upstream.call = (stream, id) => stream.say(answer(id, `{"x":"${'x'.repeat(bytes)}"}`));
    await expect(call()).rejects.toMatchObject({ kind: 'interrupted', delivered: 'unknown' });
    expect(told).toEqual([`ended: ${reason}`]);
    expect(buffered.held).toBe(0);
  });

  it('that is lost takes with it all that waits, and says so once', async () => {
    await link.open(5000);
    upstream.call = () => upstream.cut();
    const calls = await Promise.allSettled([call(), call(), call()]);
    for (const one of calls) expect(one).toMatchObject({ reason: { kind: 'interrupted', delivered: 'unknown' } });
    expect(told).toEqual(['ended: broke off its event stream']);
    await expect(call()).rejects.toMatchObject({ kind: 'unavailable', delivered: 'no' });
  });

  it('that ends together with its first event is not taken for an open one', async () => {
    upstream.begins = (stream) => stream.response.end('event: endpoint\ndata: /messages?session=0\n\n');
    await expect(link.open(5000)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(told).toEqual([]);
  });
});

describe('a request', () => {
  it.each([
    [400, 'refused'],
    [404, 'refused'],
    [500, 'refused'],
    [302, 'refused'],
  ])('whose POST is answered with %i is over, and says so', async (status) => {
    await link.open(5000);
    upstream.takes = (_, response) => {
      response.writeHead(status, { 'retry-after': '7' }).end('no');
      return true;
    };
    const reply = await call();
    expect([reply.status, reply.message, reply.header('retry-after')]).toEqual([status, undefined, '7']);
    expect(told).toEqual(status === 404 ? ['doubted'] : []);
    expect(link.pending).toBe(0);
  });

  it('whose POST is cut off may have been delivered', async () => {
    await link.open(5000);
    upstream.takes = (_, response) => {
      response.destroy();
      return true;
    };
    await expect(call()).rejects.toMatchObject({ kind: 'interrupted', delivered: 'unknown' });
    expect(link.isOpen).toBe(true);
  });

  it('is answered although its POST never is, and then frees its socket', async () => {
    await link.open(5000);
    upstream.takes = ({ id }) => {
      upstream.say(answer(id));
      return true;
    };
    expect((await call()).status).toBe(200);
    expect(wire.pool.sockets).toBe(2);
    wire.time.pass(2000);
    expect(wire.pool.sockets).toBe(1);
  });

  it('that is given up is cancelled at the server', async () => {
    await link.open(5000);
    upstream.call = () => undefined;
    const abort = new Abort();
    const calling = call({ abort });
    await until(() => upstream.posted.length === 1, 'the call');
    abort.now(new Fault('cancelled', 'No more.'));
    await expect(calling).rejects.toMatchObject({ kind: 'cancelled', delivered: 'unknown' });
    await until(() => upstream.posted.length === 2, 'the cancellation');
    expect(upstream.posted[1]).toMatchObject({
      body: '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}',
      headers: { 'x-session': 's' },
    });
  });

  it('hears of its own progress; what belongs to no request is heard apart', async () => {
    await link.open(5000);
    upstream.call = (stream, id) => {
      stream.say(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${id},"progress":1}}`);
      stream.say('{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":99,"progress":1}}');
      stream.say('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}');
      stream.say('{"jsonrpc":"2.0","id":"q","method":"ping"}');
      stream.say(`[${answer(id)}]`);
    };
    const heard: string[] = [];
    await call({ heard: (message, id) => heard.push(`${message.method} ${id}`) });
    expect(heard).toEqual(['notifications/progress 1']);
    expect(told).toEqual(['notifications/tools/list_changed', 'ping']);
  });
});
