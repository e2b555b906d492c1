/** What the kernel knows of a process and all that it has started: CPU time used so far, memory at its highest. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

/** `sysconf(_SC_CLK_TCK)`, which is 100 on every Linux that Node runs on. */
const TICK_MICROS = 10_000;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

/** User and system time of the tree, in microseconds; comes in steps of 10 ms. */
export function cpuMicros(pid: number): number {
  return tree(pid).reduce((sum, { ticks }) => sum + ticks, 0) * TICK_MICROS;
}

export function peakRssMb(pid: number): number {
  const kilobytes = tree(pid).map((stat) => Number(/VmHWM:\s+(\d+)/.exec(read(`/proc/${stat.pid}/status`))?.[1] ?? 0));
  return Math.round(kilobytes.reduce((sum, one) => sum + one, 0) / 1024);
}

function tree(pid: number): readonly Stat[] {
  const children = Map.groupBy(stats(), ({ parent }) => parent);
  const below = (stat: Stat): readonly Stat[] => [stat, ...(children.get(stat.pid) ?? []).flatMap(below)];
  return stats()
    .filter((stat) => stat.pid === pid)
    .flatMap(below);
}

function stats(): readonly Stat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      // The command stands in parentheses and may hold anything; fields are counted from behind it (proc(5): 4, 14, 15).
      const text = read(`/proc/${name}/stat`);
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      const [parent, user, system] = [fields[1], fields[11], fields[12]].map(Number);
      if (parent === undefined || user === undefined || system === undefined) return [];
      return [{ pid: Number(name), parent, ticks: user + system }];
    });
}

/** Empty for a process that has just gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
