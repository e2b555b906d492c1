/** More clients than there are descriptors: each is answered or turned away, health answers all the while, and afterwards all is well again. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Client, describe } from './client.ts';
import { RawUpstreams } from './faults-raw.ts';
import { wait } from './faults-stage.ts';
import type { Stage } from './faults-stage.ts';
import { child } from './fixture.ts';
import { SoakGateway } from './gateway.ts';
import { cpuMs } from './processes.ts';
import { until } from './soak.ts';
import { join } from 'node:path';

const DESCRIPTORS = 256;
const CLIENTS = 400;
const SETTLED_MS = 10_000;
const HEALTH_MS = 2_000;
const PROBES = 20;
/** Of one processor, while all that can be there are there and say nothing. */
const IDLE_SHARE = 0.25;
/** Connections to its server that are kept for a while, one for each call that it had at once. */
const KEPT = 90;
const AFTERWARDS = 100;

const BODY =
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"NAME","arguments":{},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"many","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}';

export async function descriptors({ small, findings, tell, folder }: Stage) {
  const rounds = small ? 1 : 5;
  using upstream = await RawUpstreams.started(1);
  const servers = {
    one: { url: upstream.url },
    pipe: child({ name: 'pipe', revision: '2025-11-25', journal: join(folder, 'journal') }),
  };
  const config = { bounds: { connectionsPerAddress: 5_000 }, servers };
  await using gateway = await SoakGateway.started(folder, config, { descriptors: DESCRIPTORS });
  const pid = gateway.pid;
  const baseline = gateway.openFiles;
  let last: Readonly<Record<string, number>> = {};
  let share = 0;
  for (let round = 1; round <= rounds; round += 1) {
    const crowd = Array.from({ length: CLIENTS }, () => new Guest(gateway.url));
    const health = probe(gateway.adminUrl);
    await until('everybody knows', SETTLED_MS, () => crowd.every(({ state }) => state !== 'waiting')).catch(() => {});
    last = tally(crowd);
    const { waiting = 0, answered = 0, odd = 0 } = last;
    if (waiting > 0) findings.add('ignored', `${waiting} clients know nothing after ${SETTLED_MS} ms`);
    if (odd > 0) findings.add('odd', `${odd}: ${crowd.find(({ state }) => state === 'odd')?.said.slice(0, 200)}`);
    if (answered < 16) findings.add('weak', `only ${answered} clients were answered`);
    const before = cpuMs(pid);
    await wait(HEALTH_MS);
    share = Math.max(share, (cpuMs(pid) - before) / HEALTH_MS);
    const slow = await health;
    if (slow !== undefined) findings.add('health', slow);
    tell(
      `  ${round}/${rounds} ${JSON.stringify(last)}, ${gateway.openFiles} files open, ${Math.round(share * 100)} % busy`,
    );
    for (const guest of crowd) guest.leave();
    const most = baseline + KEPT;
    await until('its files are closed', SETTLED_MS, () => gateway.openFiles <= most).catch(() =>
      findings.add('left', `${gateway.openFiles} open files, ${baseline} before`),
    );
  }
  if (share > IDLE_SHARE) findings.add('busy', `${Math.round(share * 100)} % of a processor with nothing to do`);
  if (!gateway.running || gateway.pid !== pid) findings.add('crash', gateway.lastWords);
  await recovers(gateway, findings);
  return { descriptors: DESCRIPTORS, clients: CLIENTS, rounds, ...last, busiestShare: share };
}

/** Asks for health as long as the crowd is there; what was wrong with it. */
async function probe(adminUrl: string): Promise<string | undefined> {
  for (let asked = 0; asked < PROBES; asked += 1) {
    const begun = Date.now();
    try {
      const response = await fetch(`${adminUrl}/healthz`, { signal: AbortSignal.timeout(HEALTH_MS) });
      await response.text();
      if (response.status !== 200) return `healthz says ${response.status}`;
    } catch (error) {
      return `healthz after ${Date.now() - begun} ms: ${String(error)}`;
    }
    await wait(HEALTH_MS / PROBES);
  }
  return undefined;
}

async function recovers(gateway: SoakGateway, findings: Stage['findings']): Promise<void> {
  const client = new Client(`${gateway.url}/mcp`, '2026-07-28', { logs: false });
  for (let call = 0; call < AFTERWARDS; call += 1) {
    const answer = await client.call(call % 2 === 0 ? 'one__echo' : 'pipe__identity', {});
    const result = answer.response?.['result'] as { isError?: boolean } | undefined;
    if (!result || result.isError === true) findings.add('not recovered', describe(answer));
  }
  await client.close();
}

/** Asks one thing, hears what is said, and stays. */
class Guest {
  state: 'waiting' | 'answered' | 'refused' | 'closed' | 'odd' = 'waiting';
  said = '';
  readonly #socket: Socket;

  constructor(url: string) {
    const { host, hostname, port } = new URL(url);
    const headers = ['accept: application/json, text/event-stream', 'content-type: application/json'];
    headers.push('mcp-protocol-version: 2026-07-28', 'mcp-method: tools/call', 'mcp-name: echo');
    const body = BODY.replace('NAME', 'echo');
    const lines = [`host: ${host}`, ...headers, `content-length: ${body.length}`].join('\r\n');
    this.#socket = connect({ host: hostname, port: Number(port) });
    this.#socket.write(`POST /servers/one/mcp HTTP/1.1\r\n${lines}\r\n\r\n${body}`);
    this.#socket.on('data', (chunk: Buffer) => this.#hear(chunk.toString('latin1')));
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      if (this.state === 'waiting') this.state = 'closed';
    });
  }

  leave(): void {
    this.#socket.destroy();
  }

  #hear(text: string): void {
    this.said += text;
    if (!this.said.includes('\r\n\r\n') || !this.said.endsWith('}')) return;
    if (this.said.startsWith('HTTP/1.1 503')) this.state = 'refused';
    else this.state = this.said.startsWith('HTTP/1.1 200') && this.said.includes('"result"') ? 'answered' : 'odd';
  }
}

function tally(crowd: readonly Guest[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { state } of crowd) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
