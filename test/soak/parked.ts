/**
 * Calls of many callers to a server of the session revisions, all of which it asks something, parked at once. Half of them are answered: each ends
 * at its own caller, with its own answer. The others are not: the server hears that they are cancelled. Nothing is left of any, however often. Memory
 * is what is held once garbage is collected, and when nobody is connected any more; what V8 leaves lying until then is told beside it.
 */
import { AskingUpstream } from '../fixtures/asking-upstream.ts';
import { Client, describe } from './client.ts';
import type { Answer } from './client.ts';
import type { Fields } from './exchange.ts';
import { inMegabytes } from './faults-stage.ts';
import { SoakGateway } from './gateway.ts';
import { Chance } from './random.ts';
import { Findings, until } from './soak.ts';
import type { Options, Report } from './soak.ts';

const PARKED_MS = 5000;
/** From the moment in which the last of them was parked. */
const CANCELLED_MS = 7000;
const MEMORY_MB = 20;
const WARM = 3;
const ROUNDS = 5;
const FORM = {
  type: 'object',
  properties: { name: { type: 'string', maxLength: 100 } },
  required: ['name'],
};

interface Parked {
  readonly client: Client;
  readonly secret: string;
  /** What the next round takes back. */
  readonly key: string;
  readonly state: string;
}

export async function parked({ small, seed, tell }: Options, folder: string): Promise<Report> {
  const size = small ? { callers: 10, calls: 6 } : { callers: 100, calls: 10 };
  const all = size.callers * size.calls;
  const findings = new Findings(tell);
  await using upstream = await AskingUpstream.start();
  upstream.work = (call) => void work(call);
  await using gateway = await SoakGateway.started(
    folder,
    {
      bounds: {
        parked: all,
        parkedPerCaller: size.calls,
        parkedTimeout: `${PARKED_MS}ms`,
        connectionsPerAddress: 5000,
      },
      servers: { asking: { url: upstream.url, concurrency: all } },
    },
    { identified: true },
  );
  const scene = { size, gateway, upstream, findings, chance: new Chance(seed) };
  await warmUp(gateway, size);
  const before = await gateway.heldBytes();
  const rounds: Fields[] = [];
  for (let turn = 1; turn <= (small ? 1 : ROUNDS); turn += 1) {
    tell(`parked: ${all} calls of ${size.callers} callers, seed ${seed}, round ${turn}`);
    const figures = await once(scene);
    const uncollectedMb = inMegabytes(gateway.residentBytes - before);
    const growthMb = inMegabytes((await gateway.heldBytes()) - before);
    if (growthMb > MEMORY_MB) findings.add('memory', `${growthMb} MB more than before, after round ${turn}`);
    tell(`parked: ${growthMb} MB more than before, ${uncollectedMb} MB with what was not collected`);
    rounds.push({ ...figures, growthMb, uncollectedMb });
  }
  const told = (name: string): unknown[] => rounds.map((figures) => figures[name]);
  const figures = { ...size, ...rounds[0], growthMb: told('growthMb'), uncollectedMb: told('uncollectedMb') };
  return { findings, figures };
}

interface Scene {
  readonly size: { readonly callers: number; readonly calls: number };
  readonly gateway: SoakGateway;
  readonly upstream: AskingUpstream;
  readonly findings: Findings;
  readonly chance: Chance;
}

/** All of them once, from clients that come for it and go. */
async function once({ size, gateway, upstream, findings, chance }: Scene): Promise<Fields> {
  const clients = Array.from({ length: size.callers }, (_, i) => client(gateway, i));
  const first = client(gateway, 0);
  const allCancelled = (): number => new Set(upstream.of('notifications/cancelled').map(requestOf)).size;
  const cancelledBefore = allCancelled();
  const cancelled = (): number => allCancelled() - cancelledBefore;
  const waiting = await park(clients, { calls: size.calls, chance, findings });
  const gauge = await gateway.gauge('gatehouse_parked_calls');
  if (gauge !== waiting.length) findings.add('gauge', `${gauge} parked calls, not ${waiting.length}`);
  const over = await first.call('ask', { secret: 'one too many' });
  if (!isTold(over, 'bounds.parked')) findings.add('bound', describe(over));
  await refuseForeign(waiting, findings);
  const half = waiting.filter((_, i) => i % 2 === 0);
  const completed = await complete(half, findings);
  const left = waiting.length - half.length;
  // The one that was too many is cancelled as well.
  await until('the rest are cancelled', CANCELLED_MS, () => cancelled() >= left + 1).catch((error: unknown) =>
    findings.add('cancelled', `${cancelled()} of ${left + 1}: ${String(error)}`),
  );
  const late = await again(waiting.filter((_, i) => i % 2 === 1).slice(0, size.callers), findings);
  const gauges = await emptied(gateway, findings);
  await Promise.all([first, ...clients].map((one) => one.close()));
  return { parked: waiting.length, completed, cancelled: cancelled() - 1, late, gauges };
}

