/** The gateway is killed without a word: five seconds later nothing is left of what it has started, nor of what that has started. */
import { Client } from './client.ts';
import type { Stage } from './faults-stage.ts';
import { child } from './fixture.ts';
import { killIfAlive, SoakGateway } from './gateway.ts';
import { descendants, isAlive } from './processes.ts';
import { until } from './soak.ts';
import { join } from 'node:path';

const GONE_MS = 5_000;
const wild = join(import.meta.dirname, '../fixtures/faults/wild-child.ts');

export async function killed({ small, findings, tell, folder }: Stage) {
  const rounds = small ? 1 : 5;
  const journal = join(folder, 'journal');
  const meek = child({ name: 'meek', revision: '2025-11-25', journal });
  const stubborn = child({ name: 'stubborn', revision: '2026-07-28', journal }, '--stubborn');
  const servers = {
    meek,
    stubborn,
    // as npx does it: the server is the child of a shell
    wrapped: { command: '/bin/sh', args: ['-c', `"$0" "$@"; true`, meek.command, ...meek.args] },
    wild: { command: process.execPath, args: [wild] },
  };
  let latestMs = 0;
  let processes = 0;
  for (let round = 0; round < rounds; round += 1) {
    await using gateway = await SoakGateway.started(folder, { servers });
    const client = new Client(`${gateway.url}/mcp`, '2026-07-28', { logs: false });
    const calls = [client.call('meek__slow', { ms: 60_000 }), client.call('wild__noisy', {})];
    await client.call('stubborn__identity', {});
    const pids = descendants(gateway.pid);
    processes = pids.length;
    // four servers, what two of them have forked, and the guardian
    if (processes < 7) findings.add('weak', `only ${processes} processes below the gateway`);
    const begun = Date.now();
    gateway.kill();
    await until('all are gone', GONE_MS, () => !pids.some(isAlive)).catch(() => undefined);
    latestMs = Math.max(latestMs, Date.now() - begun);
    for (const pid of pids.filter(isAlive)) {
      findings.add('left', `process ${pid} lives ${GONE_MS} ms after the gateway was killed`);
      killIfAlive(pid);
    }
    await Promise.all(calls);
    await client.close();
  }
  tell(`  killed ${rounds} times: ${processes} processes gone after ${latestMs} ms at the latest`);
  return { rounds, processes, latestMs };
}
