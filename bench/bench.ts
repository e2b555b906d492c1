/** All that was asked for, part by part. A part that fails is told and the others go on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judged } from './bars.ts';
import { crowded, machine, QUIET_PERCENT } from './facts.ts';
import { busyPercent } from './machine.ts';
import type { Options, SubjectName } from './options.ts';
import { calls } from './parts/calls.ts';
import type { Calls } from './parts/calls.ts';
import { idle, idleKinds, idleName } from './parts/idle.ts';
import type { Idle } from './parts/idle.ts';
import { latency } from './parts/latency.ts';
import type { Latency } from './parts/latency.ts';
import { million } from './parts/million.ts';
import type { Million } from './parts/million.ts';
import { stdio, STDIO } from './parts/stdio.ts';
import { Process, told } from './process.ts';
import type { Measured, Report } from './report.ts';
import type { Plan } from './rounds.ts';
import { gatehouse } from './subjects/gatehouse.ts';
import { haproxy } from './subjects/haproxy.ts';
import { nginx } from './subjects/nginx.ts';
import { direct } from './subjects/subject.ts';
import type { Ground, Subject } from './subjects/subject.ts';
import { buildProduct, buildRevision, compiled, makeCertificate, program } from './tools.ts';
import { workloads } from './workloads.ts';
import type { WorkloadName } from './workloads.ts';

interface Form extends Plan {
  readonly latencySeconds: number;
  readonly idleStreams: number;
  readonly inARow: Readonly<Record<'json-300b' | 'text-20kb', number>>;
}

const quick: Form = {
  rounds: 5,
  seconds: 1,
  warmUpSeconds: 2,
  latencySeconds: 2,
  idleStreams: 1000,
  inARow: { 'json-300b': 100_000, 'text-20kb': 50_000 },
};
const full: Form = {
  rounds: 9,
  seconds: 2,
  warmUpSeconds: 2,
  latencySeconds: 3,
  idleStreams: 5000,
  inARow: { 'json-300b': 1_000_000, 'text-20kb': 1_000_000 },
};

const BUSY_MS = 1000;

export async function bench(asked: Options, tell: (text: string) => void): Promise<Report> {
  const began = new Date().toISOString();
  const form = asked.quick ? quick : full;
  const plan = { ...form, rounds: asked.rounds ?? form.rounds };
  await using stack = new AsyncDisposableStack();
  const ground = await prepare(asked, stack);
  tell('building the gateway');
  const launcher = buildProduct();
  const busy = await busyPercent(BUSY_MS);
  if (busy > QUIET_PERCENT) tell(crowded(busy));
  const failures: string[] = [];
  const measured = await everything({ asked, ground, plan, tell, launcher, failures });
  return {
    quick: asked.quick,
    rounds: plan.rounds,
    ...measured,
    decide: null,
    bars: judged(measured),
    failures,
    machine: machine(began, busy),
  };
}

/** What is missing is said before anything is measured. */
async function prepare(asked: Options, stack: AsyncDisposableStack): Promise<Ground> {
  for (const name of ['wrk', ...asked.subjects.filter((name) => name === 'nginx' || name === 'haproxy')]) program(name);
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const stub = stack.use(new Process(compiled('stub'), ['0']));
  const port = Number(await stub.firstLine());
  return { stub: { port, pid: stub.pid }, folder, started: (child) => void stack.use(child) };
}

interface Running {
  readonly asked: Options;
  readonly ground: Ground;
  readonly plan: Form;
  readonly launcher: string;
  readonly tell: (text: string) => void;
  readonly failures: string[];
}

async function everything(running: Running): Promise<Measured> {
  const plain = await plainParts(running);
  const tls = running.asked.workloads.filter((name) => workloads[name].tls);
  const secured = tls.length > 0 ? await part(running, tls.join(), () => tlsParts(running, tls)) : undefined;
  const lane = running.asked.parts.includes(STDIO) ? await part(running, STDIO, () => stdioPart(running)) : undefined;
  const measured = [...plain.calls, ...(secured ?? []), ...(lane ?? [])];
  return {
    workloads: Object.fromEntries(measured.map(([name, { figures }]) => [name, figures])),
    ratios: Object.assign({}, ...measured.map(([, { ratios }]) => ratios)) as Measured['ratios'],
    latency: plain.latency,
    idle: running.asked.parts.includes('idle') ? await idleParts(running) : null,
    million: running.asked.parts.includes('million') ? await millionParts(running) : null,
  };
}

