/** Streams of the 2025 revisions that are cut, and what their clients find when they come back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { AskedClient, questions } from './asked-client.ts';
import { send, session } from './client.ts';
import { beginCall, heard, metricOf, type Called } from './led-call.ts';
import { Events } from './streams.ts';

let gateway: RunningGateway;
let upstream: RawUpstream;
let url: string;

beforeAll(async () => {
  upstream = await RawUpstream.start('2026-07-28');
  gateway = await startGateway({
    servers: { raw: { url: upstream.url } },
    bounds: { replayBytes: '64KiB', streamQueueBytes: '64KiB' },
  });
  url = `${gateway.url}/servers/raw/mcp`;
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const begin = (headers: Record<string, string>): Promise<Called> => beginCall(upstream, url, headers);

const resume = (headers: Record<string, string>, lastEventId: string): Events =>
  new Events(url, { method: 'GET', headers: { ...headers, 'last-event-id': lastEventId } });

const metric = (name: string): Promise<number> => metricOf(gateway, name);

describe('a stream', () => {
  it.each([
    ['2025-11-25', true],
    ['2025-06-18', false],
    ['2025-03-26', false],
  ])('of %s gives every event an id; begins with one that has no data: %s', async (version, primes) => {
    const { events, call } = await begin(await session(url, version));
    call.tell();
    call.answer('done');
    await expect.poll(() => events.ended).toBe(true);
    const blocks = events.text.split('\n\n').filter((block) => block !== '');
    const ids = blocks.map((block) => /^id: (\S+)$/mu.exec(block)?.[1]);
    expect([new Set(ids).size, ids.includes(undefined)]).toEqual([primes ? 3 : 2, false]);
    expect(/^id: \S+\nretry: \d+\ndata: $/u.test(blocks[0] ?? '')).toBe(primes);
    expect(heard(events)).toEqual([1, 'done']);
  });

  it('that was cut goes on: the call is not cancelled, and is told further where its client stopped reading', async () => {
    const { headers, events, call } = await begin(await session(url));
    call.tell();
    call.tell();
    await expect.poll(() => heard(events)).toEqual([1, 2]);
    events.cut();
    await expect.poll(() => metric('gatehouse_streams')).toBe(0);
    call.tell();
    using second = resume(headers, events.lastEventId);
    await expect.poll(() => heard(second)).toEqual([3]);
    call.tell();
    await expect.poll(() => heard(second)).toEqual([3, 4]);
    second.cut();
    await expect.poll(() => metric('gatehouse_streams')).toBe(0);
    call.answer('done');
    using third = resume(headers, second.lastEventId);
    await expect.poll(() => third.ended).toBe(true);
    expect([heard(third), call.isClosed]).toEqual([['done'], false]);
    // Nothing is left to be heard, which is neither an error nor a reason to come back.
    const more = await send(url, { method: 'GET', headers: { ...headers, 'last-event-id': third.lastEventId } });
    expect([more.status, more.body]).toEqual([204, '']);
    // The same event asked for again gives the same answer.
    using again = resume(headers, events.lastEventId);
    await expect.poll(() => again.ended).toBe(true);
    expect(heard(again)).toEqual([3, 4, 'done']);
  });

  it('is taken over by the newest connection', async () => {
    const { headers, events, call } = await begin(await session(url));
    call.tell();
    await expect.poll(() => heard(events)).toEqual([1]);
    using second = resume(headers, events.lastEventId);
    await expect.poll(() => [second.status, events.ended]).toEqual([200, true]);
    call.tell();
    call.answer('done');
    await expect.poll(() => second.ended).toBe(true);
    expect([heard(events), heard(second)]).toEqual([[1], [2, 'done']]);
  });

  it('is the only one that its event ids lead to', async () => {
    const headers = await session(url);
    using listening = new Events(url, { method: 'GET', headers });
    await expect.poll(() => listening.lastEventId).not.toBe('');
    const one = await begin(headers);
    one.call.tell();
    await expect.poll(() => heard(one.events)).toEqual([1]);
    const other = await begin(headers);
    other.call.tell();
    other.call.answer('of the other');
    one.events.cut();
    await expect.poll(() => other.events.ended).toBe(true);
    one.call.answer('of the first');
    using resumed = resume(headers, one.events.lastEventId);
    await expect.poll(() => resumed.ended).toBe(true);
    expect(heard(resumed)).toEqual(['of the first']);
    expect([heard(listening), listening.ended]).toEqual([[], false]);
  });

  it.each([
    ['of nobody', () => 'x'],
    ['that is empty', () => ''],
    ['that is huge', () => 'a'.repeat(8000)],
    ['cut short', (id: string) => id.slice(0, -2)],
    ['of an event that has not been', (id: string) => `${id}0`],
    ['of a stream that has not been', (id: string) => id.replace(/\.\w+\./u, '.zz.')],
    ['of another session', (id: string) => id.replace(/^./u, (first) => (first === 'a' ? 'b' : 'a'))],
  ])('is not found by an id %s', async (_, forge) => {
    const { headers, events, call } = await begin(await session(url));
    call.tell();
    await expect.poll(() => heard(events)).toEqual([1]);
    const answered = await send(url, {
      method: 'GET',
      headers: { ...headers, 'last-event-id': forge(events.lastEventId) },
    });
    expect([answered.status, JSON.parse(answered.body)]).toMatchObject([400, { error: { kind: 'last-event-id' } }]);
    expect(events.ended).toBe(false);
    call.answer('done');
    await expect.poll(() => heard(events)).toEqual([1, 'done']);
  });

  it('of another session cannot be had with an id of its own', async () => {
    const one = await begin(await session(url));
    one.call.tell();
    await expect.poll(() => heard(one.events)).toEqual([1]);
    const headers = await session(url);
    const other = await begin(headers);
    other.call.tell();
    await expect.poll(() => heard(other.events)).toEqual([1]);
    const stolen = { ...headers, 'last-event-id': one.events.lastEventId };
    expect((await send(url, { method: 'GET', headers: stolen })).status).toBe(400);
    one.call.answer('done');
    other.call.answer('done');
  });

  it('tells how much of it was not kept, and then what was', async () => {
    const { headers, events, call } = await begin(await session(url));
    call.tell();
    await expect.poll(() => heard(events)).toEqual([1]);
    events.cut();
    await expect.poll(() => metric('gatehouse_streams')).toBe(0);
    for (let told = 2; told <= 101; told += 1) call.tell('x'.repeat(2000));
    call.answer('done');
    await expect.poll(() => metric('gatehouse_legs')).toBe(0);
    using resumed = resume(headers, events.lastEventId);
    await expect.poll(() => resumed.ended).toBe(true);
    const [warning, ...rest] = resumed.all;
    const lost = Number((warning?.params?.['data'] as { readonly events?: unknown } | undefined)?.events);
    expect(warning).toMatchObject({
      method: 'notifications/message',
      params: { level: 'warning', logger: 'gatehouse' },
    });
    const kept = rest.slice(0, -1).map(({ params }) => params?.['progress']);
    expect(kept).toEqual(Array.from({ length: 100 - lost }, (_, i) => lost + 2 + i));
    expect([lost > 50, kept.length > 10, heard(resumed).at(-1)]).toEqual([true, true, 'done']);
  });

  it('whose answer was not kept ends with an error under the id of the request', async () => {
    const { headers, events, call } = await begin(await session(url));
    call.tell();
    await expect.poll(() => heard(events)).toEqual([1]);
    events.cut();
    await expect.poll(() => metric('gatehouse_streams')).toBe(0);
    call.answer('x'.repeat(100_000));
    await expect.poll(() => metric('gatehouse_legs')).toBe(0);
    using resumed = resume(headers, events.lastEventId);
    await expect.poll(() => resumed.ended).toBe(true);
    expect(resumed.all).toMatchObject([{ id: 'mine', result: { isError: true } }]);
    expect(heard(resumed)[0]).toContain('The tool has run');
  });

  it('whose client reads too slowly is closed, and goes on where that stopped', async () => {
    await using roomy = await startGateway({
      servers: { raw: { url: upstream.url } },
      bounds: { replayBytes: '64MiB', streamQueueBytes: '64KiB' },
    });
    const address = `${roomy.url}/servers/raw/mcp`;
    const headers = await session(address);
    const { events: slow, call } = await beginCall(upstream, address, headers);
    call.tell();
    await expect.poll(() => heard(slow)).toEqual([1]);
    slow.pause();
    for (let told = 0; told < 300; told += 1) call.tell('x'.repeat(60_000));
    call.answer('done');
    await expect.poll(() => metricOf(roomy, 'gatehouse_legs'), { timeout: 10_000 }).toBe(0);
    await expect.poll(() => metricOf(roomy, 'gatehouse_streams')).toBe(0);
    slow.go();
    await expect.poll(() => slow.ended).toBe(true);
    const first = heard(slow);
    expect(first.length).toBeLessThan(300);
    using resumed = new Events(address, { method: 'GET', headers: { ...headers, 'last-event-id': slow.lastEventId } });
    await expect.poll(() => resumed.ended, { timeout: 10_000 }).toBe(true);
    expect([...first, ...heard(resumed)]).toEqual([...Array.from({ length: 301 }, (_, i) => i + 1), 'done']);
  });
});

it('a question that could not be kept is told again to whoever comes back', async () => {
  const client = await AskedClient.open(url);
  const { events, call } = await begin(client.headers);
  call.tell();
  await expect.poll(() => heard(events)).toEqual([1]);
  events.cut();
  await expect.poll(() => metric('gatehouse_streams')).toBe(0);
  upstream.answer = undefined;
  upstream.result = '{"resultType":"complete","content":[{"type":"text","text":"thanks"}]}';
  call.ask('x'.repeat(100_000));
  await expect.poll(() => metric('gatehouse_parked_calls')).toBe(1);
  using resumed = client.resume(events.lastEventId);
  await expect.poll(() => questions(resumed).length).toBe(1);
  const [question] = questions(resumed);
  expect(question?.params?.['message']).toHaveLength(100_000);
  // Who has heard it is not asked again.
  resumed.cut();
  await expect.poll(() => metric('gatehouse_streams')).toBe(0);
  using again = client.resume(resumed.lastEventId);
  await expect.poll(() => again.status).toBe(200);
  await client.answer(question ?? {}, { action: 'decline' });
  await expect.poll(() => again.ended).toBe(true);
  expect([questions(again), heard(again)]).toEqual([[], ['thanks']]);
});
