/** A client on the pipe that is asked something: one with a session by requests of the gateway, one without by the end of its call. */
import { rename, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PipedGateway, stateless, type Line } from '../fixtures/piped-gateway.ts';
import type { RawUpstream } from '../fixtures/raw-upstream.ts';
import { ACCEPTED, ALL, askingUpstream, FORM, STATE } from './asked-client.ts';

let upstream: RawUpstream;

beforeAll(async () => {
  upstream = await askingUpstream();
});

afterAll(() => upstream[Symbol.asyncDispose]());

const start = (): Promise<PipedGateway> => PipedGateway.start({ servers: { raw: { url: upstream.url } } });

async function open(gateway: PipedGateway): Promise<void> {
  const params = { protocolVersion: '2025-11-25', capabilities: ALL, clientInfo: { name: 't', version: '1' } };
  gateway.send({ id: 'init', method: 'initialize', params });
  await gateway.answer('init');
}

const call = (id: string, name = 'raw__one'): object => ({ id, method: 'tools/call', params: { name } });
const text = ({ result }: Line): string | undefined =>
  (result?.['content'] as readonly { text: string }[] | undefined)?.[0]?.text;

describe('on one pipe', () => {
  let gateway: PipedGateway;
  beforeAll(async () => {
    gateway = await start();
    await open(gateway);
  });
  afterAll(() => gateway[Symbol.asyncDispose]());
  beforeEach(() => {
    gateway.lines.length = 0;
  });

  it('a session is asked by a line, and answers by one', async () => {
    gateway.send(call('a'));
    const { id, params } = await gateway.heard(FORM.method);
    expect(params).toMatchObject({ message: 'Who?' });
    gateway.send({ id: 'ask-of-nobody', result: ACCEPTED }, { id, result: ACCEPTED }, { id, result: {} });
    expect(text(await gateway.answer('a'))).toBe(JSON.stringify({ who: ACCEPTED }));
    expect(upstream.calls().at(-1)?.body).toContain('inputResponses');
  });

  it('a session that cancels its call is told that its answer is not waited for', async () => {
    const before = upstream.calls().length;
    gateway.send(call('a'));
    const { id } = await gateway.heard(FORM.method);
    gateway.send({ method: 'notifications/cancelled', params: { requestId: 'a' } });
    expect((await gateway.heard('notifications/cancelled')).params).toMatchObject({ requestId: id });
    gateway.send({ id, result: ACCEPTED }, { id: 'after', method: 'ping' });
    await gateway.answer('after');
    expect([gateway.single.filter((line) => line.id === 'a'), upstream.calls().length - before]).toEqual([[], 1]);
  });

  it('a client without a session is asked by the end of its call, and answers with the next', async () => {
    const able = { 'io.modelcontextprotocol/clientCapabilities': ALL };
    gateway.send({ id: 1, method: 'tools/call', params: stateless({ name: 'raw__one' }, able) });
    const asked = (await gateway.answer(1)).result;
    expect(asked).toMatchObject({ resultType: 'input_required', inputRequests: { who: FORM } });
    const brought = { inputResponses: { who: ACCEPTED }, requestState: asked?.['requestState'] };
    gateway.send({ id: 2, method: 'tools/call', params: stateless({ name: 'raw__one', ...brought }, able) });
    expect(text(await gateway.answer(2))).toBe(JSON.stringify({ who: ACCEPTED }));
    expect(JSON.parse(upstream.calls().at(-1)?.body ?? '')).toMatchObject({
      params: { requestState: JSON.parse(STATE) as string },
    });
  });
});

it('what the file says by then is where the next round goes', async () => {
  await using other = await askingUpstream();
  await using gateway = await start();
  await open(gateway);
  gateway.send({ method: 'notifications/initialized' }, call('a'));
  const { id } = await gateway.heard(FORM.method);
  other.tools = `${other.tools},{"name":"more","inputSchema":{"type":"object"}}`;
  await writeFile(`${gateway.file}.next`, JSON.stringify({ servers: { raw: { url: other.url } } }));
  await rename(`${gateway.file}.next`, gateway.file);
  await gateway.heard('notifications/tools/list_changed');
  gateway.send({ id, result: ACCEPTED });
  expect(text(await gateway.answer('a'))).toBe(JSON.stringify({ who: ACCEPTED }));
  expect(other.calls().at(-1)?.body).toContain('inputResponses');
});

it('a client that has closed its side is not waited for', async () => {
  await using gateway = await start();
  await open(gateway);
  gateway.send(call('a'));
  await gateway.heard(FORM.method);
  gateway.process.stdin.end();
  const answered = await gateway.answer('a');
  expect([answered.result?.['isError'], text(answered)]).toEqual([
    true,
    expect.stringContaining('cannot answer any more'),
  ]);
  expect(await gateway.ended()).toBe(0);
});

it('a client that is told to end may still be answered', async () => {
  await using gateway = await start();
  await open(gateway);
  gateway.send(call('a'));
  const { id } = await gateway.heard(FORM.method);
  gateway.process.kill('SIGTERM');
  gateway.send({ id, result: ACCEPTED });
  expect(text(await gateway.answer('a'))).toBe(JSON.stringify({ who: ACCEPTED }));
});
