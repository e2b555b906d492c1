/** What comes while a call goes on: progress, log messages, and that it is cancelled. */
import { fields } from '../../fixtures/conformance/message.ts';
import type { Fields } from '../../fixtures/conformance/message.ts';
import { facts } from '../cells.ts';
import { Cancelled } from '../client/client.ts';
import { same, succeeded, textIn, until } from '../pair.ts';
import type { Pair } from '../pair.ts';
import { VENDOR, vendor } from '../upstream/tools.ts';

/** In two calls, so that tokens of both types are used. */
export async function progress(pair: Pair): Promise<void> {
  const both = facts[pair.client.face.revision].progressMessage && facts[pair.upstream.revision].progressMessage;
  for (const time of ['the first time', 'the second time']) {
    const heard: Fields[] = [];
    const result = await succeeded(pair.call('steps', {}, { progress: (params) => heard.push(params) }), 'steps');
    same(textIn(result), 'three steps', `the result ${time}`);
    const steps = heard.map(({ progress, total, message }) => [progress, total, message]);
    same(
      steps,
      [1, 2, 3].map((step) => [step, 3, both ? `step ${step}` : undefined]),
      `the progress ${time}`,
    );
  }
  await succeeded(pair.call('steps'), 'steps, whose progress nobody wants');
}

/** What the upstream sees is its own revision's way, and nothing comes any more. */
export async function cancel(pair: Pair): Promise<void> {
  const stop = new AbortController();
  const begun = Promise.withResolvers<void>();
  const call = pair.call('wait', {}, { signal: stop.signal, progress: () => begun.resolve() });
  const ended = call.then(
    (answered) => `answered with ${JSON.stringify(answered)}`,
    (error: unknown) => (error instanceof Cancelled ? 'cancelled' : String(error)),
  );
  const early = await Promise.race([begun.promise, ended, begins()]);
  same(early, undefined, 'the call, before it was cancelled');
  stop.abort();
  same(await ended, 'cancelled', 'the call');
  await until(
    () => pair.world.reports.some(({ kind }) => kind === 'cancelled'),
    'the upstream hears that the call was cancelled',
  );
  const how = pair.upstream.name === '2026-07-28/http' ? 'the end of the connection' : 'notifications/cancelled';
  same(
    pair.world.reports
      .filter(({ kind }) => kind === 'cancelled')
      .splice(0)
      .map(({ text }) => text),
    [how],
    'how it hears',
  );
  await succeeded(pair.call('steps'), 'a call after it');
}

/** A call that never begins is no reason to wait without an end. */
async function begins(): Promise<string> {
  await until(() => false, 'the call has begun').catch(() => undefined);
  return 'it never began';
}

/**
 * On a way that all requests share a log message belongs to nobody while another's request could have caused it, the gateway's own among them;
 * so the first is waited for.
 */
export async function logging(pair: Pair): Promise<void> {
  const shared = pair.upstream.transport !== 'http';
  if (shared)
    await until(async () => (await logged(pair, 'debug')).length > 0, 'log messages of a call that is alone are heard');
  same(await logged(pair, 'debug'), ['debug', 'info', 'warning'], 'what is logged from debug on');
  same(await logged(pair, 'warning'), ['warning'], 'what is logged from warning on');
  same(await logged(pair, 'error'), [], 'what is logged from error on');
  if (!facts[pair.client.face.revision].sessions)
    same(await logged(pair, undefined), [], 'what is logged to who did not ask');
  same(await logged(pair, 'info'), ['info', 'warning'], 'what is logged from info on');
}

async function logged(pair: Pair, level: string | undefined): Promise<readonly unknown[]> {
  const heard: unknown[] = [];
  const log = (params: Fields): void => {
    const data = fields(params['data']);
    if (data?.['server'] !== pair.world.name) return;
    same([data['level'], data[VENDOR]], [params['level'], vendor], 'what a log message says');
    heard.push(params['level']);
  };
  await succeeded(pair.call('log', {}, level === undefined ? { log } : { log, level }), 'log');
  return heard;
}
