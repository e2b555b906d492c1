/** Runs one check in a process group of its own, so that one which hangs is ended with all that it started. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { count } from './count.ts';
import type { Count } from './count.ts';
import type { Check } from './checks.ts';

const KEPT_CHARACTERS = 256 * 1024;
const GRACE_MS = 2_000;
const HEARTBEAT_MS = 10_000;
const binaries = join(import.meta.dirname, '../../node_modules/.bin');

export interface Performed extends Count {
  readonly name: string;
  readonly seconds: number;
  /** What it wrote, and why it was ended if it was. */
  readonly output: string;
}

export interface Surroundings {
  readonly cwd: string;
  /** Milliseconds that are left for everything. */
  readonly leftMs: number;
  readonly tell: (text: string) => void;
}

export async function perform(check: Check, { cwd, leftMs, tell }: Surroundings): Promise<Performed> {
  const missing = Object.entries(check.needs ?? {}).filter(([name]) => !isThere(name));
  if (missing.length > 0) return skipped(check, missing);
  const began = performance.now();
  const elapsed = (): number => Math.round((performance.now() - began) / 100) / 10;
  const [command, ...args] = check.command;
  const program = command === 'node' ? process.execPath : command;
  const env = {
    ...process.env,
    PATH: `${binaries}${delimiter}${process.env['PATH'] ?? ''}`,
    FORCE_COLOR: undefined,
    NO_COLOR: '1',
  };
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-KEPT_CHARACTERS)));
  }
  const end = (signal: NodeJS.Signals): void => endGroup(child.pid, signal);
  const endNow = (): void => end('SIGKILL');
  process.once('exit', endNow);
  const heartbeat = setInterval(() => tell(`  ... ${check.name} ${elapsed()} s  ${lastLine(output)}`), HEARTBEAT_MS);
  const limitMs = Math.max(0, Math.min(check.seconds * 1000, leftMs));
  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    end('SIGTERM');
    setTimeout(endNow, GRACE_MS).unref();
  }, limitMs);

  const code = await ended(child);
  clearTimeout(deadline);
  clearInterval(heartbeat);
  process.off('exit', endNow);
  // Whatever it left behind must not disturb the next one.
  endNow();
  if (late) output += `\nIt was ended after ${limitMs / 1000} s.`;
  const counted = count({ code: late ? 1 : code, report: check.report });
  return { name: check.name, seconds: elapsed(), output, ...counted };
}

function skipped({ name }: Check, missing: readonly (readonly [string, string])[]): Performed {
  const programs = missing.map(([program]) => program).join(', ');
  const packages = missing.map(([, debian]) => debian).join(' ');
  const output = `SKIPPED: it needs ${programs}, not found here. On Debian: apt-get install ${packages}`;
  return { name, seconds: 0, output, passed: 0, failed: 0, skipped: 1 };
}

/** Debian keeps servers where only root's PATH looks. */
function isThere(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** Its exit code, once its output has been read too; a grandchild that keeps the pipes open is not waited for. */
async function ended(child: ReturnType<typeof spawn>): Promise<number> {
  try {
    const closed = new Promise((resolve) => child.once('close', resolve));
    const [code] = (await once(child, 'exit')) as [number | null];
    await Promise.race([closed, pause(GRACE_MS, undefined, { ref: false })]);
    return code ?? 1;
  } catch (error) {
    child.stderr?.emit('data', Buffer.from(String(error)));
    return 1;
  }
}

function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}

function lastLine(output: string): string {
  return (output.trimEnd().split('\n').at(-1) ?? '').slice(-100);
}
