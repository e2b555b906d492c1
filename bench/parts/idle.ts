/** What an open stream costs in memory while nothing happens: growth of the gateway's RSS for each, garbage collected before and after. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openFiles, rssKb } from '../machine.ts';
import { rounded } from '../statistics.ts';
import { Streams } from '../streams.ts';
import type { StreamKind } from '../streams.ts';
import { httpServers, startGateway } from '../subjects/gatehouse.ts';
import type { Ground } from '../subjects/subject.ts';
import { Missing } from '../tools.ts';

/** So that what a first stream loads and makes is not divided among all. */
const WARM_UP = 200;
const SETTLE_MS = 100;
const SETTLED_KB = 64;
const SAME = 8;
const LOOKS = 200;
const SPARE_FILES = 500;

export interface Idle {
  readonly streams: number;
  /** By kind, with `-tls` under TLS. */
  readonly kbPerStream: Readonly<Record<string, number>>;
}

export interface IdleKind {
  readonly kind: StreamKind;
  readonly tls: boolean;
}

export const idleKinds: readonly IdleKind[] = [
  { kind: 'get', tls: false },
  { kind: 'listen', tls: false },
  { kind: 'get', tls: true },
  { kind: 'listen', tls: true },
];

export function idleName({ kind, tls }: IdleKind): string {
  return tls ? `${kind}-tls` : kind;
}

/** A gateway of its own for each; its streams have no upstream leg: one subscription there serves all. */
export async function idle(
  ground: Ground,
  to: IdleKind & { readonly launcher: string; readonly count: number },
): Promise<number> {
  const files = openFiles();
  if (files < to.count + SPARE_FILES)
    throw new Missing(
      `${to.count} streams need \`ulimit -n\` at ${to.count + SPARE_FILES} or more; here it is ${files}`,
    );
  await using stack = new AsyncDisposableStack();
  const started: Ground['started'] = (child) => void stack.use(child);
  const { origin, pid } = await startGateway(
    { folder: ground.folder, started, ...(to.tls && ground.certificate ? { certificate: ground.certificate } : {}) },
    {
      name: `idle-${idleName(to)}`,
      launcher: to.launcher,
      servers: httpServers(ground.stub.port, ['json-300b']),
      bounds: { connectionsPerAddress: 2 * to.count + WARM_UP },
      nodeFlags: ['--expose-gc', '--import', join(import.meta.dirname, '../collect.ts')],
    },
  );
  const url = `${origin}/mcp`;
  const warm = new Streams(url);
  await warm.open(to.kind, WARM_UP);
  warm[Symbol.dispose]();
  const before = await settled(pid);
  using streams = new Streams(url);
  await streams.open(to.kind, to.count);
  const after = await settled(pid);
  if (streams.gone > 0) throw new Error(`${streams.gone} of ${to.count} idle streams were ended`);
  return rounded((after - before) / to.count);
}

/** Collects, and waits until the memory stays where it is. */
async function settled(pid: number): Promise<number> {
  for (let collection = 0; collection < 2; collection += 1) {
    process.kill(pid, 'SIGUSR2');
    await pause(SETTLE_MS * SAME);
  }
  for (let last = rssKb(pid), same = 0, looks = 0; looks < LOOKS; looks += 1) {
    await pause(SETTLE_MS);
    const seen = rssKb(pid);
    same = Math.abs(seen - last) < SETTLED_KB ? same + 1 : 0;
    last = seen;
    if (same >= SAME) return seen;
  }
  throw new Error("The gateway's memory does not settle.");
}
