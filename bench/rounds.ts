/** Measures subjects in paired rounds, A B A B: the machine's own moods then meet all of them alike. */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toolCall } from './call.ts';
import { cpuMicros } from './machine.ts';
import type { Subject } from './subjects.ts';
import { program } from './tools.ts';

const run = promisify(execFile);
const CONNECTIONS = 32;

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

/** One list of rounds for each subject, in their order; the same index is the same round. */
export async function measure(
  subjects: readonly Subject[],
  plan: Plan,
  tell: (text: string) => void,
): Promise<ReadonlyMap<string, readonly Round[]>> {
  const measured = new Map<string, Round[]>(subjects.map(({ name }) => [name, []]));
  for (const subject of subjects) await load(subject, plan.warmUpSeconds);
  for (let round = 1; round <= plan.rounds; round += 1) {
    const figures: string[] = [];
    for (const subject of subjects) {
      const result = await load(subject, plan.seconds);
      measured.get(subject.name)?.push(result);
      figures.push(`${subject.name} ${result.cpuMicros.toFixed(1)} µs`);
    }
    tell(`round ${round}/${plan.rounds}: ${figures.join(', ')}`);
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
async function load({ name, url, tool, pid }: Subject, seconds: number): Promise<Round> {
  const { headers, body } = toolCall(tool, 1);
  const lines = Object.entries(headers).map(([header, value]) => `${header}: ${value}`);
  const script = join(import.meta.dirname, 'call.lua');
  const args = ['-t', '1', '-c', String(CONNECTIONS), '-d', `${seconds}s`, '-s', script, url];
  const env = { ...process.env, CALL_BODY: body, CALL_HEADERS: lines.join('\n') };
  const before = cpuMicros(pid);
  const { stdout } = await run(program('wrk'), args, { env, timeout: (seconds + 20) * 1000 });
  const used = cpuMicros(pid) - before;
  const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as WrkReport;
  if (report.errors > 0 || report.calls === 0) {
    throw new Error(`${name}: ${report.errors} errors in ${report.calls} calls under load`);
  }
  return { cpuMicros: used / report.calls, p50Ms: report.p50Ms, p99Ms: report.p99Ms };
}

export function machineLine(): string {
  return `${availableParallelism()} cores, ${CONNECTIONS} connections, wrk with one thread, CPU of each process tree`;
}
