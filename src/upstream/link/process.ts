/**
 * One child process and its end. Started without a shell, in a process group of its own, with an environment of its own. Ended by closing
 * its input, then TERM, then KILL to the group (MCP, "stdio", shutdown), so that nothing it forked stays. Should the gateway be killed, the
 * guardian does the same.
 */
import { GatheredLines } from '../../wire/lines.ts';
import type { Part } from '../../kernel/parts.ts';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import type { Log } from '../../core/ports/log.ts';
import { Fault } from '../../kernel/fault.ts';
import { within } from '../../kernel/patience.ts';
import type { Time, Timer } from '../../kernel/time.ts';
import type { Guardian } from './process-guardian.ts';
import { relayStderr } from './process-stderr.ts';

export interface Launch {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** All that the child sees. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export interface ChildEvents {
  readonly output: (chunk: Buffer) => void;
  /** Once; `reason` is safe to show. */
  readonly ended: (reason: string) => void;
}

/** What the system does for a child. */
export interface Processes {
  /** @throws Fault `unavailable` when the command cannot be started at all. */
  start(launch: Launch): ChildProcessWithoutNullStreams;
  /** To the child and all that is in its group. @throws where nobody is left in it. */
  signal(group: number, signal: NodeJS.Signals): void;
}

export interface ChildEnvironment {
  readonly time: Time;
  readonly log: Log;
  readonly processes: Processes;
  readonly guardian: Pick<Guardian, 'guard' | 'release'>;
}

/** Grace for each step of the way out. */
const GRACE_MS = 1500;
/** Between the end of a child's output and its own. */
const MUTE_MS = 500;
export class Child {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #events: ChildEvents;
  readonly #processes: Processes;
  readonly #time: Time;
  readonly #guardian: ChildEnvironment['guardian'];
  #state: 'running' | 'ending' | 'ended' = 'running';
  readonly #out = new GatheredLines();
  #isGathering = false;
  #gone: (() => void) | undefined;
  #muted: Timer | undefined;
  /** Why we ended it, where we did. */
  #why: string | undefined;
  readonly #exit: Promise<void>;

