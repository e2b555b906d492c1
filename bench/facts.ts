/** What a figure was measured on; without it no figure means anything. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, release, totalmem } from 'node:os';
import { peerNames, peerVersion } from './peers.ts';
import { program } from './tools.ts';

export interface Machine {
  readonly date: string;
  readonly revision: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  /** By others, before anything was measured. */
  readonly busyPercent: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** What is used by others beyond it spoils latencies, and blurs ratios. */
export const QUIET_PERCENT = 15;

export function crowded(busyPercent: number): string {
  return `**Others used ${busyPercent} % of this machine** before the bench began: latencies mean little here, and ratios less than they could.`;
}

/** @param date as RFC 3339 */
export function machine(date: string, busyPercent: number): Machine {
  return {
    date: date.slice(0, 10),
    revision: said('git', ['describe', '--always', '--dirty'], /^\S+$/m),
    cpu: /^model name\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? process.arch,
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    busyPercent,
    versions: {
      node: process.versions.node,
      nginx: said('nginx', ['-v'], /nginx\/(\S+)/),
      haproxy: said('haproxy', ['-v'], /version (\S+)/),
      wrk: said('wrk', ['-v'], /wrk (\S+)/),
      ...Object.fromEntries(peerNames.map((name) => [name, peerVersion(name)])),
    },
  };
}

/** Programs say it on either stream, and some with an exit code. */
function said(name: string, args: readonly string[], pattern: RegExp): string {
  try {
    const script = '"$0" "$@" 2>&1 || true';
    const text = execFileSync('sh', ['-c', script, program(name), ...args], {
      encoding: 'utf8',
      cwd: import.meta.dirname,
    });
    const match = pattern.exec(text);
    return match?.[1] ?? match?.[0] ?? 'unknown';
  } catch {
    return 'not here';
  }
}
