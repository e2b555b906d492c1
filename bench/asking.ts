/**
 * `node bench/asking.ts`: what a call costs in whose middle the server asks something, answered at once. Rounds of all pairs take turns, so that the
 * machine's moods meet them alike: one caller for the time of a call, many at once for the gateway's CPU. `--rounds N`, `--json`; Linux, a minute.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sessionClient, statelessClient } from './asking/client.ts';
import type { Client, Target } from './asking/client.ts';
import { crowded, machine, QUIET_PERCENT } from './facts.ts';
import { busyPercent, cpuMicros } from './machine.ts';
import { Process, told } from './process.ts';
import { median, rounded } from './statistics.ts';
import { startGateway } from './subjects/gatehouse.ts';
import { buildProduct } from './tools.ts';

const ALONE_MS = 400;
const TOGETHER_MS = 800;
/** No more than one caller may have parked. */
const CALLERS = 16;
const ROUNDS = 9;
const BUSY_MS = 1000;

interface Pair {
  readonly name: string;
  readonly client: '2025-11-25' | '2026-07-28';
  readonly target: Target;
  /** Whose CPU is charged; without a gateway nobody's. */
  readonly pid: number | undefined;
}

interface Round {
  readonly p50Ms: number;
  readonly cpuMicros: number | undefined;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));
const { values } = parseArgs({ options: { json: { type: 'boolean' }, rounds: { type: 'string' } } });
process.exitCode = await main(Number(values.rounds ?? ROUNDS)).catch((error: unknown) => {
  console.error(`The bench did not run: ${told(error)}`);
  return 1;
});

async function main(rounds: number): Promise<number> {
  const began = new Date().toISOString();
  await using stack = new AsyncDisposableStack();
  const pairs = await prepare(stack);
  const busy = await busyPercent(BUSY_MS);
  if (busy > QUIET_PERCENT) console.log(crowded(busy));
  const measured = new Map<Pair, Round[]>(pairs.map((pair) => [pair, []]));
  const clients = new Map<Pair, readonly Client[]>();
  for (const pair of pairs)
    clients.set(pair, await Promise.all(Array.from({ length: CALLERS }, () => opened(pair, stack))));
  for (let round = 0; round <= rounds; round += 1) {
    for (const pair of pairs) {
      const figures = await perform(clients.get(pair) ?? [], pair.pid);
      // The first is for warming up.
      if (round > 0) measured.get(pair)?.push(figures);
    }
    if (round > 0) console.log(`round ${round}/${rounds}`);
  }
  const rows = pairs.map((pair) => row(pair, measured.get(pair) ?? []));
  console.log(`\n${table(rows)}`);
  if (values.json) console.log(JSON.stringify({ rounds, callers: CALLERS, rows, machine: machine(began, busy) }));
  return 0;
}

async function prepare(stack: AsyncDisposableStack): Promise<readonly Pair[]> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-asking-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const url = async (revision: string): Promise<string> => {
    const server = stack.use(new Process(process.execPath, [join(import.meta.dirname, 'asking/server.ts'), revision]));
    return `http://127.0.0.1:${await server.firstLine()}/mcp`;
  };
  const [older, newer] = [await url('2025-11-25'), await url('2026-07-28')];
  const { origin, pid } = await startGateway(
    { folder, started: (child) => void stack.use(child) },
    {
      name: 'asking',
      launcher: buildProduct(),
      servers: { older: { url: older, protocol: '2025-11-25' }, newer: { url: newer, protocol: '2026-07-28' } },
    },
  );
  const through = (tool: string, asks = true): Pick<Pair, 'target' | 'pid'> => ({
    target: { url: `${origin}/mcp`, tool, asks },
    pid,
  });
  const straight = { target: { url: older, tool: 'ask', asks: true }, pid: undefined };
  return [
    { name: '2025 client on a 2025 server, no gateway', client: '2025-11-25', ...straight },
    { name: '2025 client, 2025 server: asked the direct way', client: '2025-11-25', ...through('older__ask') },
    { name: '2026 client, 2025 server: parked and resumed', client: '2026-07-28', ...through('older__ask') },
    { name: '2026 client, 2026 server', client: '2026-07-28', ...through('newer__ask') },
    { name: '2025 client, 2026 server: asked by the edge', client: '2025-11-25', ...through('newer__ask') },
    { name: '2025 client, 2025 server: nothing is asked', client: '2025-11-25', ...through('older__tell', false) },
    { name: '2026 client, 2025 server: nothing is asked', client: '2026-07-28', ...through('older__tell', false) },
  ];
}

async function opened({ client, target }: Pair, stack: AsyncDisposableStack): Promise<Client> {
  return stack.use(client === '2025-11-25' ? await sessionClient(target) : statelessClient(target));
}

async function perform(clients: readonly Client[], pid: number | undefined): Promise<Round> {
  const alone = await calls(clients.slice(0, 1), ALONE_MS);
  const before = pid === undefined ? 0 : cpuMicros(pid);
  const together = await calls(clients, TOGETHER_MS);
  const used = pid === undefined ? undefined : (cpuMicros(pid) - before) / together.length;
  return { p50Ms: median(alone), cpuMicros: used };
}

/** How long each took. Every client begins its next call when it has the result of the last. */
async function calls(clients: readonly Client[], ms: number): Promise<readonly number[]> {
  const taken: number[] = [];
  const deadline = performance.now() + ms;
  const work = clients.map(async (client) => {
    for (let began = performance.now(); began < deadline; began = performance.now()) {
      await client.call();
      taken.push(performance.now() - began);
    }
  });
  await Promise.all(work);
  return taken;
}

interface Row {
  readonly pair: string;
  readonly p50Ms: number;
  readonly cpuMicros: number | null;
}

function row({ name, pid }: Pair, rounds: readonly Round[]): Row {
  const cpu = rounds.map(({ cpuMicros: used }) => used ?? 0);
  return {
    pair: name,
    p50Ms: rounded(median(rounds.map(({ p50Ms }) => p50Ms))),
    cpuMicros: pid === undefined ? null : Math.round(median(cpu)),
  };
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ pair, p50Ms, cpuMicros: used }) => `| ${pair} | ${p50Ms} | ${used ?? ''} |`);
  return ['| pair | ms a call, p50 | gateway CPU a call, µs |', '|---|---|---|', ...lines].join('\n');
}