  /** @throws Fault `unavailable` when the command cannot be started at all. */
  constructor(launch: Launch, events: ChildEvents, env: ChildEnvironment) {
    this.#events = events;
    this.#processes = env.processes;
    this.#time = env.time;
    this.#guardian = env.guardian;
    this.#exit = new Promise((done) => (this.#gone = done));
    this.#process = env.processes.start(launch);
    if (this.#process.pid !== undefined) env.guardian.guard(this.#process.pid);
    this.#process.stdout.on('data', (chunk: Buffer) => events.output(chunk));
    // A child that has closed its pipes can never answer again, alive or not.
    this.#process.stdout.on('end', () => this.#mute());
    this.#process.stdin.on('error', () => this.#mute());
    this.#process.on('error', (error) =>
      this.#ended(`could not be started: ${'code' in error ? String(error.code) : 'unknown'}`),
    );
    this.#process.on('exit', (code, signal) =>
      this.#exited(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`),
    );
    this.#process.on('close', () => this.#ended(this.#why ?? 'ended'));
    relayStderr(this.#process.stderr, launch.name, env);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Bytes that the child has not taken yet. */
  get unread(): number {
    return this.#out.length + this.#process.stdin.writableLength;
  }

  /** One message, on a line of its own. `false` when it is too late: nothing was written. */
  write(parts: readonly Part[]): boolean {
    if (this.#state !== 'running' || !this.#process.stdin.writable) return false;
    this.#out.add(parts);
    if (!this.#isGathering) this.#time.soon(this.#flush);
    this.#isGathering = true;
    return true;
  }

  /** What many clients ask in one turn goes out in one write: waking the child costs more than all else. */
  readonly #flush = (): void => {
    this.#isGathering = false;
    if (this.#process.stdin.writable) this.#out.writeTo(this.#process.stdin);
  };

  /** Closes its input, and ends it with its group if that is not enough. Resolves when it is gone. */
  async close(): Promise<void> {
    if (this.#state === 'running') {
      this.#state = 'ending';
      this.#flush();
      this.#process.stdin.end();
      const term = this.#time.after(GRACE_MS, () => this.#signal('SIGTERM'));
      const kill = this.#time.after(GRACE_MS * 2, () => this.#signal('SIGKILL'));
      await within(this.#exit, GRACE_MS * 3, this.#time);
      term.cancel();
      kill.cancel();
    }
    // One that even the kernel cannot end holds nobody up.
    await within(this.#exit, GRACE_MS * 3, this.#time);
  }

  /** At once and without asking; for a child that does not keep to the protocol. `reason` is safe to show. */
  kill(reason: string): void {
    this.#why ??= reason;
    this.#signal('SIGKILL');
  }

  /** Ends what can no longer be spoken with; one that is ending by itself is given a moment to say how. */
  #mute(): void {
    if (this.#state !== 'running' || this.#muted || this.#why !== undefined) return;
    this.#muted = this.#time.after(MUTE_MS, () => this.kill('closed its pipes'));
  }

  /** What it wrote last is still to be read; then it is gone. */
  #exited(reason: string): void {
    this.#why ??= reason;
    this.#muted?.cancel();
    this.#signal('SIGKILL'); // whatever of its group is left, and holds its pipes
    this.#muted = this.#time.after(MUTE_MS, () => this.#ended(reason));
  }

  #ended(reason: string): void {
    this.#muted?.cancel();
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#signal('SIGKILL'); // whatever of its group is left
    if (this.#process.pid !== undefined) this.#guardian.release(this.#process.pid);
    this.#process.stdin.destroy();
    this.#process.stdout.destroy();
    this.#process.stderr.destroy();
    this.#gone?.();
    this.#events.ended(this.#why ?? reason);
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#process;
    if (pid === undefined) return;
    try {
      this.#processes.signal(pid, signal);
    } catch {
      // No such group: all of it is gone.
    }
  }
}

export const systemProcesses: Processes = {
  start,
  signal: (group, signal) => void process.kill(-group, signal),
};

function start(launch: Launch): ChildProcessWithoutNullStreams {
  // The system would blame the command for it.
  if (!isFolder(launch.cwd)) {
    throw new Fault('unavailable', 'It could not be started.', {
      reason: 'Its folder (cwd) does not exist.',
      detail: `no folder: ${launch.cwd}`,
    });
  }
  const file = find(launch);
  if (file === undefined) {
    throw new Fault('unavailable', 'It could not be started.', {
      reason: `Its command "${launch.command}" was not found.`,
    });
  }
  try {
    const child = spawn(file, launch.args, {
      cwd: launch.cwd,
      env: launch.env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    // For want of descriptors Node gives back a process without pipes, and the error later.
    child.once('error', () => undefined);
    if (!hasPipes(child)) throw new Error('no pipes');
    for (const stream of [child.stdout, child.stderr]) stream.on('error', () => undefined);
    return child;
  } catch (error) {
    throw new Fault('unavailable', 'It could not be started.', { cause: error, detail: String(error) });
  }
}

const hasPipes = (child: { readonly stdin: unknown; readonly stdout: unknown; readonly stderr: unknown }): boolean =>
  Boolean(child.stdin && child.stdout && child.stderr);

/** Where a command lies: as given if it has a slash, else in the child's own PATH. */
function find({ command, cwd, env }: Launch): string | undefined {
  if (command.includes('/') || isAbsolute(command)) {
    const file = resolve(cwd, command);
    return isExecutable(file) ? file : undefined;
  }
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return (
    folders.map((folder) => join(folder, command)).find(isExecutable) ??
    (process.platform === 'win32' ? command : undefined)
  );
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
