/**
 * Many clients at once, all with equal ids and tokens, over shared upstreams of either kind and revision: what comes back is each one's
 * own. Log lines of a shared pipe belong to nobody and may be dropped; progress may not.
 */
import { join } from 'node:path';
import { Client } from './client.ts';
import type { Revision } from './client.ts';
import { child, HttpFixture } from './fixture.ts';
import { SoakGateway } from './gateway.ts';
import { Chance } from './random.ts';
import { Findings } from './soak.ts';
import type { Options, Report } from './soak.ts';
import { watchSubscribers } from './subscribers.ts';
import { foreign, judge, secretOf } from './verdict.ts';

const servers = ['pipe-25', 'web-25', 'pipe-26', 'web-26'] as const;
type Server = (typeof servers)[number];

const DEADLINE_MS = 30_000;
const MAX_STEPS = 4;
const MAX_PAUSE_MS = 6;
const TELL_MS = 5_000;
/** Findings after which nobody learns from more of them. */
const HOPELESS = 200;

export async function isolation(options: Options, folder: string): Promise<Report> {
  const { small, seed, tell } = options;
  const size = small ? { clients: 40, calls: 1_520, subscribers: 8 } : { clients: 200, calls: 20_000, subscribers: 16 };
  const findings = new Findings(tell);
  const journal = join(folder, 'journal');
  await using web25 = await HttpFixture.started({ name: 'web-25', revision: '2025-11-25', journal });
  await using web26 = await HttpFixture.started({ name: 'web-26', revision: '2026-07-28', journal });
  await using gateway = await SoakGateway.started(folder, {
    bounds: { connectionsPerAddress: 5_000 },
    servers: {
      'pipe-25': child({ name: 'pipe-25', revision: '2025-11-25', journal }),
      'pipe-26': child({ name: 'pipe-26', revision: '2026-07-28', journal }),
      'web-25': { url: web25.url },
      'web-26': { url: web26.url },
    },
  });
  tell(`isolation: ${size.clients} clients, ${size.calls} calls, seed ${seed}`);
  const started = Date.now();
  const tally = newTally();
  const watched = await watchSubscribers(gateway.url, { servers, findings, count: size.subscribers });
  const chance = new Chance(seed);
  const callers = Array.from({ length: size.clients }, (_, index) => toCaller(gateway.url, index));
  const timer = setInterval(() => tell(`  ${tally.calls} calls, ${findings.count} findings`), TELL_MS);
  const calls = size.calls / size.clients;
  await Promise.all(callers.map((each) => run(each, { calls, chance: chance.fork(each.index), tally, findings })));
  clearInterval(timer);
  const subscriptions = await watched.finish();
  await Promise.all(callers.map(({ client }) => client.close()));
  if (tally.calls < size.calls) findings.add('missing-result', `only ${tally.calls} of ${size.calls} calls were made`);
  for (const web of ['web-25', 'web-26'] as const) {
    if (tally.servers[web].logs === 0) findings.add('missing-logs', `not one log line of ${web}`);
  }
  const seconds = (Date.now() - started) / 1_000;
  return { findings, figures: { clients: size.clients, seconds, ...toFigures(tally, findings), subscriptions } };
}

interface Tally {
  calls: number;
  results: number;
  readonly revisions: Record<Revision, number>;
  readonly servers: Readonly<Record<Server, ServerTally>>;
}

interface ServerTally {
  calls: number;
  progress: number;
  progressAsked: number;
  logs: number;
  logsAsked: number;
}

function newTally(): Tally {
  const none = (): ServerTally => ({ calls: 0, progress: 0, progressAsked: 0, logs: 0, logsAsked: 0 });
  return {
    calls: 0,
    results: 0,
    revisions: { '2025-11-25': 0, '2026-07-28': 0 },
    servers: { 'pipe-25': none(), 'web-25': none(), 'pipe-26': none(), 'web-26': none() },
  };
}

function toFigures({ calls, results, revisions, servers: each }: Tally, findings: Findings) {
  return {
    calls,
    results,
    crossDeliveries: findings.of('cross-delivery'),
    errors: findings.of('error'),
    missing: findings.of('missing-result') + findings.of('missing-progress'),
    progress: sum(each, 'progress'),
    logs: sum(each, 'logs'),
    revisions,
    servers: each,
  };
}

function sum(each: Tally['servers'], what: keyof ServerTally): number {
  return Object.values(each).reduce((total, one) => total + one[what], 0);
}

interface Caller {
  readonly client: Client;
  readonly index: number;
  readonly logs: boolean;
  /** Undefined: through `/mcp`, any server. */
  readonly server: Server | undefined;
  /** Holds a stream of its own, where nothing of others may arrive. */
  readonly listens: boolean;
}

/** Revision, logging, route and stream vary independently, so that every combination is there. */
function toCaller(url: string, index: number): Caller {
  const revision: Revision = index % 2 === 0 ? '2025-11-25' : '2026-07-28';
  const logs = (index >> 1) % 2 === 0;
  const server = (index >> 2) % 2 === 0 ? undefined : servers[(index >> 3) % servers.length];
  const client = new Client(`${url}${server === undefined ? '' : `/servers/${server}`}/mcp`, revision, { logs });
  return { client, index, logs, server, listens: index % 5 === 0 };
}

interface Circumstances {
  readonly calls: number;
  readonly chance: Chance;
  readonly tally: Tally;
  readonly findings: Findings;
}

async function run(caller: Caller, circumstances: Circumstances): Promise<void> {
  const { client, index, listens } = caller;
  const { calls, findings } = circumstances;
  try {
    await client.open();
    if (listens) {
      await client.listen([], (message) => {
        if (foreign(message, []).length === 0) return;
        findings.add('cross-delivery', `on the stream of client ${index}: ${JSON.stringify(message)}`);
      });
    }
    for (let number = 0; number < calls && findings.count < HOPELESS; number += 1)
      await callOnce(caller, number, circumstances);
  } catch (error) {
    findings.add('error', `client ${index} (${client.revision}, ${client.url}): ${String(error)}`);
  }
}

/** One call in eight reads a resource; of the others three in four ask for progress. */
async function callOnce(caller: Caller, number: number, { chance, tally, findings }: Circumstances): Promise<void> {
  const { client, index } = caller;
  const server = caller.server ?? chance.one(servers);
  const own = tally.servers[server];
  const secret = secretOf(index, number, chance.below(0xffff_ffff));
  const pauses = Array.from({ length: chance.below(MAX_STEPS) }, () => chance.below(MAX_PAUSE_MS));
  const progress = chance.below(4) > 0;
  const reads = chance.below(8) === 0;
  const name = caller.server === undefined ? `${server}__echo` : 'echo';
  const answer = reads
    ? await client.ask({
        method: 'resources/read',
        params: { uri: `secret://${server}/${secret}` },
        deadlineMs: DEADLINE_MS,
      })
    : await client.call(name, { secret, pauses }, { progress, deadlineMs: DEADLINE_MS });
  const steps = reads ? 0 : pauses.length;
  const verdict = judge(answer, { secret, steps, progress: progress && !reads, logs: caller.logs });
  for (const { kind, detail } of verdict.wrong)
    findings.add(kind, `${client.revision} ${client.url} ${server} ${detail}`);
  tally.calls += 1;
  tally.revisions[client.revision] += 1;
  if (verdict.wrong.length === 0) tally.results += 1;
  own.calls += 1;
  own.progress += verdict.progress;
  own.progressAsked += progress ? steps : 0;
  own.logs += verdict.logs;
  own.logsAsked += caller.logs ? steps : 0;
}
