/**
 * The configuration changes again and again under load. No call that may succeed fails, a removed name is as unknown as any, children
 * and streams that a change does not concern notice nothing, a broken file changes nothing, and old snapshots die. At last it is ended.
 */
import { join } from 'node:path';
import { Client } from './client.ts';
import { Certificates } from './reload-certificates.ts';
import { readJournal, HttpFixture } from './fixture.ts';
import { SoakGateway } from './gateway.ts';
import { Load } from './load.ts';
import { Plan, steady } from './plan.ts';
import type { Swap } from './plan.ts';
import { Chance } from './random.ts';
import { checkBroken, checkMended, checkUnknown } from './reload-checks.ts';
import { checkEndings } from './reload-ending.ts';
import { Findings, until } from './soak.ts';
import type { Options, Report } from './soak.ts';
import { SteadyStreams } from './steady-streams.ts';

const SWAPPED_MS = 10_000;
const BEGUN_MS = 10_000;
const SETTLED_MS = 20_000;
/** Longer than a swap takes, so that it is still running when its server is gone. */
const ACROSS_MS = 1_200;
const ACROSS_CALLS = 4;
const BROKEN_EVERY = 5;

export async function reload({ small, seed, from, tell }: Options, folder: string): Promise<Report> {
  const rounds = small ? 8 : 200;
  const findings = new Findings(tell);
  const journal = join(folder, 'journal');
  await using keep = await HttpFixture.started({ name: 'keep-web', revision: '2025-11-25', journal });
  await using gamma = await HttpFixture.started({ name: 'gamma', revision: '2026-07-28', journal });
  const certificates = new Certificates(folder);
  const plan = new Plan(journal, { keep: keep.url, gamma: gamma.url }, certificates.tls);
  const chance = new Chance(seed);
  for (let skipped = 1; skipped < from; skipped += 1) plan.next(chance, skipped);
  await using gateway = await SoakGateway.started(folder, plan.config);
  const load = new Load(gateway.url, findings);
  for (const name of plan.names) load.targets.add(name);
  const streams = await SteadyStreams.opened(gateway.url, findings);
  const run: Run = { gateway, plan, certificates, load, streams, findings, journal, pids: new Map(), across: 0 };
  await learnPids(run, 'before');
  tell(`reload: ${rounds} swaps, seed ${seed}`);
  await load.start(small ? 8 : 24, new Chance(seed + 1));

  try {
    for (let round = Math.max(1, from); round <= rounds; round += 1) {
      tell(`  ${round}/${rounds} ${await playRound(run, round, chance)}, ${load.calls} calls so far`);
    }
  } finally {
    await load.finish();
  }
  const snapshots = await checkEnd(run);
  const listChanges = streams.listChanges;
  if (listChanges.includes(0))
    findings.add('stream', `tools/list_changed on the streams of /mcp: ${listChanges.join()}`);
  await streams.close();
  const failed = findings.of('failed');
  const endings = await checkEndings({ folder, findings, clients: small ? 8 : 24 });
  tell(`  ended under load after ${endings.busy.ms} ms, with a hung upstream after ${endings.hung.ms} ms`);
  const figures = {
    swaps: rounds,
    calls: load.calls,
    failed,
    acrossSwaps: run.across,
    listChanges,
    snapshots,
    endings,
  };
  if (run.across === 0) findings.add('weak', 'no call was in flight to a server that went away');
  return { findings, figures };
}

interface Run {
  readonly gateway: SoakGateway;
  readonly plan: Plan;
  readonly certificates: Certificates;
  readonly load: Load;
  readonly streams: SteadyStreams;
  readonly findings: Findings;
  readonly journal: string;
  /** Of the children, by server. */
  readonly pids: Map<string, number>;
  across: number;
}

/** Every fifth begins with a broken file, which the good one then mends. */
async function playRound(run: Run, round: number, chance: Chance): Promise<string> {
  const { gateway, plan, findings } = run;
  const how = round % 2 === 0 ? 'rename' : 'in-place';
  // which only another configuration mends
  const broken = round % BROKEN_EVERY === 2 && !plan.changesCertificate(round);
  if (broken) await checkBroken({ gateway, plan, findings, how, variant: Math.floor(round / BROKEN_EVERY) });
  const swap = plan.next(chance, round);
  const ms = await perform(run, swap, how);
  if (broken) await checkMended({ gateway, findings });
  return `${swap.what} ${[...swap.gone, ...swap.came].join(' -> ')}: in effect after ${ms} ms`;
}

