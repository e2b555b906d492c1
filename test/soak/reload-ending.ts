/**
 * The end that is asked for, under load: readiness is off at once, what an upstream has begun is answered, and the process ends well. With
 * an upstream that hangs it ends at the drain time, and not before.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, describe } from './client.ts';
import type { Answer, Revision } from './client.ts';
import { child, HttpFixture, readJournal } from './fixture.ts';
import { SoakGateway } from './gateway.ts';
import { until } from './soak.ts';
import type { Findings } from './soak.ts';

const CALL_MS = 800;
const BEGUN_MS = 10_000;
/** Of a machine that has other things to do as well. */
const UNREADY_MS = 500;
const DRAIN_MS = 2_000;
/** From the drain time to the end of the process. */
const AFTER_MS = 3_000;
const REVISIONS: readonly Revision[] = ['2025-11-25', '2026-07-28'];

interface Ending {
  readonly folder: string;
  readonly findings: Findings;
  readonly clients: number;
}

export async function checkEndings(ending: Ending) {
  const own = join(ending.folder, 'ending');
  await mkdir(own);
  const journal = join(own, 'journal');
  await using web = await HttpFixture.started({ name: 'web', revision: '2026-07-28', journal });
  const servers = { web: { url: web.url }, pipe: child({ name: 'pipe', revision: '2025-11-25', journal }) };
  const busy = await endBusy({ ...ending, folder: own, servers, journal });
  const hung = await endHung({ ...ending, folder: own, servers });
  return { busy, hung };
}

interface Played extends Ending {
  readonly servers: object;
}

/** Every worker calls until it is refused. */
async function endBusy({ folder, findings, clients, servers, journal }: Played & { readonly journal: string }) {
  await using gateway = await SoakGateway.started(folder, { bounds: { connectionsPerAddress: 5_000 }, servers });
  const begun = new Map<string, Promise<Answer>>();
  const state = { over: false, calls: 0 };
  const work = async (index: number) => {
    const client = new Client(`${gateway.url}/mcp`, REVISIONS[index % 2] ?? '2026-07-28', { logs: false });
    await client.open();
    while (!state.over) {
      const key = `end-${(state.calls += 1)}`;
      const server = state.calls % 3 === 0 ? 'pipe' : 'web';
      const answer = client.call(`${server}__count`, { key, pauses: [CALL_MS] }, { deadlineMs: BEGUN_MS });
      begun.set(key, answer);
      await answer;
    }
    await client.close();
  };
  const workers = Array.from({ length: clients }, (_, index) => work(index));
  await until('everybody has been answered twice', BEGUN_MS, () => state.calls > clients * 3);
  const inFlight = new Map([...readJournal(journal)].flatMap(({ key }) => pair(key, begun.get(key))));
  const ended = gateway.stop();
  state.over = true;
  const unreadyMs = await unready(gateway);
  if (!(unreadyMs < UNREADY_MS)) findings.add('ready', `readyz was ready ${unreadyMs} ms after SIGTERM`);
  let answered = 0;
  for (const [key, call] of inFlight) {
    const answer = await call;
    if (JSON.stringify(answer.response?.['result'] ?? '').includes(key)) answered += 1;
    else findings.add('failed', `${key} was in flight at SIGTERM: ${describe(answer)}`);
  }
  await Promise.all(workers);
  const { code, ms } = await ended;
  if (code !== 0) findings.add('ending', `exit code ${code} after SIGTERM under load\n${gateway.lastWords}`);
  if (answered < clients) findings.add('weak', `only ${answered} calls had been begun`);
  return { calls: state.calls, answered, unreadyMs, code, ms };
}

function pair(key: string, call: Promise<Answer> | undefined): readonly (readonly [string, Promise<Answer>])[] {
  return call ? [[key, call]] : [];
}

/** How long after the signal readyz says something else; the listener may be gone before. */
async function unready(gateway: SoakGateway): Promise<number> {
  const signalled = Date.now();
  const off = async () => {
    const { status, text } = await gateway.ready().catch(() => ({ status: 0, text: '' }));
    return status === 0 || (status === 503 && text.includes('draining'));
  };
  await until('readyz is off', BEGUN_MS, off);
  return Date.now() - signalled;
}

async function endHung({ folder, findings, servers }: Played) {
  const bounds = { drainTimeout: `${DRAIN_MS}ms` };
  await using gateway = await SoakGateway.started(folder, { bounds, servers });
  const clients = REVISIONS.map((revision) => new Client(`${gateway.url}/mcp`, revision, { logs: false }));
  for (const client of clients) await client.open();
  const calls = clients.flatMap((client) => [client.call('web__hang', {}), client.call('pipe__hang', {})]);
  await until('all hang', BEGUN_MS, async () => (await gateway.gauge('gatehouse_legs')) === calls.length);
  const { code, ms } = await gateway.stop();
  if (code !== 0) findings.add('ending', `exit code ${code} with a hung upstream\n${gateway.lastWords}`);
  if (ms < DRAIN_MS || ms > DRAIN_MS + AFTER_MS)
    findings.add('ending', `${ms} ms from SIGTERM to the end with a hung upstream; the drain time is ${DRAIN_MS} ms`);
  for (const answer of await Promise.all(calls))
    if (answer.response?.['result'] !== undefined && !JSON.stringify(answer.response).includes('isError'))
      findings.add('untrue', `a call that hung has a result: ${describe(answer)}`);
  for (const client of clients) await client.close();
  return { code, ms, drainMs: DRAIN_MS };
}
