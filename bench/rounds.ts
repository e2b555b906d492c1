/** Measures in paired rounds, A B A B: the machine's own moods then meet all alike. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cpuMicros } from './machine.ts';
import { program } from './tools.ts';
import type { CallText } from './workloads.ts';

const run = promisify(execFile);
export const CONNECTIONS = 32;

export interface Round {
  readonly cpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Plan {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

export interface Load {
  readonly name: string;
  readonly url: string;
  readonly call: CallText;
  readonly pid: number;
  /** A program in the tree that is not the subject's own: its server. */
  readonly without?: string;
  /** Sessions tell calls apart by their ids, so that each needs its own; else one request, made once, is sent for ever. */
  readonly ownIds?: boolean;
}

/** One list of rounds for each, in their order; the same index is the same round. */
export async function measure(
  loads: readonly Load[],
  plan: Plan,
  tell: (text: string) => void,
): Promise<ReadonlyMap<string, readonly Round[]>> {
  const measured = new Map<string, Round[]>(loads.map(({ name }) => [name, []]));
  for (const load of loads) await perform(load, plan.warmUpSeconds);
  for (let round = 1; round <= plan.rounds; round += 1) {
    const figures: string[] = [];
    for (const load of loads) {
      const result = await perform(load, plan.seconds);
      measured.get(load.name)?.push(result);
      figures.push(`${load.name} ${result.cpuMicros.toFixed(1)} µs`);
    }
    tell(`  round ${round}/${plan.rounds}: ${figures.join(', ')}`);
  }
  return measured;
}

interface WrkReport {
  readonly calls: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** wrk takes whole seconds only. */
async function perform({ name, url, call, pid, without, ownIds }: Load, seconds: number): Promise<Round> {
  const lines = Object.entries(call.headers).map(([header, value]) => `${header}: ${value}`);
  const script = join(import.meta.dirname, 'call.lua');
  const args = ['-t', '1', '-c', String(CONNECTIONS), '-d', `${seconds}s`, '-s', script, url];
  const env = { ...process.env, CALL_BODY: call.body, CALL_HEADERS: lines.join('\n'), CALL_OWN_IDS: ownIds ? '1' : '' };
  const before = cpuMicros(pid, without);
  const { stdout } = await run(program('wrk'), args, { env, timeout: (seconds + 20) * 1000 });
  const used = cpuMicros(pid, without) - before;
  const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as WrkReport;
  if (report.errors > 0 || report.calls === 0) {
    throw new Error(`${name}: ${report.errors} errors in ${report.calls} calls under load`);
  }
  return { cpuMicros: used / report.calls, p50Ms: report.p50Ms, p99Ms: report.p99Ms };
}
