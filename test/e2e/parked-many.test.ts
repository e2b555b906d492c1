/** More calls of one server are parked than it may work on at once: others go on, and so do these. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AskingUpstream } from '../fixtures/asking-upstream.ts';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { ACCEPT, answers, asked, call, FORM, text, type Asked, type Calling } from './parked-call.ts';

/** More sockets than the gateway has for one call at a time and all that it says beside it. */
const MANY = 60;

let upstream: AskingUpstream;
let gateway: RunningGateway;

beforeAll(async () => {
  upstream = await AskingUpstream.start();
  upstream.work = async (one) => {
    if (one.name === 'ask') await one.ask('elicitation/create', FORM);
    one.answer(one.name);
  };
  const bounds = { parkedPerCaller: MANY };
  gateway = await startGateway({ servers: { a: { url: upstream.url, concurrency: 1, timeout: '5s' } }, bounds });
});

afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await upstream?.[Symbol.asyncDispose]();
});

const at = (calling: Partial<Calling>) => call({ to: `${gateway.url}/servers/a/mcp`, ...calling });

it('parked calls take no sockets from those that go on', async () => {
  const parked: Asked[] = [];
  while (parked.length < MANY) parked.push(asked(await at({})));
  expect(text(await at({ name: 'plain', capabilities: {} }))).toBe('plain');
  for (const one of parked)
    expect(text(await at({ round: answers(one, { 'elicitation/create': ACCEPT }) }))).toBe('ask');
});
