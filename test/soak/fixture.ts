/** The fixture servers of a soak: as a child that the gateway starts, or as an HTTP server that the soak starts, hurts and restarts. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Revision } from './client.ts';

const main = join(import.meta.dirname, '../fixtures/soak/main.ts');

export interface Identity {
  readonly name: string;
  readonly revision: Revision;
  /** Written by every process of this name. */
  readonly journal: string;
}

/** A server of the gateway's configuration. */
export function child({ name, revision, journal }: Identity, ...more: readonly string[]) {
  return { command: process.execPath, args: [main, '--stdio', ...toArgs({ name, revision, journal }), ...more] };
}

export class HttpFixture implements AsyncDisposable {
  readonly #args: readonly string[];
  readonly #end = () => void this.#process?.kill('SIGKILL');
  #process: ChildProcess | undefined;
  #url = '';

  constructor(identity: Identity) {
    this.#args = toArgs(identity);
    process.once('exit', this.#end);
  }

  static async started(identity: Identity): Promise<HttpFixture> {
    const fixture = new HttpFixture(identity);
    await fixture.start();
    return fixture;
  }

  get url(): string {
    return this.#url;
  }

  get port(): number {
    return Number(new URL(this.#url).port);
  }

  /** Again on the same port, if it has had one. */
  async start(): Promise<void> {
    const port = this.#url === '' ? [] : ['--port', String(this.port)];
    const started = spawn(process.execPath, [main, ...this.#args, ...port], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = started;
    for await (const line of createInterface({ input: started.stdout })) {
      this.#url = (JSON.parse(line) as { url: string }).url;
      return;
    }
    throw new Error('The fixture did not start');
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  async kill(): Promise<void> {
    const running = this.#process;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#end);
    await this.kill();
  }
}

export interface Entry {
  readonly kind: string;
  readonly name: string;
  readonly pid: number;
  readonly key: string;
}

export function readJournal(path: string): readonly Entry[] {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const [kind = '', name = '', pid = '', key = ''] = line.split(' ');
    return { kind, name, pid: Number(pid), key };
  });
}

function toArgs({ name, revision, journal }: Identity): readonly string[] {
  return ['--name', name, '--revision', revision, '--journal', journal];
}
