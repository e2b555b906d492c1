/** Very many calls in a row, on a gateway that has just started: how high its memory rises, and whether it still does in the end. */
import { load } from '../load.ts';
import { peakRssMb, rssKb } from '../machine.ts';
import { CONNECTIONS } from '../rounds.ts';
import { rounded, slope } from '../statistics.ts';
import type { Point } from '../statistics.ts';
import { httpServers, startGateway } from '../subjects/gatehouse.ts';
import type { Ground } from '../subjects/subject.ts';
import { toolCall, workloads } from '../workloads.ts';
import type { WorkloadName } from '../workloads.ts';

/** Of the calls; what is before is the young generation finding its size. */
const SETTLED = 0.7;

export interface Million {
  readonly calls: number;
  readonly seconds: number;
  readonly peakRssMb: number;
  /** By least squares, over what follows the first 70 %. */
  readonly growthMb: number;
  readonly rssMb: readonly number[];
}

export async function million(
  ground: Ground,
  to: { readonly launcher: string; readonly workload: WorkloadName; readonly calls: number },
  tell: (text: string) => void,
): Promise<Million> {
  const { path, arguments: args } = workloads[to.workload];
  await using stack = new AsyncDisposableStack();
  const started: Ground['started'] = (child) => void stack.use(child);
  const servers = httpServers(ground.stub.port, [path]);
  const name = `million-${path}`;
  const { origin, pid } = await startGateway({ ...ground, started }, { name, launcher: to.launcher, servers });
  const points: Point[] = [];
  const progress = (x: number): void => {
    points.push({ x, y: rssKb(pid) / 1024 });
    if (points.length % 20 === 0) tell(`  ${x} calls: ${Math.round(points.at(-1)?.y ?? 0)} MB`);
  };
  const call = toolCall(`${path}__echo`, 1, args);
  const { calls } = to;
  const { seconds } = await load({ url: `${origin}/mcp`, call, connections: CONNECTIONS, calls, rate: 0, progress });
  return {
    calls,
    seconds,
    peakRssMb: peakRssMb(pid),
    growthMb: rounded(growth(points, calls)),
    rssMb: points.filter((_, index) => index % 5 === 4).map(({ y }) => Math.round(y)),
  };
}

/** What the line through the last part rises from its beginning to its end. */
export function growth(points: readonly Point[], calls: number): number {
  const settled = points.filter(({ x }) => x >= calls * SETTLED);
  return slope(settled) * calls * (1 - SETTLED);
}
