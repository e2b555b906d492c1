/** A client of HTTP+SSE that is asked something in the middle of its call: on the stream, and it answers with a POST. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import type { RawUpstream } from '../fixtures/raw-upstream.ts';
import { ACCEPTED, ALL, askingUpstream, FORM, questions, SAMPLE, type Said } from './asked-client.ts';
import { metricOf } from './led-call.ts';
import { SseClient, type Reply } from './sse-client.ts';

let gateway: RunningGateway;
let upstream: RawUpstream;
let url: string;

beforeAll(async () => {
  upstream = await askingUpstream();
  gateway = await startGateway({ legacySse: true, servers: { raw: { url: upstream.url } } });
  url = `${gateway.url}/servers/raw/sse`;
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

async function opened(version = '2025-11-25', at = url): Promise<SseClient> {
  const client = await SseClient.opened(at);
  await client.initialize(version, ALL);
  return client;
}

const call = (client: SseClient, name: string): Promise<unknown> =>
  client.post(`{"jsonrpc":"2.0","id":"mine","method":"tools/call","params":{"name":"${name}"}}`);

async function asked({ events }: SseClient, at = 0): Promise<Said> {
  await expect.poll(() => questions(events).length).toBeGreaterThan(at);
  return questions(events)[at] as Said;
}

const say = async (client: SseClient, message: object): Promise<number> =>
  (await client.post(JSON.stringify({ jsonrpc: '2.0', ...message }))).status;

const text = ({ result }: Reply): unknown =>
  (result?.['content'] as readonly { text: string }[] | undefined)?.[0]?.text;
const parked = (): Promise<number> => metricOf(gateway, 'gatehouse_parked_calls');

it('it is asked on its stream, and its answer reaches the server', async () => {
  using client = await opened();
  await call(client, 'one');
  const question = await asked(client);
  expect(question).toMatchObject({ method: FORM.method, params: { message: 'Who?' } });
  expect(await say(client, { id: question.id, result: ACCEPTED })).toBe(202);
  expect(text(await client.reply('mine'))).toBe(JSON.stringify({ who: ACCEPTED }));
  expect(await parked()).toBe(0);
});

it('one of 2024-11-05 is asked what its revision knows, and told what it does not', async () => {
  using client = await opened('2024-11-05');
  await call(client, 'sample');
  const question = await asked(client);
  expect(question.method).toBe(SAMPLE.method);
  const sampled = { role: 'assistant', content: { type: 'text', text: 'Hello' }, model: 'm' };
  await say(client, { id: question.id, result: sampled });
  expect(text(await client.reply('mine'))).toBe(JSON.stringify({ s: sampled }));
  using other = await opened('2024-11-05');
  await call(other, 'one');
  expect((await other.reply('mine')).result?.['isError']).toBe(true);
  expect(questions(other.events)).toEqual([]);
});

it('nobody else can answer for it', async () => {
  using client = await opened();
  using other = await opened();
  await call(client, 'one');
  const { id } = await asked(client);
  expect(await say(other, { id, result: { action: 'decline' } })).toBe(202);
  await say(client, { id, result: ACCEPTED });
  expect(text(await client.reply('mine'))).toBe(JSON.stringify({ who: ACCEPTED }));
});

it('what it is asked ends with its stream', async () => {
  using client = await opened();
  const before = upstream.calls().length;
  await call(client, 'one');
  await asked(client);
  expect(await parked()).toBe(1);
  client.events.cut();
  await expect.poll(parked).toBe(0);
  expect(upstream.calls().length - before).toBe(1);
  await expect.poll(() => metricOf(gateway, 'gatehouse_buffered_bytes')).toBe(0);
});

it('it may still answer while the gateway ends', async () => {
  await using ending = await startGateway({ legacySse: true, servers: { raw: { url: upstream.url } } });
  using idle = await opened('2025-11-25', `${ending.url}/servers/raw/sse`);
  using client = await opened('2025-11-25', `${ending.url}/servers/raw/sse`);
  await call(client, 'one');
  const { id } = await asked(client);
  ending.stop();
  await expect.poll(() => idle.events.ended).toBe(true);
  expect(await say(client, { id, result: ACCEPTED })).toBe(202);
  expect(text(await client.reply('mine'))).toBe(JSON.stringify({ who: ACCEPTED }));
  expect(await ending.ended()).toBe(0);
});
