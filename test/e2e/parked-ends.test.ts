/** How parked calls end when not by an answer, servers that ask without end or think better of it, and clients that are asked at once. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../fakes/wire.ts';
import { AskingUpstream, type Working } from '../fixtures/asking-upstream.ts';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { ACCEPTED, AskedClient, outcome, questions } from './asked-client.ts';
import { parsed, type Answered } from './client.ts';
import { metricOf } from './led-call.ts';
import { ACCEPT, answers, asked, call as calls, FORM, leaving, SAMPLE, text, type Calling } from './parked-call.ts';

const FORMS = { 'elicitation/create': ACCEPT };

let upstream: AskingUpstream;
let gateway: RunningGateway;

beforeAll(async () => {
  upstream = await AskingUpstream.start();
  const { url } = upstream;
  gateway = await startGateway({
    servers: { own: { url }, shared: { url, affinity: 'shared' } },
    bounds: { parkedTimeout: '1s' },
  });
});

afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await upstream?.[Symbol.asyncDispose]();
});

afterEach(() => {
  upstream.refusing = undefined;
});

const at = (server: string): string => `${gateway.url}/servers/${server}/mcp`;
const call = (server: string, calling?: Partial<Calling>): Promise<Answered> => calls({ to: at(server), ...calling });

/** Fails if it is refused what it asks, as servers do. */
const asks =
  (method: string, params: unknown) =>
  async (one: Working): Promise<void> => {
    const { result, error } = await one.ask(method, params);
    one.answer(JSON.stringify(error ?? result), error ? { isError: true } : {});
  };
