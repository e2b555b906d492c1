/** A process that the bench starts and is sure to end, with the last that it said for whoever reports a failure. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

const READY_MS = 20_000;
const STOP_MS = 5_000;
const POLL_MS = 50;
const KEPT_CHARACTERS = 16 * 1024;

export class Process implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #kill = () => void this.#child.kill('SIGKILL');
  readonly #name: string;
  #output = '';
  #failure: Error | undefined;

  constructor(command: string, args: readonly string[], cwd?: string) {
    this.#name = command;
    this.#child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.on('error', (error) => (this.#failure = error));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk: Buffer) => (this.#output = (this.#output + chunk.toString()).slice(-KEPT_CHARACTERS)));
    }
    process.once('exit', this.#kill);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async firstLine(): Promise<string> {
    for await (const line of createInterface({ input: this.#child.stdout })) return line;
    throw this.#gone('said nothing');
  }

  /** Waits until `look` gives something; it may throw while it is too early. */
  async until<T>(look: () => Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + READY_MS;
    for (;;) {
      const seen = await look().catch(() => undefined);
      if (seen !== undefined) return seen;
      if (this.#ended) throw this.#gone('ended');
      if (Date.now() > deadline) throw this.#gone('is not ready');
      await pause(POLL_MS);
    }
  }

  /** Waits until somebody accepts connections there. */
  async listening(port: number): Promise<void> {
    await this.until(async () => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect').finally(() => socket.destroy());
      return true;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#kill);
    if (this.#ended) return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(this.#kill, STOP_MS);
    await once(this.#child, 'exit');
    clearTimeout(timer);
  }

  get #ended(): boolean {
    return this.#failure !== undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #gone(what: string): Error {
    return new Error(`${this.#name} ${what}: ${this.#failure?.message ?? ''}${this.#output}`.trim());
  }
}

/** Ports that were free a moment ago; held together, so that they differ. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

/** An error and what caused it, for people. */
export function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n${told(error.cause)}`;
}