/** As many calls at once as will be parked, none of which is asked anything: what those take, a gateway takes without parking too. */
async function warmUp(gateway: SoakGateway, { callers, calls }: Scene['size']): Promise<void> {
  const clients = Array.from({ length: callers }, (_, i) => client(gateway, i));
  for (let turn = 0; turn < WARM; turn += 1)
    await Promise.all(clients.flatMap((one) => Array.from({ length: calls }, () => one.call('plain', {}))));
  await Promise.all(clients.map((one) => one.close()));
}

const client = (gateway: SoakGateway, i: number): Client =>
  new Client(`${gateway.url}/servers/asking/mcp`, '2026-07-28', {
    logs: false,
    able: { elicitation: {} },
    caller: `caller-${i}`,
  });

/** Each call asks for a name, saying whose call it is, and answers with both. */
async function work(call: Parameters<AskingUpstream['work']>[0]): Promise<void> {
  if (call.name !== 'ask') return call.answer('done');
  const secret = String(call.args['secret']);
  const answer = await call.ask('elicitation/create', { message: `A name for ${secret}?`, requestedSchema: FORM });
  const { action, content } = (answer.result ?? {}) as { action?: string; content?: Fields };
  if (action === 'accept') call.answer(`${secret} is ${String(content?.['name'])}`);
  return undefined;
}

interface Parking {
  readonly calls: number;
  readonly chance: Chance;
  readonly findings: Findings;
}

async function park(clients: readonly Client[], { calls, chance, findings }: Parking): Promise<Parked[]> {
  const parking = clients.flatMap((client, i) =>
    Array.from({ length: calls }, async (_, j): Promise<Parked | undefined> => {
      const secret = `s${i}-${j}-${chance.below(0xffff_ffff).toString(36)}`;
      const answer = await client.call('ask', { secret });
      const result = answer.response?.['result'] as Fields | undefined;
      const [entry] = Object.entries((result?.['inputRequests'] ?? {}) as Record<string, Fields>);
      const state = result?.['requestState'];
      if (entry && typeof state === 'string' && JSON.stringify(entry[1]).includes(`A name for ${secret}?`))
        return { client, secret, key: entry[0], state };
      findings.add('not-asked', `${secret}: ${describe(answer)}`);
      return undefined;
    }),
  );
  return (await Promise.all(parking)).filter((one) => one !== undefined);
}

const round = (client: Client, { secret, key, state }: Parked): Promise<Answer> =>
  client.ask({
    method: 'tools/call',
    params: {
      name: 'ask',
      arguments: { secret },
      inputResponses: { [key]: { action: 'accept', content: { name: `n-${secret}` } } },
      requestState: state,
    },
  });

/** What was given to one caller is nothing in the hands of another, nor with another call. */
async function refuseForeign(waiting: readonly Parked[], findings: Findings): Promise<void> {
  for (const [i, one] of waiting.entries()) {
    const other = waiting[(i + Math.floor(waiting.length / 2)) % waiting.length];
    if (i % 50 !== 0 || !other || other.client === one.client) continue;
    const changed = { ...one, secret: 'another' };
    for (const answer of [await round(other.client, one), await round(one.client, changed)]) {
      const { code } = (answer.response?.['error'] ?? {}) as { code?: number };
      if (code !== -32_602) findings.add('foreign', describe(answer));
    }
  }
}

async function complete(half: readonly Parked[], findings: Findings): Promise<number> {
  const answers = await Promise.all(half.map((one) => round(one.client, one)));
  let completed = 0;
  for (const [i, { secret }] of half.entries()) {
    const answer = answers[i];
    if (answer && JSON.stringify(answer.response).includes(`"text":"${secret} is n-${secret}"`)) completed += 1;
    else findings.add('not-completed', `${secret}: ${answer ? describe(answer) : 'nothing'}`);
  }
  return completed;
}

/** Who comes back after the end is told like anybody who brings what is not known. */
async function again(ended: readonly Parked[], findings: Findings): Promise<number> {
  let late = 0;
  for (const one of ended) {
    const answer = await round(one.client, one);
    const { code } = (answer.response?.['error'] ?? {}) as { code?: number };
    if (code === -32_602) late += 1;
    else findings.add('late', describe(answer));
  }
  return late;
}

async function emptied(gateway: SoakGateway, findings: Findings): Promise<Fields> {
  const names = ['gatehouse_parked_calls', 'gatehouse_legs', 'gatehouse_sessions'];
  const read = async (): Promise<[string, number | undefined][]> =>
    Promise.all(names.map(async (name) => [name, await gateway.gauge(name)] as [string, number | undefined]));
  const isEmpty = async (): Promise<boolean> => (await read()).every(([, value]) => value === 0);
  await until('gauges are at 0', CANCELLED_MS, isEmpty).catch((error: unknown) =>
    findings.add('gauges', String(error)),
  );
  return Object.fromEntries(await read());
}

const requestOf = ({ message }: ReturnType<AskingUpstream['of']>[number]): string =>
  JSON.stringify(message.params?.['requestId']);

const isTold = (answer: Answer, words: string): boolean => {
  const result = answer.response?.['result'] as Fields | undefined;
  return result?.['isError'] === true && JSON.stringify(result).includes(words);
};
