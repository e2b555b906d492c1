/** A server with sessions that asks in the middle of a call, and a client with a session: question and answer pass straight through. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AskingUpstream, type Working } from '../fixtures/asking-upstream.ts';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { PipedGateway } from '../fixtures/piped-gateway.ts';
import { ACCEPTED, ALL, AskedClient, FORM, outcome, questions, SAMPLE, type Said } from './asked-client.ts';
import { parsed } from './client.ts';
import { metricOf } from './led-call.ts';
import type { Events } from './streams.ts';

let upstream: AskingUpstream;
let gateway: RunningGateway;
let url: string;

beforeAll(async () => {
  upstream = await AskingUpstream.start();
  gateway = await startGateway({ servers: { asking: { url: upstream.url } }, bounds: { parkedTimeout: '2s' } });
  url = `${gateway.url}/servers/asking/mcp`;
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

beforeEach(() => {
  upstream.work = asks(FORM);
});

/** Its answer is what the client answered. */
const asks =
  ({ method, params }: { readonly method: string; readonly params: unknown }) =>
  async (call: Working): Promise<void> => {
    const { result, error } = await call.ask(method, params);
    call.answer(JSON.stringify(result ?? error));
  };

const asked = async (events: Events): Promise<Said> => {
  await expect.poll(() => questions(events).length).toBe(1);
  return questions(events)[0] as Said;
};
const ended = (events: Events): Promise<void> => expect.poll(() => events.ended, { timeout: 10_000 }).toBe(true);

describe('a client with a session', () => {
  it('is asked under an id of the gateway, and its answer comes under the server’s own', async () => {
    const client = await AskedClient.open(url);
    using events = client.call('ask');
    const question = await asked(events);
    expect(question).toMatchObject({ method: FORM.method, params: FORM.params });
    const before = upstream.heard.length;
    await client.answer(question, ACCEPTED);
    await ended(events);
    expect(outcome(events)).toBe(JSON.stringify(ACCEPTED));
    const { id } = upstream.heard[before]?.message ?? {};
    expect([id, id === question.id]).toEqual([expect.stringMatching(/^q\d+$/u), false]);
    expect(await metricOf(gateway, 'gatehouse_parked_calls')).toBe(0);
  });

  it('may answer with an error, which the server gets as it is', async () => {
    upstream.work = asks(SAMPLE);
    const client = await AskedClient.open(url);
    using events = client.call('ask');
    const error = { code: -1, message: 'User rejected it' };
    await client.say({ id: (await asked(events)).id, error });
    await ended(events);
    expect(outcome(events)).toBe(JSON.stringify(error));
  });

  it('of an older revision is asked in its words', async () => {
    const client = await AskedClient.open(url, { version: '2025-06-18' });
    const size = { type: 'string', oneOf: [{ const: 's', title: 'Small' }] };
    const requestedSchema = { type: 'object', properties: { size } };
    upstream.work = asks({ method: FORM.method, params: { message: 'Which?', requestedSchema } });
    using events = client.call('ask');
    const question = await asked(events);
    expect(question.params).toMatchObject({
      requestedSchema: { properties: { size: { type: 'string', enum: ['s'], enumNames: ['Small'] } } },
    });
    await client.answer(question, { action: 'accept', content: { size: 's' } });
    await ended(events);
    expect(outcome(events)).toBe('{"action":"accept","content":{"size":"s"}}');
  });

  it('that never answers is not waited for: the server hears that nothing came of it', async () => {
    const client = await AskedClient.open(url);
    using events = client.call('ask');
    const { id } = await asked(events);
    await ended(events);
    expect(events.all.at(-2)).toMatchObject({ method: 'notifications/cancelled', params: { requestId: id } });
    expect(outcome(events)).toBe('{"action":"cancel"}');
  });

  it('that was cut off finds the question when it comes back, and its answer counts', async () => {
    const client = await AskedClient.open(url);
    using events = client.call('ask');
    const { id } = await asked(events);
    const first = /^id: (\S+)$/mu.exec(events.text)?.[1] ?? '';
    events.cut();
    await expect.poll(() => metricOf(gateway, 'gatehouse_streams')).toBe(0);
    using resumed = client.resume(first);
    const again = await asked(resumed);
    expect(again.id).toBe(id);
    await client.answer(again, ACCEPTED);
    await ended(resumed);
    expect(outcome(resumed)).toBe(JSON.stringify(ACCEPTED));
  });

  it('that cancels its call is told that its answer is not waited for, and the server that the call is over', async () => {
    const client = await AskedClient.open(url);
    const before = upstream.of('notifications/cancelled').length;
    using events = client.call('ask', 'mine');
    const { id } = await asked(events);
    await client.say({ method: 'notifications/cancelled', params: { requestId: 'mine' } });
    await ended(events);
    expect(events.all.at(-1)).toMatchObject({ method: 'notifications/cancelled', params: { requestId: id } });
    await expect.poll(() => upstream.of('notifications/cancelled').length).toBe(before + 1);
    expect(await metricOf(gateway, 'gatehouse_parked_calls')).toBe(0);
  });

  it('is told when the server does not want the answer any more', async () => {
    upstream.work = async (call) => {
      call.say({ jsonrpc: '2.0', id: 'regretted', ...FORM });
      await expect.poll(() => metricOf(gateway, 'gatehouse_parked_calls')).toBe(1);
      const params = { requestId: 'regretted', reason: 'not needed' };
      call.say({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
      await expect.poll(() => metricOf(gateway, 'gatehouse_parked_calls')).toBe(0);
      call.answer('without it');
    };
    const client = await AskedClient.open(url);
    using events = client.call('ask');
    const { id } = await asked(events);
    await ended(events);
    const withdrawn = events.all.at(-2);
    expect(withdrawn).toMatchObject({ method: 'notifications/cancelled', params: { requestId: id } });
    expect(withdrawn?.params?.['reason']).not.toContain('did not answer');
    expect(outcome(events)).toBe('without it');
  });

  it('that declared nothing is never asked', async () => {
    upstream.work = asks(FORM);
    const client = await AskedClient.open(url, { capabilities: {} });
    const answered = await client.say({ id: 1, method: 'tools/call', params: { name: 'ask' } });
    // The server is refused, and its client hears what came of it.
    expect(parsed(answered).result).toMatchObject({ content: [{ text: expect.stringContaining('-326') }] });
  });
});

it('a session on a pipe is asked and answers by lines', async () => {
  await using piped = await PipedGateway.start({ servers: { asking: { url: upstream.url } } });
  const params = { protocolVersion: '2025-11-25', capabilities: ALL, clientInfo: { name: 't', version: '1' } };
  piped.send({ id: 'init', method: 'initialize', params });
  await piped.answer('init');
  piped.send({ id: 1, method: 'tools/call', params: { name: 'asking__ask' } });
  const { id } = await piped.heard(FORM.method);
  piped.send({ id, result: ACCEPTED });
  const { result } = await piped.answer(1);
  expect(result).toEqual({ content: [{ type: 'text', text: JSON.stringify(ACCEPTED) }] });
});
