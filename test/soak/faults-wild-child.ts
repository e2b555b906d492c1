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
const MEMORY_BYTES = 20 * 1024 ** 2;
const LOOK_MS = 50;
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
  const endlessMs = await ended(play, 'an endless line', () => void client.call('wild__endless', {}));
  await gateway.allReady(['wild']);
  const removedMs = await ended(play, 'removal', async () => {
    void client.call('wild__wild', {});
    await forked(gateway);
    gateway.write({ servers: { calm } });
  });
  gateway.write(both);
  await gateway.allReady(['calm', 'wild']);
  const grownMb = inMegabytes(play.peak - play.before);
  if (play.peak - play.before > MEMORY_BYTES) findings.add('memory', `${grownMb} MB more than before at its worst`);
  const stoppedMs = await ended(play, 'SIGTERM', async () => {
    void client.call('wild__wild', {});
    await forked(gateway);
    const { code } = await gateway.stop();
    if (code !== 0) findings.add('ending', `exit code ${code} after SIGTERM\n${gateway.lastWords}`);
  });
  await client.close();
  tell(`  gone after ${endlessMs} ms, ${removedMs} ms, ${stoppedMs} ms; ${grownMb} MB more than before at most`);
  return { noisyMs, goneMs: { endlessMs, removedMs, stoppedMs }, grownMb };
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

/** After the heap has seen some traffic. */
async function settledMemory(gateway: SoakGateway, client: Client): Promise<number> {
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

/** From what ends it to the end of all of its group. */
async function ended(play: Play, what: string, begin: () => unknown): Promise<number> {
  const { gateway, client, stage } = play;
  const { response } = await client.call('wild__pids', {});
  const pids = [...JSON.stringify(response ?? '').matchAll(/\d{2,}/g)].map(([text]) => Number(text)).filter(isAlive);
  const all = new Set(pids);
  if (pids.length < 2) stage.findings.add('weak', `${what}: ${JSON.stringify(response)}`);
  const learn = (): void => {
    for (const pid of pids.flatMap((each) => descendants(each))) all.add(pid);
  };
  const learning = setInterval(learn, LOOK_MS);
  const begun = Date.now();
  const beginning = Promise.resolve(begin());
  let told = begun;
  // what is asked for is asked for once `begin` has written it; the end of SIGTERM is the end of `begin`
  void beginning.then(() => (told = Math.max(told, begun)));
  await until(`${what}: its group is gone`, GONE_MS * 2, () => {
    if (gateway.running) play.peak = Math.max(play.peak, memoryOf(gateway));
    return ![...all].some(isAlive);
  }).catch(() => undefined);
  clearInterval(learning);
  await beginning;
  const ms = Date.now() - begun;
  const left = [...all].filter(isAlive);
  if (left.length > 0 || ms > GONE_MS)
    stage.findings.add('left', `${what}: ${left.length} of ${all.size} after ${ms} ms`);
  for (const pid of left) killIfAlive(pid);
  return ms;
}

function memoryOf(gateway: SoakGateway): number {
  try {
    return gateway.residentBytes;
  } catch {
    return 0; // it has just ended
  }
}

/** It writes: what it has forked for that is there. */
async function forked(gateway: SoakGateway): Promise<void> {
  await until('it has forked', GONE_MS, () => gateway.children.length >= 4);
}

async function calm(client: Client, { findings }: Stage): Promise<void> {
  const answer = await client.call('calm__identity', {});
  if (!answer.response?.['result']) findings.add('failed', `calm: ${describe(answer)}`);
}
