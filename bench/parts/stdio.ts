/**
 * A lane of its own: who puts a stdio server behind streamable HTTP, and what a call costs there. Clients speak 2025-11-25, in a session, which
 * all subjects know. The server is a C stub, and its own time is not counted. All run as they come, but for what lets them serve
 * one session with one child.
 */
import { exchange } from '../exchange.ts';
import { peakRssMb, resetPeak } from '../machine.ts';
import { peer } from '../peers.ts';
import type { PeerName } from '../peers.ts';
import { freePorts, Process } from '../process.ts';
import { figures, ratio } from '../report.ts';
import type { Figures } from '../report.ts';
import { measure } from '../rounds.ts';
import type { Load, Plan } from '../rounds.ts';
import { openSession, sessionCall } from '../session.ts';
import { startGateway } from '../subjects/gatehouse.ts';
import type { Ground } from '../subjects/subject.ts';
import { compiled } from '../tools.ts';
import type { Calls } from './calls.ts';

export const STDIO = 'stdio-300b';
export const laneNames = ['mcp-proxy', 'supergateway', 'gatehouse'] as const;
export type LaneName = (typeof laneNames)[number];

export interface LaneTo {
  readonly names: readonly LaneName[];
  readonly launcher: string;
}

export async function stdio(
  ground: Ground,
  { names, launcher }: LaneTo,
  how: { readonly plan: Plan; readonly tell: (text: string) => void },
): Promise<Calls> {
  await using stack = new AsyncDisposableStack();
  const lane: Lane = {
    folder: ground.folder,
    started: (child) => void stack.use(child),
    stub: compiled('stdio-stub'),
    launcher,
    tell: how.tell,
  };
  const loads: Load[] = [];
  for (const name of names) loads.push(await opened(name, lane));
  for (const { pid } of loads) resetPeak(pid);
  const rounds = await measure(loads, how.plan, how.tell);
  for (const load of loads) await verify(load);
  const of = (name: string) => rounds.get(name) ?? [];
  const measured = loads.map(({ name, pid }): [string, Figures] => [name, figures(of(name), peakRssMb(pid))]);
  const others = names.includes('gatehouse') ? names.filter((name) => name !== 'gatehouse') : [];
  const ratios = others.map((name) => [`${name}/gatehouse ${STDIO}`, ratio(of(name), of('gatehouse'))] as const);
  return { figures: Object.fromEntries(measured), ratios: Object.fromEntries(ratios) };
}

interface Lane {
  readonly folder: string;
  readonly started: Ground['started'];
  readonly stub: string;
  readonly launcher: string;
  readonly tell: (text: string) => void;
}

/** Untimed: the process, its session, and one answer that is right. */
async function opened(name: LaneName, lane: Lane): Promise<Load> {
  const { url, pid, tool } = await (name === 'gatehouse' ? gateway(lane) : bridge(name, lane));
  const session = await openSession(url);
  const load = { name, url, pid, call: sessionCall(session, tool, 2), without: lane.stub, ownIds: true };
  await verify(load);
  return load;
}

interface Opened {
  readonly url: string;
  readonly pid: number;
  readonly tool: string;
}

async function gateway({ folder, started, stub, launcher }: Lane): Promise<Opened> {
  const { origin, pid } = await startGateway(
    { folder, started },
    { name: 'stdio', launcher, servers: { stub: { command: stub } } },
  );
  return { url: `${origin}/mcp`, pid, tool: 'stub__echo' };
}

async function bridge(name: PeerName, { folder, started, stub, tell }: Lane): Promise<Opened> {
  const [port = 0] = await freePorts(1);
  const program = peer(name, tell);
  const child = new Process(process.execPath, [program, ...bridgeArguments[name](port, stub)], folder);
  started(child);
  const url = `http://127.0.0.1:${port}/mcp`;
  await child.until(() => openSession(url));
  return { url, pid: child.pid, tool: 'echo' };
}

const bridgeArguments: Readonly<Record<PeerName, (port: number, stub: string) => readonly string[]>> = {
  'mcp-proxy': (port, stub) => [...`--host 127.0.0.1 --port ${port} --server stream --`.split(' '), stub],
  // One child a session; without --stateful it would be one a request.
  supergateway: (port, stub) => [
    ...`--outputTransport streamableHttp --stateful --port ${port} --stdio`.split(' '),
    stub,
  ],
};

async function verify({ name, url, call }: Load): Promise<void> {
  const { status, text, message } = await exchange(url, call);
  const answer = message as { id?: unknown; result?: { isError?: unknown; content?: readonly { text?: string }[] } };
  const said = answer?.result?.content?.[0]?.text ?? '';
  if (status !== 200 || answer.id !== 2 || answer.result?.isError === true || !said.startsWith('lorem ipsum'))
    throw new Error(`${name} answered HTTP ${status}: ${text.slice(0, 300)}`);
}
