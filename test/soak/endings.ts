/** How the gateway ends, asked and unasked: no process and no connection may be left, not even those that do not want to go. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from './client.ts';
import { killIfAlive, SoakGateway } from './gateway.ts';
import { connectionsTo, descendants, isAlive, startedWith } from './processes.ts';
import { until } from './soak.ts';
import type { Findings } from './soak.ts';

const STOP_MS = 15_000;
const ORPHAN_MS = 5_000;
const CALLS = 5;

interface Stopping {
  readonly gateway: SoakGateway;
  readonly findings: Findings;
  /** Of the web servers. */
  readonly ports: readonly number[];
  /** A child that is stopped when the end comes: it hears neither the end of input nor SIGTERM. */
  readonly stopped: string;
}

export async function checkStopped({ gateway, findings, ports, stopped }: Stopping) {
  const children = descendants(gateway.pid);
  for (const pid of startedWith('--stdio', '--name', stopped)) if (children.includes(pid)) process.kill(pid, 'SIGSTOP');
  const { code, ms } = await gateway.stop();
  if (code !== 0) findings.add('ending', `exit code ${code} after SIGTERM\n${gateway.lastWords}`);
  if (ms > STOP_MS) findings.add('ending', `${ms} ms from SIGTERM to the end without a call in flight`);
  const processes = leftOf(children, findings, 'after SIGTERM');
  const sockets = ports.reduce((sum, port) => sum + connectionsTo(port), 0);
  if (sockets > 0) findings.add('left', `${sockets} connections to web servers after the end`);
  return { stopMs: ms, left: { processes, sockets } };
}

interface Killing {
  readonly folder: string;
  readonly servers: object;
  readonly findings: Findings;
}

/** kill -9 of the gateway with calls in its children: they are gone too, the one that ignores the end of input included. */
export async function checkKilled({ folder, servers, findings }: Killing) {
  const own = join(folder, 'killed');
  await mkdir(own);
  await using gateway = await SoakGateway.started(own, { servers });
  const children = descendants(gateway.pid);
  const client = new Client(`${gateway.url}/mcp`, '2026-07-28', { logs: false });
  const calls = Array.from({ length: CALLS }, () => client.call('calm-pipe__slow', { ms: 60_000 }));
  await client.call('calm-pipe__identity', {});
  const started = Date.now();
  gateway.kill();
  await until('its children are gone', ORPHAN_MS, () => !children.some(isAlive) && !gateway.running).catch(() => {});
  const orphansMs = Date.now() - started;
  const orphans = leftOf(children, findings, `${orphansMs} ms after kill -9 of the gateway`);
  await Promise.all(calls);
  await client.close();
  return { orphans, orphansMs };
}

/** Counted, told, and ended, so that a failed soak leaves nothing either. */
function leftOf(pids: readonly number[], findings: Findings, when: string): number {
  const left = pids.filter(isAlive);
  for (const pid of left) {
    findings.add('left', `process ${pid} lives ${when}`);
    killIfAlive(pid);
  }
  return left.length;
}
