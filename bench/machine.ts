/** What the kernel knows of a process and all that it has started: CPU time used so far, memory now and at its highest. Linux only. */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** `sysconf(_SC_CLK_TCK)`, which is 100 on every Linux that Node runs on. */
const TICK_MICROS = 10_000;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

/** User and system time of the tree, in microseconds; comes in steps of 10 ms. Without the processes of a program that is not the subject's own. */
export function cpuMicros(pid: number, without?: string): number {
  return (
    tree(pid)
      .filter((stat) => without === undefined || programOf(stat.pid) !== without)
      .reduce((sum, { ticks }) => sum + ticks, 0) * TICK_MICROS
  );
}

/** Since the start, or since `resetPeak`. */
export function peakRssMb(pid: number): number {
  return Math.round(tree(pid).reduce((sum, stat) => sum + kilobytes(stat.pid, 'VmHWM'), 0) / 1024);
}

/** proc(5), clear_refs. */
export function resetPeak(pid: number): void {
  for (const stat of tree(pid)) writeFileSync(`/proc/${stat.pid}/clear_refs`, '5');
}

/** Of one process. */
export function rssKb(pid: number): number {
  return kilobytes(pid, 'VmRSS');
}

/** How much of all cores is in use by whoever else is there, while this process waits. */
export async function busyPercent(waitMs: number): Promise<number> {
  const before = coreTicks();
  await pause(waitMs);
  const after = coreTicks();
  return Math.round((100 * (after.busy - before.busy)) / Math.max(1, after.all - before.all));
}

/** proc(5), /proc/stat: of the fields of all cores the fourth and fifth are idle time; stolen time, the eighth, is not ours to use either. */
function coreTicks(): { readonly busy: number; readonly all: number } {
  const ticks = (/^cpu +(.*)$/m.exec(read('/proc/stat'))?.[1] ?? '').split(' ').slice(0, 8).map(Number);
  const all = ticks.reduce((sum, one) => sum + one, 0);
  return { busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0), all };
}

/** How many a process may have open; Node takes as many as it may. */
export function openFiles(): number {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(read('/proc/self/limits'))?.[1];
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard ?? 0);
}

function kilobytes(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
}

function programOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return '';
  }
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
