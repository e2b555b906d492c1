/** What a server of the session revisions is offered, by whom, in which session; and what it may ask of whom. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../fakes/wire.ts';
import { AskingUpstream, type Working } from '../fixtures/asking-upstream.ts';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { parsed, session, send, type Answered } from './client.ts';
import { ACCEPT, answers, asked, call as calls, FORM, SAMPLE, text, type Calling } from './parked-call.ts';

const FORMS = { 'elicitation/create': ACCEPT };
const FULLEST = '{"elicitation":{},"sampling":{"context":{},"tools":{}}}';

let upstream: AskingUpstream;
let gateway: RunningGateway;
let listed: AskingUpstream['tools'];

beforeAll(async () => {
  upstream = await AskingUpstream.start();
  listed = upstream.tools;
  const { url } = upstream;
  gateway = await startGateway({
    servers: {
      own: { url },
      shared: { url, affinity: 'shared' },
      once: { url, affinity: 'ephemeral' },
      handle: { url, affinity: 'handle' },
      roots: { url, roots: 'relay' },
    },
  });
  await until(() => upstream.of('tools/list').length >= 5, 'the lists');
});

afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await upstream?.[Symbol.asyncDispose]();
});

afterEach(() => {
  upstream.tools = listed;
});

beforeEach(() => {
  upstream.work = (one) => one.answer(one.session);
});

const at = (server: string): string => `${gateway.url}/servers/${server}/mcp`;
const call = (server: string, calling?: Partial<Calling>): Promise<Answered> => calls({ to: at(server), ...calling });
/** What was declared in the session of the newest call. */
const offered = (): string => JSON.stringify(upstream.opened.get(upstream.of('tools/call').at(-1)?.session ?? ''));

describe('a session with a server', () => {
  it.each<[unknown, string]>([
    [{}, '{}'],
    [{ elicitation: {} }, '{"elicitation":{}}'],
    [{ elicitation: { form: {} } }, '{"elicitation":{}}'],
    [{ elicitation: { url: {} } }, '{}'],
    [{ sampling: { tools: {}, more: {} }, roots: {} }, '{"sampling":{"tools":{}}}'],
    [{ sampling: {}, experimental: {}, elicitation: { url: {}, form: {} } }, '{"elicitation":{},"sampling":{}}'],
  ])('is offered for a client that declares %j exactly what is carried of it', async (capabilities, profile) => {
    const [one, other] = [text(await call('own', { capabilities })), text(await call('own', { capabilities }))];
    expect(one).toBe(other);
    expect(offered()).toBe(profile);
  });

  it('is one for equal profiles, however they were written', async () => {
    const ends = [{ elicitation: {} }, { elicitation: { form: {} }, roots: {} }].map((capabilities) =>
      call('own', { capabilities }),
    );
    const [one, other] = (await Promise.all(ends)).map(text);
    expect(one).toBe(other);
  });

  it('of the gateway itself is offered all that can be carried', () => {
    expect(upstream.profiles.filter((profile) => profile === FULLEST).length).toBeGreaterThanOrEqual(5);
    expect(
      upstream.of('tools/list').every(({ session: id }) => JSON.stringify(upstream.opened.get(id)) === FULLEST),
    ).toBe(true);
  });

  it('is offered roots where they are relayed', async () => {
    await call('roots', { capabilities: { roots: { listChanged: true } } });
    expect(offered()).toBe('{"roots":{}}');
  });

  it('is one for all callers where the configuration says so, and each caller’s own where it does not', async () => {
    const callers = await Promise.all([session(at('own')), session(at('own'))]);
    const ends = async (server: string): Promise<unknown[]> => {
      const body = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"plain","arguments":{}}}';
      const [one, other] = server === 'own' ? callers : await Promise.all([session(at(server)), session(at(server))]);
      return (await Promise.all([one, other].map((headers) => send(at(server), { headers, body })))).map(text);
    };
    expect(new Set(await ends('own')).size).toBe(2);
    expect(new Set(await ends('shared')).size).toBe(1);
  });

  it('is made for each call and ended with it where that was asked for', async () => {
    const [one, other] = [text(await call('once')), text(await call('once'))];
    expect(one).not.toBe(other);
    await until(() => upstream.ended.includes(String(one)) && upstream.ended.includes(String(other)), 'the ends');
  });

  it('that a parked call has is ended after its last round', async () => {
    upstream.work = async (one) => {
      await one.ask('elicitation/create', FORM);
      one.answer(one.session);
    };
    const first = asked(await call('once'));
    const id = upstream.of('tools/call').at(-1)?.session ?? '';
    expect(upstream.ended).not.toContain(id);
    expect(text(await call('once', { round: answers(first, FORMS) }))).toBe(id);
    await until(() => upstream.ended.includes(id), 'the end');
  });

  it('has a handle where a client may name it, and is known by that to nobody else', async () => {
    const first = await call('handle');
    const meta = parsed(first).result?.['_meta'] as Record<string, unknown>;
    expect(meta['gatehouse/session']).toMatch(/^[\w-]{22,}$/u);
    const again = await call('handle', { meta });
    expect(text(again)).toBe(text(first));
    expect(upstream.of('tools/call').at(-1)?.message.params?.['_meta']).not.toHaveProperty('gatehouse/session');
    expect(text(await call('handle'))).not.toBe(text(first));
    const wrong = await call('handle', { meta: { 'gatehouse/session': 'A'.repeat(22) } });
    expect(parsed(wrong).error?.code).toBe(-32_602);
    const headers = await session(at('handle'));
    const params = { name: 'plain', arguments: {}, _meta: meta };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
    expect(parsed(await send(at('handle'), { headers, body })).error?.code).toBe(-32_602);
  });

  it('that the server has forgotten is opened anew, and the call is made once more', async () => {
    const before = text(await call('own'));
    upstream.opened.delete(String(before));
    const runs = upstream.of('tools/call').length;
    const after = text(await call('own'));
    expect(after).not.toBe(before);
    // Once into the void, once for good.
    expect(upstream.of('tools/call').length - runs).toBe(2);
  });
});