describe('a server that asks', () => {
  it('without end is stopped, and the call with it', async () => {
    upstream.work = async (one) => {
      for (;;) await one.ask('elicitation/create', FORM);
    };
    const client = await AskedClient.open(at('own'));
    using events = client.call('ask');
    for (let answered = 0; answered < 100; answered += 1) {
      await expect.poll(() => questions(events).length, { interval: 2 }).toBeGreaterThan(answered);
      const question = questions(events)[answered];
      if (question) await client.answer(question, ACCEPTED);
    }
    await expect.poll(() => events.ended).toBe(true);
    expect(outcome(events)).toEqual({ told: expect.stringContaining('asks the client without end') });
    expect(questions(events)).toHaveLength(100);
  });

  it('and thinks better of it is told nothing, and goes on when the client is back', async () => {
    upstream.work = async (one) => {
      if (one.name === 'plain') return one.answer('plain');
      void one.ask('elicitation/create', FORM).then(() => (wasAnswered = true));
      await until(() => isParked);
      const requestId = one.lastAsked();
      one.say({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
      await until(() => isBack);
      return one.answer('went on');
    };
    let [isParked, isBack, wasAnswered] = [false, false, false];
    const first = asked(await call('own'));
    isParked = true;
    const withdrawn = upstream.heard.length;
    await call('shared', { name: 'plain', capabilities: {} });
    expect(upstream.heard.length).toBeGreaterThan(withdrawn);
    isBack = true;
    expect(text(await call('own', { round: answers(first, FORMS) }))).toBe('went on');
    expect(wasAnswered).toBe(false);
  });

  it('hears that its call is given up when the client leaves in its next round', async () => {
    upstream.work = async (one) => {
      await one.ask('elicitation/create', FORM);
      isBack = true;
    };
    let isBack = false;
    const first = asked(await call('own'));
    const id = upstream.of('tools/call').at(-1)?.message.id;
    using again = leaving({ to: at('own'), round: answers(first, FORMS) });
    await until(() => isBack, 'the answer');
    again.cut();
    const isTold = (): boolean =>
      upstream.of('notifications/cancelled').some(({ message }) => message.params?.['requestId'] === id);
    await until(isTold, 'the cancellation');
    const late = await call('own', { round: answers(first, FORMS) });
    expect(text(late)).toMatch(/may have run/u);
  });
});

describe('a call that is parked', () => {
  it('is given up when nobody comes back: its questions are answered, and the server is told', async () => {
    let said: unknown[] = [];
    upstream.work = async (one) => {
      said = await Promise.all([one.ask('elicitation/create', FORM), one.ask('sampling/createMessage', SAMPLE)]);
    };
    const first = asked(await call('own'));
    const id = upstream.of('tools/call').at(-1)?.message.id;
    await until(() => said.length === 2, 'both answers');
    expect(said).toMatchObject([{ result: { action: 'cancel' } }, { error: { code: -32_603 } }]);
    const isTold = (): boolean =>
      upstream.of('notifications/cancelled').some(({ message }) => message.params?.['requestId'] === id);
    await until(isTold, 'the cancellation');
    const late = await call('own', { round: answers(first, FORMS) });
    expect(parsed(late).error).toEqual({
      code: -32_602,
      message: 'params.requestState is not one that was given out here.',
    });
    expect(await metricOf(gateway, 'gatehouse_parked_calls')).toBe(0);
    expect(await metricOf(gateway, 'gatehouse_legs')).toBe(0);
  });

  it('gives the end that came meanwhile to whoever comes back', async () => {
    upstream.work = (one) => {
      void one.ask('elicitation/create', FORM);
      void until(() => isParked).then(() => one.answer('without you'));
    };
    let isParked = false;
    const first = asked(await call('own'));
    isParked = true;
    await expect.poll(() => metricOf(gateway, 'gatehouse_parked_calls')).toBe(0);
    expect(text(await call('own', { round: answers(first, FORMS) }))).toBe('without you');
  });
});

describe('a call that is parked at a server which cannot be reached any more', () => {
  it('is told that nobody knows what became of it', async () => {
    await using lost = await AskingUpstream.start();
    await using beside = await startGateway({ servers: { lost: { url: lost.url } } });
    lost.work = (one) => void one.ask('elicitation/create', FORM);
    const to = `${beside.url}/servers/lost/mcp`;
    const first = asked(await calls({ to }));
    lost.hide();
    await expect
      .poll(async () => text(await calls({ to, name: 'plain', capabilities: {} })))
      .toMatch(/not available|could not be reached/u);
    expect(text(await calls({ to, round: answers(first, FORMS) }))).toMatch(/may have run/u);
    await expect.poll(() => metricOf(beside, 'gatehouse_parked_calls')).toBe(0);
  });
});

describe('an answer that its server', () => {
  it.each([400, 404, 500])('does not take (%i) ends the call, which may have done something', async (status) => {
    upstream.work = (one) => void one.ask('elicitation/create', FORM);
    const first = asked(await call('own'));
    upstream.refusing = status;
    const told = /was lost .* may have run/u;
    expect(text(await call('own', { round: answers(first, FORMS) }))).toMatch(told);
    expect(text(await call('own', { round: answers(first, FORMS) }))).toMatch(told);
  });

  it('hangs up on ends the call of a client that was asked at once', async () => {
    upstream.work = asks('elicitation/create', FORM);
    const client = await AskedClient.open(at('own'));
    using events = client.call('ask');
    await expect.poll(() => questions(events).length).toBe(1);
    upstream.refusing = 'hang-up';
    const [question] = questions(events);
    if (question) await client.answer(question, ACCEPTED);
    await expect.poll(() => events.ended).toBe(true);
    expect(outcome(events)).toEqual({ told: expect.stringMatching(/was lost .* may have run/u) });
  });

  it('takes with words that mean nothing does not', async () => {
    upstream.work = asks('elicitation/create', FORM);
    upstream.refusing = 200;
    const first = asked(await call('own'));
    expect(text(await call('own', { round: answers(first, FORMS) }))).toBe(JSON.stringify(ACCEPT));
  });
});

describe('a client with a session', () => {
  it('is asked at once by a server that asks in the middle of a call', async () => {
    upstream.work = asks('elicitation/create', FORM);
    const client = await AskedClient.open(at('own'));
    using events = client.call('ask');
    await expect.poll(() => questions(events).length).toBe(1);
    const [question] = questions(events);
    if (question) await client.answer(question, ACCEPTED);
    await expect.poll(() => events.ended).toBe(true);
    expect(outcome(events)).toBe(JSON.stringify(ACCEPTED));
  });

  it('that refuses has its refusal told to the server', async () => {
    upstream.work = asks('sampling/createMessage', SAMPLE);
    const client = await AskedClient.open(at('own'));
    using events = client.call('ask');
    await expect.poll(() => questions(events).length).toBe(1);
    await client.say({ id: questions(events)[0]?.id, error: { code: -1, message: 'User said no' } });
    await expect.poll(() => events.ended).toBe(true);
    expect(outcome(events)).toEqual({ told: '{"code":-1,"message":"User said no"}' });
  });
});