type Named = readonly [name: string, calls: Calls];

/** All subjects are alive while any of them is measured. */
async function plainParts(running: Running): Promise<{ calls: readonly Named[]; latency: Latency | null }> {
  const { asked, plan, tell } = running;
  const names = asked.workloads.filter((name) => !workloads[name].tls);
  const wantsLatency = asked.parts.includes('latency');
  if (names.length === 0 && !wantsLatency) return { calls: [], latency: null };
  await using stack = new AsyncDisposableStack();
  const subjects = await start(running, { ...running.ground, started: (child) => void stack.use(child) });
  const calls: Named[] = [];
  for (const name of names) calls.push(...((await part(running, name, () => workload(running, name, subjects))) ?? []));
  const how = { rounds: plan.rounds, seconds: plan.latencySeconds, tell };
  const measured = wantsLatency ? await part(running, 'latency', () => latency(subjects, how)) : undefined;
  return { calls, latency: measured ?? null };
}

async function tlsParts(running: Running, names: readonly WorkloadName[]): Promise<readonly Named[]> {
  const { ground } = running;
  await using stack = new AsyncDisposableStack();
  const certificate = makeCertificate(ground.folder);
  const subjects = await start(running, { ...ground, certificate, started: (child) => void stack.use(child) });
  const calls: Named[] = [];
  for (const name of names) calls.push(...(await workload(running, name, subjects)));
  return calls;
}

async function stdioPart({ asked, ground, launcher, plan, tell }: Running): Promise<readonly Named[]> {
  return [[STDIO, await stdio(ground, { names: asked.lane, launcher }, { plan, tell })]];
}

async function workload(
  { ground, plan, tell }: Running,
  name: WorkloadName,
  subjects: readonly Subject[],
): Promise<readonly Named[]> {
  return [[name, await calls(workloads[name], { subjects, direct: direct(ground) }, { plan, tell })]];
}

async function idleParts(running: Running): Promise<Idle> {
  const { ground, launcher, plan, tell } = running;
  const kbPerStream: Record<string, number> = {};
  const certificate = makeCertificate(ground.folder);
  for (const kind of idleKinds) {
    const name = idleName(kind);
    const to = { ...kind, launcher, count: plan.idleStreams };
    const kb = await part(running, `idle ${name}`, () => idle({ ...ground, certificate }, to));
    if (kb === undefined) continue;
    kbPerStream[name] = kb;
    tell(`  ${plan.idleStreams} streams: ${kb} KB each`);
  }
  return { streams: plan.idleStreams, kbPerStream };
}

async function millionParts(running: Running): Promise<Readonly<Record<string, Million>>> {
  const { ground, launcher, plan, tell } = running;
  const rows: Record<string, Million> = {};
  for (const name of ['json-300b', 'text-20kb'] as const) {
    const to = { launcher, workload: name, calls: plan.inARow[name] };
    const row = await part(running, `${to.calls} calls of ${name}`, () => million(ground, to, tell));
    if (row !== undefined) rows[name] = row;
  }
  return rows;
}

/** In the order of the tables. The gateway's other revision stands beside it. */
async function start({ asked, launcher, tell }: Running, ground: Ground): Promise<readonly Subject[]> {
  const starts: Readonly<Record<SubjectName, () => Promise<Subject>>> = {
    direct: () => Promise.resolve(direct(ground)),
    nginx: () => nginx(ground),
    haproxy: () => haproxy(ground),
    gatehouse: () => gatehouse(ground, launcher),
  };
  // The stub has no TLS.
  const names = asked.subjects.filter((name) => name !== 'direct' || ground.certificate === undefined);
  tell(`starting ${names.join(', ')}${ground.certificate ? ' with TLS' : ''}`);
  const subjects: Subject[] = [];
  for (const name of names) subjects.push(await starts[name]());
  if (asked.against !== undefined) {
    const other = buildRevision(asked.against, ground.folder);
    subjects.push(await gatehouse(ground, other, 'against'));
  }
  return subjects;
}

/** A part that fails is told, and the others go on. */
async function part<T>({ tell, failures }: Running, name: string, measure: () => Promise<T>): Promise<T | undefined> {
  tell(name);
  try {
    return await measure();
  } catch (error) {
    const failure = `${name}: ${told(error)}`;
    failures.push(failure);
    tell(`  NOT MEASURED: ${failure}`);
    return undefined;
  }
}
