/** A server of the session revisions that asks in the middle of a call, and clients that can only be asked by the end of it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../fakes/wire.ts';
import { AskingUpstream, type Working } from '../fixtures/asking-upstream.ts';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { parsed, type Answered } from './client.ts';
import { metricOf } from './led-call.ts';
import {
  ACCEPT,
  answers,
  asked,
  call as calls,
  DRAWN,
  FORM,
  SAMPLE,
  text,
  type Asked,
  type Calling,
} from './parked-call.ts';

let upstream: AskingUpstream;
let gateway: RunningGateway;
let url: string;

beforeAll(async () => {
  upstream = await AskingUpstream.start();
  const servers = { asking: { url: upstream.url }, short: { url: upstream.url } };
  gateway = await startGateway({ servers, bounds: { parkedPerCaller: 4, parkedTimeout: '60s' } });
  url = `${gateway.url}/servers/asking/mcp`;
});

afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await upstream?.[Symbol.asyncDispose]();
});

afterEach(() => {
  upstream.work = (call) => call.answer('done');
});

const call = (calling?: Partial<Calling>): Promise<Answered> => calls({ to: url, ...calling });

const parkedNow = (): Promise<number> => metricOf(gateway, 'gatehouse_parked_calls');

async function elicits(one: Working): Promise<void> {
  const { result, error } = await one.ask('elicitation/create', FORM);
  one.answer(JSON.stringify(result ?? error));
}

const FORMS = { 'elicitation/create': ACCEPT };

describe('a call whose server asks back', () => {
  beforeEach(() => {
    upstream.work = elicits;
  });

  it('ends with the question, and goes on where it stood with the answer', async () => {
    const first = asked(await call());
    expect(Object.values(first.inputRequests)).toEqual([{ method: 'elicitation/create', params: FORM }]);
    expect(await parkedNow()).toBe(1);
    const before = upstream.of('tools/call').length;
    expect(text(await call({ round: answers(first, FORMS) }))).toBe(JSON.stringify(ACCEPT));
    expect(upstream.of('tools/call')).toHaveLength(before);
    expect(await parkedNow()).toBe(0);
  });

  it('is asked in one round what the server asks together, and in the next what it asks then', async () => {
    upstream.work = async (one) => {
      const both = await Promise.all([one.ask('elicitation/create', FORM), one.ask('sampling/createMessage', SAMPLE)]);
      const third = await one.ask('elicitation/create', FORM);
      one.answer(JSON.stringify([...both, third].map(({ result }) => result)));
    };
    const first = asked(await call());
    expect(Object.values(first.inputRequests).map(({ method }) => method)).toEqual([
      'elicitation/create',
      'sampling/createMessage',
    ]);
    const all = { ...FORMS, 'sampling/createMessage': DRAWN };
    const second = asked(await call({ round: answers(first, all) }));
    expect(Object.keys(first.inputRequests)).not.toContain(Object.keys(second.inputRequests)[0]);
    expect(text(await call({ round: answers(second, FORMS) }))).toBe(JSON.stringify([ACCEPT, DRAWN, ACCEPT]));
  });

  it('is asked again for what it left out; what was not asked is ignored', async () => {
    upstream.work = async (one) => {
      const both = await Promise.all([one.ask('elicitation/create', FORM), one.ask('sampling/createMessage', SAMPLE)]);
      one.answer(JSON.stringify(both.map(({ result }) => result)));
    };
    const first = asked(await call());
    const partly = answers(first, FORMS);
    (partly['inputResponses'] as Record<string, unknown>)['nobody'] = { action: 'accept' };
    const again = asked(await call({ round: partly }));
    expect(Object.values(again.inputRequests).map(({ method }) => method)).toEqual(['sampling/createMessage']);
    const [key = ''] = Object.keys(again.inputRequests);
    expect(Object.keys(first.inputRequests)).toContain(key);
    expect(text(await call({ round: answers(again, { 'sampling/createMessage': DRAWN }) }))).toBe(
      JSON.stringify([ACCEPT, DRAWN]),
    );
  });

  it('refuses answers that are none, and waits on', async () => {
    const first = asked(await call());
    for (const wrong of [{ action: 'perhaps' }, { action: 'accept', content: { name: 5 } }, { role: 'user' }]) {
      const refused = await call({ round: answers(first, { 'elicitation/create': wrong }) });
      expect(parsed(refused).error?.code).toBe(-32_602);
    }
    expect(text(await call({ round: answers(first, FORMS) }))).toBe(JSON.stringify(ACCEPT));
  });

  it('gives who asks for a round again the same end, at once and later', async () => {
    let runs = 0;
    upstream.work = async (one) => {
      runs += 1;
      await one.ask('elicitation/create', FORM);
      one.answer(`run ${runs}`);
    };
    const round = answers(asked(await call()), FORMS);
    const all = await Promise.all([call({ round }), call({ round }), call({ round })]);
    expect(all.map(text)).toEqual(['run 1', 'run 1', 'run 1']);
    expect(text(await call({ round }))).toBe('run 1');
    expect(runs).toBe(1);
  });

  it('knows its state with the call that it was given for alone', async () => {
    const first = asked(await call());
    const round = answers(first, FORMS);
    const forged = { ...round, requestState: `${first.requestState.slice(0, -4)}AAAA` };
    for (const other of [{ args: { other: 1 }, round }, { name: 'plain', round }, { round: forged }]) {
      const { error } = parsed(await call(other));
      expect(error).toEqual({ code: -32_602, message: 'params.requestState is not one that was given out here.' });
    }
    const elsewhere = parsed(await call({ round, to: `${gateway.url}/servers/short/mcp` }));
    expect(elsewhere.error?.code).toBe(-32_602);
    expect(text(await call({ round }))).toBe(JSON.stringify(ACCEPT));
  });

  it('that brings answers without a state is a first call', async () => {
    const again = asked(await call({ round: { inputResponses: { r1_1: ACCEPT } } }));
    expect(text(await call({ round: answers(again, FORMS) }))).toBe(JSON.stringify(ACCEPT));
  });

  it('is refused at a server that never gave a state', async () => {
    const { error } = parsed(await call({ round: { requestState: 'made up' } }));
    expect(error?.code).toBe(-32_602);
  });

  it('is told the last progress when it comes back', async () => {
    upstream.work = async (one) => {
      const answered = one.ask('elicitation/create', FORM);
      await until(() => isParked, 'the question');
      for (const progress of [1, 2, 3])
        one.say({
          jsonrpc: '2.0',
          method: 'notifications/progress',
          params: { progressToken: one.progressToken, progress },
        });
      await answered;
      one.answer('done');
    };
    let isParked = false;
    const first = asked(await call());
    isParked = true;
    const came = upstream.heard.length;
    await call({ name: 'plain', capabilities: {} }).catch(() => undefined);
    expect(upstream.heard.length).toBeGreaterThan(came);
    const { body } = await call({ round: answers(first, FORMS), progressToken: 'mine' });
    expect(body.match(/"progress":\d/gu)).toEqual(['"progress":3']);
    expect(body).toContain('"progressToken":"mine"');
  });

  it('is told that nobody knows what came of it when its server is gone meanwhile', async () => {
    const first = asked(await call());
    upstream.forget();
    await until(() => upstream.of('initialize').length > 0);
    const answered = await call({ round: answers(first, FORMS) });
    expect(parsed(answered).result?.['isError']).toBe(true);
    expect(text(answered)).toMatch(/may have run/u);
  });

  it('has a bound for how many of one caller wait', async () => {
    const before = await parkedNow();
    const waiting: Asked[] = [];
    for (let at = before; at < 4; at += 1) waiting.push(asked(await call()));
    const refused = await call();
    expect(parsed(refused).result?.['isError']).toBe(true);
    expect(text(refused)).toContain('bounds.parkedPerCaller');
    await until(() => upstream.of('notifications/cancelled').length > 0, 'the cancellation');
    for (const first of waiting)
      expect(text(await call({ round: answers(first, FORMS) }))).toBe(JSON.stringify(ACCEPT));
    expect(await parkedNow()).toBe(before);
  });
});
