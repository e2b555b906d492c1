/** One child of many callers that asks questions: each reaches the client whose call it belongs to, or nobody. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { AskedClient, outcome, questions, type Said } from './asked-client.ts';
import { META, parsed, send, stateless } from './client.ts';
import type { Events } from './streams.ts';

const script = join(import.meta.dirname, '../fixtures/raw-child.mjs');
const FORMS = { elicitation: {} };
const REFUSED = 'refused -32603 No associated client request.';

const PATIENT = { timeout: 10_000 };

let gateway: RunningGateway;
let url: string;

beforeEach(async () => {
  gateway = await startGateway({ servers: { raw: { command: process.execPath, args: [script] } } });
  url = `${gateway.url}/servers/raw/mcp`;
});

afterEach(() => gateway[Symbol.asyncDispose]());

const able = (): Promise<AskedClient> => AskedClient.open(url, { capabilities: FORMS });
const unable = (): Promise<AskedClient> => AskedClient.open(url, { capabilities: {} });

/** Every client calls what it calls by the same id. */
const body = (name: string, say?: string): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name, arguments: say === undefined ? {} : { say } },
  });

/** A call whose client is asked something. */
const call = (client: AskedClient, name: string, say?: string): Events => client.post(body(name, say));

/** One that just answers: its text. */
async function tell(client: AskedClient, name: string, say?: string): Promise<string> {
  const { result } = parsed(await send(url, { headers: client.headers, body: body(name, say) }));
  return (result as { content: { text: string }[] }).content[0]?.text ?? '';
}

const asked = async (events: Events): Promise<Said> => {
  await expect.poll(() => questions(events).length, PATIENT).toBe(1);
  return questions(events)[0] as Said;
};
const ended = async (events: Events): Promise<unknown> => {
  await expect.poll(() => events.ended, PATIENT).toBe(true);
  return outcome(events);
};
const accept = (client: AskedClient, question: Said, word: string): Promise<number> =>
  client.answer(question, { action: 'accept', content: { word } });
const accepted = (word: string): string => JSON.stringify({ action: 'accept', content: { word } });

/** The server has asked once, and the gateway knows it for one that does. */
async function learn(): Promise<void> {
  const client = await able();
  using events = call(client, 'ask', 'first');
  await accept(client, await asked(events), 'once');
  expect(await ended(events)).toBe(accepted('once'));
}

describe('a child that many share', () => {
  it('asks the client of its only call', learn);

  it('that asks what the client of its only call did not declare, and fails it, has that client told what it lacks', async () => {
    const answered = await send(url, {
      headers: stateless('tools/call', 'need'),
      body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"need","arguments":{},${META}}}`,
    });
    expect(answered.status).toBe(400);
    expect(parsed(answered).error).toMatchObject({ code: -32_021, data: { requiredCapabilities: { sampling: {} } } });
  });

  it('is refused where two calls could have caused its question, and neither hears of it', async () => {
    const [one, other] = [await able(), await unable()];
    const held = tell(other, 'hold', 'held');
    await expect.poll(async () => tell(await unable(), 'seen'), PATIENT).toContain('held begins');
    expect(await tell(one, 'ask', 'whose')).toBe(REFUSED);
    await tell(await unable(), 'free');
    expect(await held).toBe('held');
  });

  it('that has asked once is called by one after the other, each of whom is asked its own', async () => {
    await learn();
    const [a, b] = [await able(), await able()];
    using ofA = call(a, 'ask', 'for a');
    const first = await asked(ofA);
    using ofB = call(b, 'ask', 'for b');
    expect(first.params).toMatchObject({ message: 'for a' });
    // Who can be asked nothing has its answers all the while, once the other's turn is over.
    await accept(a, first, 'from a');
    expect(await ended(ofA)).toBe(accepted('from a'));
    const second = await asked(ofB);
    expect(second.params).toMatchObject({ message: 'for b' });
    await accept(b, second, 'from b');
    expect(await ended(ofB)).toBe(accepted('from b'));
    expect(await tell(a, 'seen')).toBe(
      JSON.stringify(['first begins', 'first ends', 'for a begins', 'for a ends', 'for b begins', 'for b ends']),
    );
  });

  it('that has asked once still serves those together who can be asked nothing', async () => {
    await learn();
    const [a, b] = [await unable(), await unable()];
    const held = tell(a, 'hold', 'held');
    await expect.poll(() => tell(b, 'seen'), PATIENT).toContain('held begins');
    expect(await tell(b, 'free')).toBe('free');
    expect(await held).toBe('held');
  });

  it('is known for one that asks in its next life', async () => {
    await learn();
    const pid = await tell(await unable(), 'pid');
    await tell(await unable(), 'die');
    await expect.poll(async () => tell(await unable(), 'pid'), PATIENT).toMatch(/^\d+$/u);
    expect(await tell(await unable(), 'pid')).not.toBe(pid);
    const [a, b] = [await able(), await able()];
    using ofA = call(a, 'ask', 'for a');
    const first = await asked(ofA);
    using ofB = call(b, 'ask', 'for b');
    await accept(a, first, 'from a');
    await accept(b, await asked(ofB), 'from b');
    expect([await ended(ofA), await ended(ofB)]).toEqual([accepted('from a'), accepted('from b')]);
  });

  it('is free for the next when a client leaves that was asked', async () => {
    await learn();
    const [a, b] = [await able(), await able()];
    using ofA = call(a, 'ask', 'for a');
    await asked(ofA);
    using ofB = call(b, 'ask', 'for b');
    await a.say({ method: 'notifications/cancelled', params: { requestId: 1 } });
    const second = await asked(ofB);
    expect(second.params).toMatchObject({ message: 'for b' });
    await accept(b, second, 'from b');
    expect(await ended(ofB)).toBe(accepted('from b'));
  });

  it('keeps the turn of a call that waits for its client between two requests', async () => {
    const meta = META.replace('Capabilities":{}', 'Capabilities":{"elicitation":{}}');
    const round = async (rest = ''): Promise<Record<string, unknown>> =>
      parsed(
        await send(url, {
          headers: stateless('tools/call', 'ask'),
          body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask","arguments":{"say":"parked"}${rest},${meta}}}`,
        }),
      ).result ?? {};
    const parkedAt = await round();
    expect(parkedAt).toMatchObject({ resultType: 'input_required' });
    const b = await able();
    using ofB = call(b, 'ask', 'for b');
    const [key = ''] = Object.keys(parkedAt['inputRequests'] as object);
    const answers = JSON.stringify({ [key]: { action: 'accept', content: { word: 'late' } } });
    const state = JSON.stringify(parkedAt['requestState']);
    const done = await round(`,"inputResponses":${answers},"requestState":${state}`);
    expect(done).toMatchObject({ content: [{ text: accepted('late') }] });
    await accept(b, await asked(ofB), 'from b');
    expect(await ended(ofB)).toBe(accepted('from b'));
    const seen = await tell(b, 'seen');
    expect(seen).toBe(JSON.stringify(['parked begins', 'parked ends', 'for b begins', 'for b ends']));
  });
});
