/**
 * A child that takes nothing for an answer, forks, and writes without end wherever it can: the gateway's memory stays, its other servers
 * answer, and when the child is to go it is gone with its group.
 */
import { join } from 'node:path';
import { Client, describe } from './client.ts';
import { inMegabytes, wait } from './faults-stage.ts';
import type { Stage } from './faults-stage.ts';
import { child } from './fixture.ts';
import { killIfAlive, SoakGateway } from './gateway.ts';
import { descendants, isAlive } from './processes.ts';
import { until } from './soak.ts';

const GONE_MS = 5_000;
const NOISE_MS = 60_000;
const SETTLED_MS = 30_000;
const MEMORY_BYTES = 20 * 1024 ** 2;
const LOOK_MS = 50;
const NOISE_BEGUN_MS = 500;
const wild = join(import.meta.dirname, '../fixtures/faults/wild-child.ts');

export async function wildChild(stage: Stage) {
  const { small, findings, tell, folder } = stage;
  const calm = child({ name: 'calm', revision: '2025-11-25', journal: join(folder, 'journal') });
  const megabytes = small ? 64 : 1024;
  const both = { servers: { calm, wild: { command: process.execPath, args: [wild, 'serve', String(megabytes)] } } };
  await using gateway = await SoakGateway.started(folder, both);
  const client = new Client(`${gateway.url}/mcp`, '2026-07-28', { logs: false });
  const play: Play = { stage, gateway, client, before: await settledMemory(gateway, client), peak: 0 };

  const noisyMs = await during(play, client.call('wild__noisy', {}, { deadlineMs: NOISE_MS }), 'done');
  tell(
    `  ${megabytes} MB on stderr were read in ${noisyMs} ms, ${inMegabytes(play.peak - play.before)} MB more at most`,
  );
  const endlessMs = await ended(play, 'an endless line', () => void client.call('wild__wild', {}));
  await gateway.allReady(['wild']);
  const removedMs = await ended(play, 'removal', async () => {
    await makeNoise(gateway);
    gateway.write({ servers: { calm } });
  });
  gateway.write(both);
  await gateway.allReady(['calm', 'wild']);
  const keptMb = await settled(play);
  const peakMb = inMegabytes(play.peak - play.before);
  const stopping: ReturnType<SoakGateway['stop']>[] = [];
  const stoppedMs = await ended(play, 'SIGTERM', async () => {
    await makeNoise(gateway);
    stopping.push(gateway.stop());
  });
  for (const { code } of await Promise.all(stopping))
    if (code !== 0) findings.add('ending', `exit code ${code} after SIGTERM\n${gateway.lastWords}`);
  await client.close();
  tell(
    `  gone after ${endlessMs} ms, ${removedMs} ms, ${stoppedMs} ms; ${keptMb} MB more than before, ${peakMb} MB at most`,
  );
  return { noisyMs, goneMs: { endlessMs, removedMs, stoppedMs }, keptMb, peakMb };
}

interface Play {
  readonly stage: Stage;
  readonly gateway: SoakGateway;
  readonly client: Client;
  /** Resident bytes. */
  readonly before: number;
  peak: number;
}

const CALM_CALLS = 300;

/** After it has seen some of everything: what the compiler wants for that is no cost of a fault. */
async function settledMemory(gateway: SoakGateway, client: Client): Promise<number> {
  await client.call('wild__loud', {});
  for (let call = 0; call < CALM_CALLS; call += 1) await client.call('calm__identity', {});
  return gateway.residentBytes;
}

/** How long it took; meanwhile memory is looked at, and the calm server answers. */
async function during(play: Play, work: ReturnType<Client['call']>, expected: string): Promise<number> {
  const { gateway, client, stage } = play;
  const begun = Date.now();
  const state = { over: false };
  void work.finally(() => (state.over = true));
  while (!state.over) {
    await calm(client, stage);
    play.peak = Math.max(play.peak, gateway.residentBytes);
    await wait(LOOK_MS);
  }
  const answer = await work;
  if (!JSON.stringify(answer.response ?? '').includes(expected)) stage.findings.add('failed', describe(answer));
  return Date.now() - begun;
}

/** What it has not given back when all is calm again; what lies about until the collector comes is no cost. */
async function settled({ gateway, client, before, stage }: Play): Promise<number> {
  await until('its memory is as before', SETTLED_MS, async () => {
    await calm(client, stage);
    return gateway.residentBytes - before < MEMORY_BYTES;
  }).catch(() => stage.findings.add('memory', `${inMegabytes(gateway.residentBytes - before)} MB more than before`));
  return inMegabytes(gateway.residentBytes - before);
}

/** How long it takes from what ends it to the end of all of its group. */
async function ended(play: Play, what: string, begin: () => unknown): Promise<number> {
  const { gateway, stage } = play;
  const pids = await ownPids(play, what);
  const all = new Set(pids);
  await begin();
  const begun = Date.now();
  const gone = until(`${what}: its group is gone`, GONE_MS, () => {
    for (const pid of pids) for (const forked of descendants(pid)) all.add(forked);
    play.peak = Math.max(play.peak, memoryOf(gateway));
    return ![...all].some(isAlive);
  });
  await gone.catch(() => undefined);
  const left = [...all].filter(isAlive);
  if (left.length > 0) stage.findings.add('left', `${what}: ${left.length} of ${all.size} live after ${GONE_MS} ms`);
  for (const pid of left) killIfAlive(pid);
  return Date.now() - begun;
}

/** Of the child and what it has forked, once it is there: one that has just gone may still be told of as ready. */
async function ownPids({ client, stage }: Play, what: string): Promise<readonly number[]> {
  let pids: readonly number[] = [];
  let said = '';
  await until(`${what}: its child answers`, SETTLED_MS, async () => {
    const { response } = await client.call('wild__pids', {});
    said = JSON.stringify(response ?? '');
    pids = [...said.matchAll(/\d{2,}/g)].map(([text]) => Number(text)).filter(isAlive);
    return pids.length >= 2;
  }).catch(() => stage.findings.add('weak', `${what}: ${said}`));
  return pids;
}

/** Somebody asks for it and does not wait: the call is over, but the child writes on and hears nothing. */
async function makeNoise(gateway: SoakGateway): Promise<void> {
  const client = new Client(`${gateway.url}/mcp`, '2026-07-28', { logs: false });
  const call = client.call('wild__noisy', {});
  await wait(NOISE_BEGUN_MS);
  await client.close();
  await call;
}

function memoryOf(gateway: SoakGateway): number {
  try {
    return gateway.residentBytes;
  } catch {
    return 0; // it has just ended
  }
}

async function calm(client: Client, { findings }: Stage): Promise<void> {
  const answer = await client.call('calm__identity', {});
  if (!answer.response?.['result']) findings.add('failed', `calm: ${describe(answer)}`);
}