/** Fails if it is refused what it asks, as servers do. */
const asks =
  (method: string, params: unknown) =>
  async (one: Working): Promise<void> => {
    const { result, error } = await one.ask(method, params);
    one.answer(JSON.stringify(error ?? result), error ? { isError: true } : {});
  };
const refused = (): unknown =>
  upstream.heard.findLast(({ message }) => message.error !== undefined)?.message.error?.code;

describe('what a client cannot answer', () => {
  it('is refused to the server, and the client hears what it lacks', async () => {
    upstream.work = asks('sampling/createMessage', SAMPLE);
    const answered = await call('own', { capabilities: { elicitation: {} } });
    expect(refused()).toBe(-32_601);
    expect(answered.status).toBe(400);
    expect(parsed(answered).error).toMatchObject({ code: -32_021, data: { requiredCapabilities: { sampling: {} } } });
  });

  it('is refused by its kind where the client can answer others', async () => {
    upstream.work = asks('elicitation/create', {
      mode: 'url',
      url: 'https://x.example',
      message: 'm',
      elicitationId: 'e',
    });
    const answered = await call('own', { capabilities: { elicitation: { form: {} } } });
    expect(refused()).toBe(-32_602);
    expect(parsed(answered).error?.data).toEqual({ requiredCapabilities: { elicitation: { url: {} } } });
  });

  it('is what it hears of where the server has the tool for those alone who can answer more', async () => {
    upstream.tools = (capabilities) =>
      JSON.stringify(capabilities) === '{}' ? [{ name: 'plain', inputSchema: {} }] : [];
    upstream.work = (one) => {
      one.say({ jsonrpc: '2.0', id: one.id, error: { code: -32_602, message: `Unknown tool: ${one.name}` } });
      one.response.end();
    };
    const { error } = parsed(await call('own', { capabilities: {} }));
    expect(error).toMatchObject({ code: -32_021, data: { requiredCapabilities: { elicitation: {}, sampling: {} } } });
    const known = parsed(await call('own', { name: 'plain', capabilities: {} }));
    expect(known.error).toEqual({ code: -32_602, message: 'Unknown tool: plain' });
  });

  it('is what it hears too of a server that has no word for it but a result which names the tool', async () => {
    upstream.tools = (capabilities) =>
      JSON.stringify(capabilities) === '{}' ? [{ name: 'plain', inputSchema: {} }] : [];
    upstream.work = (one) => one.answer(`Tool ${one.name} not found`, { isError: true });
    const { error } = parsed(await call('own', { capabilities: {} }));
    expect(error).toMatchObject({ code: -32_021, data: { requiredCapabilities: { elicitation: {}, sampling: {} } } });
    const known = parsed(await call('own', { name: 'plain', capabilities: {} }));
    expect(known.result).toMatchObject({ isError: true, content: [{ text: 'Tool plain not found' }] });
  });

  it('does not fail a call that goes on without it', async () => {
    upstream.work = async (one) => {
      await one.ask('roots/list');
      one.answer('went on');
    };
    expect(text(await call('own'))).toBe('went on');
  });
});

describe('a question that came beside all calls', () => {
  it('is that of the only call that can have caused it', async () => {
    upstream.work = async (one) => {
      await until(() => upstream.hasStream(one.session), 'the stream');
      const { result } = await upstream.askBeside(one.session, 'elicitation/create', FORM);
      one.answer(JSON.stringify(result));
    };
    const first = asked(await call('own'));
    expect(text(await call('own', { round: answers(first, FORMS) }))).toBe(JSON.stringify(ACCEPT));
  });

  it('is heard in the first call of a session as in any other', async () => {
    upstream.work = async (one) => {
      const { result } = await upstream.askBeside(one.session, 'elicitation/create', FORM);
      one.answer(JSON.stringify(result));
    };
    const capabilities = { elicitation: {}, sampling: { context: {} } };
    const first = asked(await call('own', { capabilities }));
    expect(text(await call('own', { capabilities, round: answers(first, FORMS) }))).toBe(JSON.stringify(ACCEPT));
  });

  it('is refused where two calls can', async () => {
    const working: Working[] = [];
    upstream.work = (one) => working.push(one);
    const both = [call('own'), call('own')];
    await until(() => working.length === 2, 'both');
    const [one, other] = working;
    const { error } = await upstream.askBeside(one?.session ?? '', 'elicitation/create', FORM);
    expect(error).toEqual({ code: -32_603, message: 'no associated client request' });
    one?.answer('1');
    other?.answer('2');
    expect(new Set((await Promise.all(both)).map(text))).toEqual(new Set(['1', '2']));
  });
});
