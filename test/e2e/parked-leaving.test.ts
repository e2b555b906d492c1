/** What a server hears of a call that is parked when its gateway lets go of it: at the gateway's end, and after a change of the configuration. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../fakes/wire.ts';
import { AskingUpstream } from '../fixtures/asking-upstream.ts';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { ACCEPT, answers, asked, call, FORM, text, type Asked } from './parked-call.ts';

let upstream: AskingUpstream;
let gateway: RunningGateway;
/** What the server was answered. */
let said: unknown;
let session: string;

beforeEach(async () => {
  said = undefined;
  upstream = await AskingUpstream.start();
  upstream.work = async (one) => {
    ({ session } = one);
    said = (await one.ask('elicitation/create', FORM)).result;
  };
  gateway = await startGateway({ servers: { a: { url: upstream.url } } });
});

afterEach(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await upstream?.[Symbol.asyncDispose]();
});

const at = (): string => `${gateway.url}/servers/a/mcp`;

async function parked(): Promise<Asked> {
  return asked(await call({ to: at() }));
}

async function isTold(): Promise<void> {
  await until(() => said !== undefined, 'the answer');
  expect(said).toEqual({ action: 'cancel' });
  await until(() => upstream.ended.includes(session), 'the end of the session');
  const id = upstream.of('tools/call').at(-1)?.message.id;
  expect(upstream.of('notifications/cancelled').map(({ message }) => message.params?.['requestId'])).toContain(id);
}

it('a server hears that nobody will answer, and that the session is over, when the gateway ends', async () => {
  await parked();
  gateway.stop();
  expect(await gateway.ended()).toBe(0);
  await isTold();
});

it('a server that the configuration lets go of hears the same, and whoever comes back is told what is known', async () => {
  const first = await parked();
  await gateway.change({ servers: { a: { url: upstream.url, timeout: '50s' } } });
  await isTold();
  await gateway.ready([]);
  const late = await call({ to: at(), round: answers(first, { 'elicitation/create': ACCEPT }) });
  expect(text(late)).toMatch(/may have run/u);
  expect(upstream.of('tools/call')).toHaveLength(1);
});
