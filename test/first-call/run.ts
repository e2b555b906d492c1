/**
 * `npm run first-call`: the gateway with its three real servers, started as `npm start` does, and one tool of each called through it in
 * 2026-07-28 and in 2025-11-25. Each result must be the one that the server gives when it is asked without the gateway, and the list must be
 * that of a client which can be asked all that the gateway carries: lists of 2026-07-28 depend on no client.
 */
import { isDeepStrictEqual } from 'node:util';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { StdioServerSettings } from '../../src/core/settings.ts';
import type { Client } from './client.ts';
import { sessionClient, statelessClient } from './http.ts';
import { quickstartServers, startQuickstart } from './quickstart.ts';
import { stdioClient } from './stdio.ts';

const MOST_SECONDS = 60;
const LISTED_MS = 30_000;
const POLL_MS = 100;

/** A tool of each that reads and changes nothing. */
const calls = [
  { package: 'server-everything', tool: 'echo', args: () => ({ message: 'The first call, 你好' }) },
  {
    package: 'server-filesystem',
    tool: 'list_directory',
    args: ({ args, cwd }: StdioServerSettings) => ({ path: resolve(cwd, args.at(-1) ?? '') }),
  },
  { package: 'server-memory', tool: 'read_graph', args: () => ({}) },
];

/** What a server may ask through the gateway; some servers list more to whoever can answer it. */
const askable = { elicitation: {}, sampling: {} };

interface Direct {
  readonly server: string;
  readonly tool: string;
  readonly args: object;
  readonly result: unknown;
  /** How many it lists to a client that can be asked nothing. */
  readonly tools: number;
  /** What it lists to one that can, under the names that the gateway gives them. */
  readonly names: readonly string[];
}

interface Row {
  readonly server: string;
  readonly revision: string;
  readonly tool: string;
  readonly ms: number;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));
process.exitCode = await main();

async function main(): Promise<number> {
  const began = performance.now();
  try {
    await using gateway = await startQuickstart();
    tell(`endpoint ${gateway.url}`);
    const direct = await Promise.all((await quickstartServers()).map(askDirectly));
    await using stateless = statelessClient(gateway.url);
    const tools = await listed(
      stateless,
      direct.flatMap(({ names }) => names),
    );
    await using session = await sessionClient(gateway.url);
    const rows = [...(await callAll(stateless, direct)), ...(await callAll(session, direct))];
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    const plain = direct.reduce((sum, one) => sum + one.tools, 0);
    return judge({ seconds, servers: direct.length, tools, direct: plain, calls: 'ok', rows });
  } catch (error) {
    console.error(`The first call failed: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

interface Report {
  readonly seconds: number;
  readonly servers: number;
  readonly tools: number;
  readonly direct: number;
  readonly calls: 'ok';
  readonly rows: readonly Row[];
}

async function askDirectly(settings: StdioServerSettings): Promise<Direct> {
  const call = calls.find((one) => [settings.command, ...settings.args].some((word) => word.includes(one.package)));
  if (!call) throw new Error(`Nothing is known to call of ${settings.name}`);
  await using client = await stdioClient(settings);
  const args = call.args(settings);
  const result = await client.call(call.tool, args);
  await using able = await stdioClient(settings, askable);
  const names = (await able.tools()).map((name) => `${settings.name}__${name}`);
  return { server: settings.name, tool: call.tool, args, result, tools: (await client.tools()).length, names };
}

/** How many, once they are those. A server may add to its list a moment after it is ready; the gateway then says so, and a client lists again. */
async function listed(client: Client, wanted: readonly string[]): Promise<number> {
  const deadline = performance.now() + LISTED_MS;
  for (;;) {
    const tools = await client.tools();
    const missing = wanted.filter((name) => !tools.includes(name));
    const added = tools.filter((name) => !wanted.includes(name));
    if (missing.length === 0 && added.length === 0) return tools.length;
    if (performance.now() > deadline) {
      throw new Error(`The list is not the servers' own: ${told('missing', missing)}, ${told('added', added)}`);
    }
    await pause(POLL_MS);
  }
}

const told = (what: string, names: readonly string[]): string => `${what} ${names.join(', ') || 'nothing'}`;

async function callAll(client: Client, direct: readonly Direct[]): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const { server, tool, args, result } of direct) {
    const began = performance.now();
    const answered = await client.call(`${server}__${tool}`, args);
    const ms = Math.round((performance.now() - began) * 10) / 10;
    if (!isDeepStrictEqual(answered, result)) {
      throw new Error(
        `${server} ${tool} in ${client.revision} differs.\nThrough the gateway: ${JSON.stringify(answered)}\nDirectly: ${JSON.stringify(result)}`,
      );
    }
    tell(`ok ${client.revision} ${server.padEnd(12)} ${tool.padEnd(16)} ${ms.toFixed(1).padStart(7)} ms`);
    rows.push({ server, revision: client.revision, tool, ms });
  }
  return rows;
}

function judge(report: Report): number {
  const { seconds, servers, tools, direct } = report;
  tell(
    `${servers} servers, ${tools} tools through the gateway, ${direct} to a client that can be asked nothing, ${seconds} s`,
  );
  if (process.argv.includes('--json')) console.log(JSON.stringify(report));
  return servers === calls.length && tools >= direct && seconds < MOST_SECONDS ? 0 : 1;
}

/** Progress is for people; with `--json` stdout's last line is the object. */
function tell(text: string): void {
  console.log(text);
}
