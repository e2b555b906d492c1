/** A report as Markdown whose columns stand under each other, so that it reads on a terminal too. */
import { crowded, QUIET_PERCENT } from './facts.ts';
import type { Latency } from './parts/latency.ts';
import type { Report } from './report.ts';
import type { Spread } from './statistics.ts';

type Cell = string | number;

export function markdown(report: Report): string {
  const { workloads, ratios, latency, idle, million, bars, failures, machine } = report;
  return [
    facts(report),
    machine.busyPercent > QUIET_PERCENT ? crowded(machine.busyPercent) : '',
    table(
      ['workload', 'subject', 'µs a call', 'p50 ms', 'p99 ms', 'peak MB'],
      Object.entries(workloads).flatMap(([workload, subjects]) =>
        Object.entries(subjects).map(([name, { cpuMicros, p50Ms, p99Ms, peakRssMb }]) => [
          workload,
          name,
          cpuMicros.toFixed(1),
          p50Ms.toFixed(2),
          p99Ms.toFixed(2),
          peakRssMb,
        ]),
      ),
    ),
    table(['CPU a call', 'median', 'min', 'max'], spreads(ratios)),
    latency ? latencyTables(latency) : '',
    table(
      [`${idle?.streams ?? 0} idle streams`, 'KB each'],
      Object.entries(idle?.kbPerStream ?? {}).map(([kind, kb]) => [kind, kb.toFixed(1)]),
    ),
    table(
      ['calls in a row', 'calls', 'seconds', 'peak MB', 'growth in the last 30 %, MB'],
      Object.entries(million ?? {}).map(([name, row]) => [
        name,
        row.calls,
        Math.round(row.seconds),
        row.peakRssMb,
        row.growthMb.toFixed(1),
      ]),
    ),
    table(
      ['bar', 'at', 'seen', 'verdict'],
      bars.map(({ name, bar, seen, holds }) => [name, bar, seen, holds ? 'holds' : '**missed**']),
    ),
    ...failures.map((failure) => `**Not measured**: ${failure}`),
    machineLines(machine),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function facts({ rounds, quick }: Report): string {
  const form = quick ? 'The quick form: good for a glance, not for a claim. ' : '';
  return `${form}CPU is user and system time of the process tree for each call that was answered, 32 connections, keep-alive, everything on one
machine; medians of ${rounds} interleaved rounds. A ratio is that of two subjects in the same round. Peak is the highest RSS during a workload.
In the stdio lane the time of the server itself, a C stub, is not counted.`;
}

function latencyTables({ rate, connections, subjects, added }: Latency): string {
  const rows = Object.entries(subjects).map(([name, one]) => [
    name,
    one.p50Ms.toFixed(2),
    one.p99Ms.toFixed(2),
    one.p999Ms.toFixed(2),
  ]);
  const differences = Object.entries(added).flatMap(([name, { p50Ms, p99Ms }]) =>
    spreads({ [`${name} p50`]: p50Ms, [`${name} p99`]: p99Ms }),
  );
  const what = `${rate} calls a second, ${connections} connections, open loop`;
  return `${table([what, 'p50 ms', 'p99 ms', 'p99.9 ms'], rows)}\n\n${table(['beyond nginx, ms', 'median', 'min', 'max'], differences)}`;
}

function machineLines({ date, revision, cpu, cores, memoryGb, kernel, versions }: Report['machine']): string {
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${date}, revision ${revision}. ${cpu}, ${cores} cores, ${memoryGb} GB, Linux ${kernel}; ${programs.join(', ')}.`;
}

function spreads(of: Readonly<Record<string, Spread>>): readonly (readonly Cell[])[] {
  return Object.entries(of).map(([name, { median, min, max }]) => [
    name,
    median.toFixed(2),
    min.toFixed(2),
    max.toFixed(2),
  ]);
}

/** Empty without rows. */
function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return '';
  const cells = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const isNumber = head.map((_, column) => rows.every((row) => /^-?[\d.]+$/.test(String(row[column]))));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => (isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (isNumber[column] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  const [first = [], ...others] = cells;
  return [line(first), rule, ...others.map(line)].join('\n');
}