/** One swap, from the last calls to what goes until what came answers; how long it took to be in effect. */
async function perform(run: Run, swap: Swap, how: 'in-place' | 'rename'): Promise<number> {
  const { gateway, plan, certificates, load, streams, findings } = run;
  for (const name of swap.gone) load.targets.delete(name);
  const callers = await Promise.all(Array.from({ length: ACROSS_CALLS }, (_, index) => load.client(index)));
  const last = swap.gone.map((name) => Promise.all(callers.map((client) => load.call(client, name, ACROSS_MS))));
  await Promise.all(swap.gone.map((name) => begun(run, name)));
  const started = Date.now();
  if (swap.what === 'certificate') await certificates.change(gateway.url, how, findings);
  else gateway.write(plan.config, how);
  const expected = plan.names.toSorted().join();
  let seen = '';
  await until('the swap', SWAPPED_MS, async () => {
    seen = (await gateway.ready()).servers
      .map(({ name }) => name)
      .toSorted()
      .join();
    return seen === expected;
  }).catch(() => findings.add('swap', `${swap.what}: readyz lists ${seen}, not ${expected}\n${gateway.lastWords}`));
  const ms = Date.now() - started;
  run.across += [...load.inFlight.values()].filter(
    ({ server, at }) => swap.gone.includes(server) && at <= started,
  ).length;
  for (const name of swap.gone) {
    run.pids.delete(name);
    await checkUnknown({ gateway, findings, name });
  }
  await gateway.allReady(swap.came);
  for (const name of swap.came) load.targets.add(name);
  await learnPids(run, `after ${swap.what} of ${[...swap.gone, ...swap.came].join(' -> ')}`);
  await streams.check(`after ${swap.what}`);
  await Promise.all(last);
  return ms;
}

/** Begun is what the upstream has written down: what is still on its way may meet the next configuration. */
async function begun({ load, journal, findings }: Run, server: string): Promise<void> {
  await until('its calls have begun', BEGUN_MS, () => {
    const open = [...load.inFlight].filter(([, call]) => call.server === server).map(([key]) => key);
    const written = new Set(readJournal(journal).map(({ key }) => key));
    return open.length >= ACROSS_CALLS && open.every((key) => written.has(key));
  }).catch((error: unknown) => findings.add('weak', `${server}: ${String(error)}`));
}

/** A child that was there before is the same process now. */
async function learnPids({ gateway, plan, pids, findings }: Run, when: string): Promise<void> {
  const client = new Client(`${gateway.url}/mcp`, '2026-07-28', { logs: false });
  for (const name of plan.pipes) {
    const answer = await client.call(`${name}__identity`, {});
    const pid = Number(/pid\\*":(\d+)/.exec(JSON.stringify(answer.response ?? ''))?.[1]);
    const before = pids.get(name);
    if (!(pid > 0)) findings.add('failed', `identity of ${name} ${when}: ${JSON.stringify(answer.response)}`);
    else if (before !== undefined && before !== pid) findings.add('pid', `${name}: ${before} became ${pid} ${when}`);
    pids.set(name, pid);
  }
  await client.close();
}

/** With the streams still open: they hold addresses, no snapshots. */
async function checkEnd({ gateway, plan, findings, streams }: Run): Promise<number | undefined> {
  let snapshots: number | undefined;
  const one = async () => {
    snapshots = await gateway.gauge('gatehouse_snapshots');
    return snapshots === 1;
  };
  await until('one snapshot', SETTLED_MS, one).catch(() => findings.add('left', `gatehouse_snapshots is ${snapshots}`));
  await until('one child each', SETTLED_MS, () => gateway.children.length === plan.pipes.length).catch(() => {
    findings.add('left', `${gateway.children.length} children for ${plan.pipes.join()}`);
  });
  await streams.check('at the end');
  if (!steady.every((name) => plan.names.includes(name))) throw new Error('The steady servers went away');
  return snapshots;
}
