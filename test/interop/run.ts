/**
 * `npm run interop`: client libraries that people use against the three quickstart servers behind one gateway. Each server through
 * its own endpoint, listing and calling through the common one too; every result is compared with the server's own over stdio.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { exitOnSignals } from '../fixtures/child.ts';
import { startGateway } from '../fixtures/gateway.ts';
import type { RunningGateway } from '../fixtures/gateway.ts';
import { libraries } from './clients.ts';
import type { Hop, Library } from './clients.ts';
import { askDirectly, prepareServers } from './servers.ts';
import type { Reference, Subject } from './servers.ts';
import { trials } from './trials.ts';
import type { Bench, Trial } from './trials.ts';

const TRIAL_MS = 20_000;
const QUIET_MS = 5_000;
const POLL_MS = 50;
const revisions = ['2026-07-28', '2025-11-25', '2025-06-18'];

interface Row {
  readonly client: string;
  readonly server: string;
  readonly method: string;
  readonly outcome: 'ok' | 'absent' | 'fail';
  readonly clientRevision: string;
  readonly upstreamRevision: string;
}

exitOnSignals();
const rows = await run();
const failed = rows.filter(({ outcome }) => outcome === 'fail');
const unseen = revisions.filter((revision) => !rows.some(({ clientRevision }) => clientRevision === revision));
if (unseen.length > 0) console.log(`FAIL no client spoke ${unseen.join(', ')}`);
console.log(`${rows.length} rows, ${failed.length} failed`);
if (process.argv.includes('--json')) console.log(JSON.stringify({ rows }));
// Clients keep sockets open for a while after they were closed.
process.exit(failed.length === 0 && unseen.length === 0 ? 0 : 1);

async function run(): Promise<readonly Row[]> {
  await using samples = await prepareServers();
  const { subjects } = samples;
  const references = new Map<Subject, Reference>();
  for (const subject of subjects) references.set(subject, await askDirectly(subject));
  const servers = Object.fromEntries(
    subjects.map(({ name, args, env }) => [name, { command: process.execPath, args, env }]),
  );
  await using gateway = await startGateway({ servers });
  const found: Row[] = [];
  // One after the other, so that what a cancelled call leaves behind is its own.
  for (const library of libraries) {
    for (const [subject, reference] of references) {
      found.push(...(await tryLibrary(gateway, library, { subject, reference })));
    }
  }
  return found;
}

async function tryLibrary(
  gateway: RunningGateway,
  library: Library,
  { subject, reference }: Pick<Bench, 'subject' | 'reference'>,
): Promise<readonly Row[]> {
  const upstream = (await gateway.servers()).find(({ name }) => name === subject.name);
  const common = { client: library.name, server: subject.name, upstreamRevision: upstream?.revision ?? 'unknown' };
  const hops: Hop[] = [];
  const connect = async (path: string) => {
    const hop = await within(library.connect(gateway.url + path));
    hops.push(hop);
    return hop;
  };
  try {
    const own = await connect(`/servers/${subject.name}/mcp`);
    const bench: Bench = { subject, reference, own, all: await connect('/mcp'), quiet: () => quiet(gateway) };
    const rows: Row[] = [];
    for (const [method, trial] of Object.entries(trials)) {
      const outcome = await judge(trial, bench, `${library.name} on ${subject.name}: ${method}`);
      rows.push({ ...common, method, outcome, clientRevision: own.revision });
    }
    tell(common, rows);
    return rows;
  } catch (error) {
    console.log(`FAIL ${library.name} on ${subject.name}: ${String(error)}`);
    const lost = { ...common, outcome: 'fail', clientRevision: hops[0]?.revision ?? 'none' } as const;
    return Object.keys(trials).map((method) => ({ ...lost, method }));
  } finally {
    await Promise.all(hops.map((hop) => within(hop.close()).catch(() => undefined)));
  }
}

async function judge(trial: Trial, bench: Bench, what: string): Promise<Row['outcome']> {
  try {
    return await within(trial(bench));
  } catch (error) {
    console.log(`FAIL ${what}: ${error instanceof Error ? error.message : String(error)}`);
    return 'fail';
  }
}

/** Nothing is in flight any more: the gateway's own gauge says so. */
async function quiet(gateway: RunningGateway): Promise<void> {
  const deadline = Date.now() + QUIET_MS;
  for (;;) {
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    const legs = /^gatehouse_legs(?:\{[^}]*\})? (\S+)$/m.exec(metrics)?.[1];
    if (legs === '0') return;
    if (Date.now() > deadline) throw new Error(`gatehouse_legs is ${legs ?? 'not there'} long after the cancellation`);
    await pause(POLL_MS);
  }
}

async function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing after ${TRIAL_MS} ms`)), TRIAL_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function tell({ client, server }: Pick<Row, 'client' | 'server'>, rows: readonly Row[]): void {
  const results = rows.map(({ method, outcome }) => `${method} ${outcome}`).join(', ');
  console.log(`${client} (${rows[0]?.clientRevision}) on ${server}: ${results}`);
}
