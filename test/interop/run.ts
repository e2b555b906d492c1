/**
 * `npm run interop`: client libraries that people use against the three quickstart servers behind one gateway. Each server through
 * its own endpoint, listing and calling through the common one too; every result is compared with the server's own over stdio. Those that
 * can start a server also start `gatehouse stdio`, once for each server behind it. Then each against servers of the official SDKs that ask
 * something in mid-call. `--small` leaves out most of what starts a gateway: each such library is tried on one of the servers, and one of them is
 * asked; `--seed N` says which, and is the day where it is not given.
 */
import { parseArgs } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import { exitOnSignals } from '../fixtures/child.ts';
import { startGateway } from '../fixtures/gateway.ts';
import type { RunningGateway } from '../fixtures/gateway.ts';
import { pipedCommand } from '../fixtures/piped-gateway.ts';
import { askEachOther } from './asking.ts';
import { libraries, pipedLibraries } from './clients.ts';
import type { Hop, Library, PipedLibrary } from './clients.ts';
import { within } from './patience.ts';
import { prefixed } from './prefixed.ts';
import type { Row } from './row.ts';
import { askDirectly, prepareServers } from './servers.ts';
import type { Reference, Subject } from './servers.ts';
import { trials } from './trials.ts';
import type { Bench, Trial } from './trials.ts';

const QUIET_MS = 5_000;
const POLL_MS = 50;
const DAY_MS = 24 * 60 * 60 * 1000;
const revisions = ['2026-07-28', '2025-11-25', '2025-06-18'];

exitOnSignals();
const { values } = parseArgs({
  options: { json: { type: 'boolean' }, small: { type: 'boolean' }, seed: { type: 'string' } },
});
const seed = values.small ? Number(values.seed ?? Math.floor(Date.now() / DAY_MS)) : undefined;
if (seed !== undefined) console.log(`the small form, seed ${seed}`);
const rows = [...(await run()), ...(await askEachOther(seed))];
const failed = rows.filter(({ outcome }) => outcome === 'fail');
const unseen = revisions.filter((revision) => !rows.some(({ clientRevision }) => clientRevision === revision));
if (unseen.length > 0) console.log(`FAIL no client spoke ${unseen.join(', ')}`);
console.log(`${rows.length} rows, ${failed.length} failed`);
if (values.json) console.log(JSON.stringify({ rows }));
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
  // Each has a gateway and a server of its own.
  const cases = pipedLibraries.map((library, index) =>
    [...references]
      .filter((_, place) => seed === undefined || place === (index + seed) % references.size)
      .map(([subject, reference]) => ({ library, subject, reference })),
  );
  for (const together of seed === undefined ? cases : [cases.flat()]) {
    const tried = together.map(async ({ library, ...one }) =>
      tryPiped(library, { ...one, upstreamRevision: await revisionOf(gateway, one.subject) }),
    );
    found.push(...(await Promise.all(tried)).flat());
  }
  return found;
}

type Case = Pick<Bench, 'subject' | 'reference'>;

async function tryLibrary(
  gateway: RunningGateway,
  library: Library,
  { subject, reference }: Case,
): Promise<readonly Row[]> {
  const upstreamRevision = await revisionOf(gateway, subject);
  const common = { client: library.name, server: subject.name, upstreamRevision };
  return tryTrials(common, async (hops) => {
    const connect = async (path: string) => {
      const hop = await within(library.connect(gateway.url + path));
      hops.push(hop);
      return hop;
    };
    const own = await connect(`/servers/${subject.name}/mcp`);
    return { subject, reference, own, all: await connect('/mcp'), quiet: () => quiet(gateway) };
  });
}

/** The front has the common endpoint alone, and no metrics: that it is quiet shows in its going on. */
async function tryPiped(
  library: PipedLibrary,
  { subject, reference, upstreamRevision }: Case & { readonly upstreamRevision: string },
): Promise<readonly Row[]> {
  const { name, args, env } = subject;
  await using command = await pipedCommand({ servers: { [name]: { command: process.execPath, args, env } } });
  return await tryTrials({ client: library.name, server: name, upstreamRevision }, async (hops) => {
    const all = await within(library.start(command.args));
    hops.push(all);
    return { subject, reference, own: prefixed(all, name), all, quiet: () => Promise.resolve() };
  });
}

async function revisionOf(gateway: RunningGateway, subject: Subject): Promise<string> {
  return (await gateway.servers()).find(({ name }) => name === subject.name)?.revision ?? 'unknown';
}

async function tryTrials(
  common: Pick<Row, 'client' | 'server' | 'upstreamRevision'>,
  connect: (hops: Hop[]) => Promise<Bench>,
): Promise<readonly Row[]> {
  const hops: Hop[] = [];
  try {
    const bench = await connect(hops);
    const { own } = bench;
    const rows: Row[] = [];
    for (const [method, trial] of Object.entries(trials)) {
      const outcome = await judge(trial, bench, `${common.client} on ${common.server}: ${method}`);
      rows.push({ ...common, method, outcome, clientRevision: own.revision });
    }
    tell(common, rows);
    return rows;
  } catch (error) {
    console.log(`FAIL ${common.client} on ${common.server}: ${String(error)}`);
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

function tell(
  { client, server, upstreamRevision }: Pick<Row, 'client' | 'server' | 'upstreamRevision'>,
  rows: readonly Row[],
): void {
  const results = rows.map(({ method, outcome }) => `${method} ${outcome}`).join(', ');
  console.log(`${client} (${rows[0]?.clientRevision}) on ${server} (${upstreamRevision}): ${results}`);
}
