/** A server that asks by ending the call, and a client with a session, which is asked while its call goes on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import type { RawUpstream } from '../fixtures/raw-upstream.ts';
import {
  ACCEPTED,
  ALL,
  AskedClient,
  askingUpstream,
  FORM,
  outcome,
  questions,
  ROOTS,
  SAMPLE,
  STATE,
  type Said,
} from './asked-client.ts';
import { parsed, send } from './client.ts';
import { metricOf } from './led-call.ts';
import type { Events } from './streams.ts';

const SAMPLED = { role: 'assistant', content: { type: 'text', text: 'Hello' }, model: 'm' };
const LISTED = { roots: [{ uri: 'file:///a' }] };

let gateway: RunningGateway;
let upstream: RawUpstream;
let url: string;

beforeAll(async () => {
  upstream = await askingUpstream();
  gateway = await startGateway({
    servers: { raw: { url: upstream.url } },
    bounds: { parkedTimeout: '2s', parkedPerCaller: 3 },
  });
  url = `${gateway.url}/servers/raw/mcp`;
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const asked = async (events: Events, at = 0): Promise<Said> => {
  await expect.poll(() => questions(events).length).toBeGreaterThan(at);
  return questions(events)[at] as Said;
};
const ended = (events: Events): Promise<void> => expect.poll(() => events.ended, { timeout: 10_000 }).toBe(true);
const lastBody = (): string => upstream.calls().at(-1)?.body ?? '';
const parked = (): Promise<number> => metricOf(gateway, 'gatehouse_parked_calls');

describe('a client with a session', () => {
  it.each(['2025-11-25', '2025-06-18'])(
    'of %s is asked on the stream of its call, and its answer reaches the server with the state as it was',
    async (version) => {
      const client = await AskedClient.open(url, { version });
      using events = client.call('one');
      const question = await asked(events);
      expect(question).toMatchObject({ jsonrpc: '2.0', method: FORM.method, params: { message: 'Who?' } });
      expect(await parked()).toBe(1);
      expect(await client.answer(question, ACCEPTED)).toBe(202);
      await ended(events);
      expect(outcome(events)).toBe(JSON.stringify({ who: ACCEPTED }));
      expect(lastBody()).toContain(`"requestState":${STATE}`);
      expect(await parked()).toBe(0);
    },
  );

  it('brings no state where the server gave none', async () => {
    const client = await AskedClient.open(url);
    using events = client.call('unstated');
    await client.answer(await asked(events), { action: 'decline' });
    await ended(events);
    expect(outcome(events)).toBe('{"who":{"action":"decline"}}');
    expect(lastBody()).not.toContain('requestState');
  });

  it('is asked the same where many servers share an address', async () => {
    const client = await AskedClient.open(`${gateway.url}/mcp`);
    using events = client.call('raw__one');
    await client.answer(await asked(events), ACCEPTED);
    await ended(events);
    expect(outcome(events)).toBe(JSON.stringify({ who: ACCEPTED }));
    expect(JSON.parse(lastBody())).toMatchObject({ params: { requestState: JSON.parse(STATE) as string } });
  });

  it('is asked several questions one after the other', async () => {
    const client = await AskedClient.open(url);
    using events = client.call('several');
    const answers = [SAMPLED, LISTED, ACCEPTED];
    for (const [at, method] of [SAMPLE.method, ROOTS.method, FORM.method].entries()) {
      const question = await asked(events, at);
      expect([question.method, questions(events).length]).toEqual([method, at + 1]);
      await client.answer(question, answers[at] ?? {});
    }
    await ended(events);
    expect(JSON.parse(String(outcome(events)))).toEqual({ z: SAMPLED, a: LISTED, m: ACCEPTED });
  });

  it('waits for a server that asks for nothing but to be called again', async () => {
    const client = await AskedClient.open(url);
    const answered = await client.say({ id: 1, method: 'tools/call', params: { name: 'later' } });
    expect(parsed(answered).result).toEqual({ content: [{ type: 'text', text: '{}' }] });
    expect(lastBody()).toContain(`"requestState":${STATE}`);
    expect(lastBody()).not.toContain('inputResponses');
  });

  it('is told when a server asks for ever', async () => {
    const client = await AskedClient.open(url);
    const before = upstream.calls().length;
    using events = client.call('forever');
    for (let at = 0; at < 10; at += 1) await client.answer(await asked(events, at), ACCEPTED);
    await ended(events);
    expect(outcome(events)).toEqual({ told: expect.stringContaining('asks again') });
    expect(upstream.calls().length - before).toBe(11);
    const idle = await client.say({ id: 1, method: 'tools/call', params: { name: 'never' } });
    expect(parsed(idle).result).toMatchObject({ isError: true });
    expect(idle.body).toContain('asks again');
  });

  it('may refuse: a form is cancelled then, and anything else ends the call with its reason', async () => {
    const client = await AskedClient.open(url);
    const error = { code: -1, message: 'User rejected it' };
    using form = client.call('one');
    await client.say({ id: (await asked(form)).id, error });
    await ended(form);
    expect(outcome(form)).toBe('{"who":{"action":"cancel"}}');
    for (const name of ['sample', 'roots']) {
      const before = upstream.calls().length;
      using events = client.call(name);
      await client.say({ id: (await asked(events)).id, error });
      await ended(events);
      expect(outcome(events)).toEqual({ told: expect.stringContaining(error.message) });
      expect(upstream.calls().length - before).toBe(1);
    }
  });

  it.each([
    ['one', 'who', { action: 'accept', content: { name: 7 } }, '{"who":{"action":"cancel"}}'],
    ['one', 'who', { action: 'perhaps' }, '{"who":{"action":"cancel"}}'],
    ['roots', 'r', { roots: 'all' }, { told: expect.stringContaining('roots/list') as unknown }],
    ['sample', 's', { model: 'm' }, { told: expect.stringContaining('sampling/createMessage') as unknown }],
  ])('whose answer to %s has the wrong shape has not answered', async (name, _, answer, end) => {
    const client = await AskedClient.open(url);
    using events = client.call(name);
    await client.answer(await asked(events), answer);
    await ended(events);
    expect(outcome(events)).toEqual(end);
  });

  it.each([
    ['declared nothing', '2025-11-25', {}],
    ['declared something else', '2025-11-25', { sampling: {}, roots: {} }],
    ['knows addresses but no forms', '2025-11-25', { elicitation: { url: {} } }],
    ['speaks a revision without it', '2025-03-26', ALL],
  ])('that %s is not asked, and told why', async (_, version, capabilities) => {
    const client = await AskedClient.open(url, { version, capabilities });
    const answered = await client.say({ id: 1, method: 'tools/call', params: { name: 'one' } });
    expect(parsed(answered)).toMatchObject({ id: 1, result: { isError: true } });
    expect(answered.body).toContain('elicitation');
  });

  it('in a batch is asked like any other', async () => {
    const client = await AskedClient.open(url, { version: '2025-03-26' });
    const call = { jsonrpc: '2.0', id: 'b', method: 'tools/call', params: { name: 'sample' } };
    using events = client.post(JSON.stringify([call, { jsonrpc: '2.0', id: 'p', method: 'ping' }]));
    await client.answer(await asked(events), SAMPLED);
    await ended(events);
    expect(events.all.at(-1)).toMatchObject([
      { id: 'b', result: {} },
      { id: 'p', result: {} },
    ]);
  });

  it('that never answers is told that nobody waits any more', async () => {
    const client = await AskedClient.open(url);
    using events = client.call('one');
    const { id } = await asked(events);
    await ended(events);
    expect(events.all.at(-2)).toMatchObject({ method: 'notifications/cancelled', params: { requestId: id } });
    expect(outcome(events)).toEqual({ told: expect.stringContaining('did not answer') });
    expect([await parked(), await client.answer({ id }, ACCEPTED)]).toEqual([0, 202]);
  });

  it('that was cut off finds the question when it comes back, and its answer counts', async () => {
    const client = await AskedClient.open(url);
    using events = client.call('one');
    const { id } = await asked(events);
    const first = /^id: (\S+)$/mu.exec(events.text)?.[1] ?? '';
    events.cut();
    await expect.poll(() => metricOf(gateway, 'gatehouse_streams')).toBe(0);
    using resumed = client.resume(first);
    const again = await asked(resumed);
    expect(again.id).toBe(id);
    await client.answer(again, ACCEPTED);
    await ended(resumed);
    expect(outcome(resumed)).toBe(JSON.stringify({ who: ACCEPTED }));
  });

  it('that cancels the call is told that its answer is not waited for, and gets no other', async () => {
    const client = await AskedClient.open(url);
    const before = upstream.calls().length;
    using events = client.call('one', 'mine');
    const { id } = await asked(events);
    await client.say({ method: 'notifications/cancelled', params: { requestId: 'mine' } });
    await ended(events);
    expect(events.all.at(-1)).toMatchObject({ method: 'notifications/cancelled', params: { requestId: id } });
    expect([await client.answer({ id }, ACCEPTED), upstream.calls().length - before]).toEqual([202, 1]);
    expect(await parked()).toBe(0);
  });

  it('that ends its session ends its questions', async () => {
    const client = await AskedClient.open(url);
    using events = client.call('one');
    await asked(events);
    await send(url, { method: 'DELETE', headers: client.headers });
    await ended(events);
    expect(outcome(events)).toEqual({ told: expect.stringContaining('session has ended') });
    expect(await parked()).toBe(0);
  });

  it('cannot answer for another, though both call their requests alike', async () => {
    const [one, other] = [await AskedClient.open(url), await AskedClient.open(url)];
    using first = one.call('one', 7);
    using second = other.call('one', 7);
    const [toOne, toOther] = [await asked(first), await asked(second)];
    expect(toOne.id).not.toBe(toOther.id);
    expect(await other.answer(toOne, { action: 'decline' })).toBe(202);
    await one.answer(toOne, ACCEPTED);
    await ended(first);
    expect([outcome(first), questions(second).length]).toEqual([JSON.stringify({ who: ACCEPTED }), 1]);
    await other.answer(toOther, { action: 'decline' });
    await ended(second);
    expect(outcome(second)).toBe('{"who":{"action":"decline"}}');
  });

  it('is not asked more at once than its bound', async () => {
    const client = await AskedClient.open(url);
    const open = [1, 2, 3].map((id) => client.call('one', id));
    for (const events of open) await asked(events);
    using events = client.call('one', 4);
    await expect.poll(() => events.status).toBe(200);
    await ended(events);
    expect(questions(events)).toEqual([]);
    for (const each of open) each.cut();
    await send(url, { method: 'DELETE', headers: client.headers });
    await expect.poll(parked).toBe(0);
  });
});

it('a gateway that ends waits for no answer that cannot come any more', async () => {
  await using ending = await startGateway({ servers: { raw: { url: upstream.url } } });
  const client = await AskedClient.open(`${ending.url}/servers/raw/mcp`);
  using events = client.call('one');
  await asked(events);
  ending.stop();
  await ended(events);
  expect(outcome(events)).toEqual({ told: expect.stringContaining('cannot answer any more') });
  expect(await ending.ended()).toBe(0);
});
