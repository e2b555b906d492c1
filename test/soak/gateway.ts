/** The gateway under a soak, known only by its command line, its two listeners, its log and what the system says of its process. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { descendants, listenerOf, openFiles, residentBytes, startedWith } from './processes.ts';
import { until } from './soak.ts';

const READY_MS = 60_000;
const EXIT_MS = 40_000;
const COLLECTED_MS = 60_000;
const LOOKS = 50;
const launcher = join(import.meta.dirname, '../../bin/gatehouse.js');
const identifiedMain = join(import.meta.dirname, '../fixtures/identified-gateway.ts');
/** As the launcher sets them. */
const FLAGS = ['--max-semi-space-size=4', '--no-allocation-site-pretenuring'];
/** Garbage is collected when a soak says so. */
const COLLECTING = ['--expose-gc', '--import', join(import.meta.dirname, '../../bench/collect.ts')];

export type Config = Readonly<Record<string, unknown>>;

export interface Surroundings {
  /** How many files and sockets the system lets it open (`ulimit -n`). */
  readonly descriptors?: number;
  /** Whether it believes who a request says it comes from (`identified-gateway.ts`); then it can be told to collect its garbage. */
  readonly identified?: boolean;
}

export interface Ready {
  readonly status: number;
  readonly text: string;
  readonly servers: readonly { readonly name: string; readonly state: string; readonly reason?: string }[];
}

export class SoakGateway implements AsyncDisposable {
  readonly url: string;
  readonly adminUrl: string;
  readonly file: string;
  readonly logFile: string;
  readonly #process: ChildProcess;
  readonly #ports: Ports;
  readonly #end = () => void this.#process.kill('SIGKILL');

  private constructor(folder: string, ports: Ports, config: Config, { descriptors, identified }: Surroundings) {
    this.#ports = ports;
    this.url = `${isTls(config) ? 'https' : 'http'}://127.0.0.1:${ports.data}`;
    this.adminUrl = `http://127.0.0.1:${ports.admin}`;
    this.file = join(folder, 'gatehouse.yaml');
    this.logFile = join(folder, 'gatehouse.log');
    this.write(config);
    const log = openSync(this.logFile, 'a');
    const args =
      identified === true ? [...FLAGS, ...COLLECTING, identifiedMain, this.file] : [launcher, 'up', '-c', this.file];
    const [command, ...rest] =
      descriptors === undefined
        ? [process.execPath, ...args]
        : ['/bin/sh', '-c', `ulimit -n ${descriptors} && exec "$0" "$@"`, process.execPath, ...args];
    this.#process = spawn(command ?? '', rest, { stdio: ['ignore', log, log] });
    closeSync(log);
    process.once('exit', this.#end);
  }

  /** Resolves when every server is ready. */
  static async started(folder: string, config: Config, surroundings: Surroundings = {}): Promise<SoakGateway> {
    const gateway = new SoakGateway(folder, await freePorts(), config, surroundings);
    try {
      await gateway.allReady();
      return gateway;
    } catch (error) {
      await gateway[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The process itself: a launcher may stand before it. */
  get pid(): number {
    const pid = listenerOf(this.#ports.data);
    if (pid === undefined) throw new Error(`Nobody listens on the data port\n${this.lastWords}`);
    return pid;
  }

  /** Those of its servers: not the guardian, which ends them should the gateway be killed. */
  get children(): readonly number[] {
    const guardians = startedWith('gatehouse-guardian');
    return descendants(this.pid).filter((pid) => !guardians.includes(pid));
  }

  get residentBytes(): number {
    return residentBytes(this.pid);
  }

  /** Collects garbage again and again, as memory is not let go of at once: the least that was seen. */
  async heldBytes(): Promise<number> {
    let least = Infinity;
    let looks = 0;
    await until('garbage is collected', COLLECTED_MS, () => {
      least = Math.min(least, this.residentBytes);
      process.kill(this.pid, 'SIGUSR2');
      looks += 1;
      return looks > LOOKS;
    });
    return least;
  }

  get openFiles(): number {
    return openFiles(this.pid);
  }

  get log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  get lastWords(): string {
    return this.log.split('\n').slice(-15).join('\n');
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** In place, as `>` does, or by rename, as editors and GitOps do. JSON is YAML. */
  write(config: Config, how: 'in-place' | 'rename' = 'in-place'): void {
    const { data, admin } = this.#ports;
    const listen = { ...(config['listen'] as Config | undefined), address: `127.0.0.1:${data}` };
    this.writeText(JSON.stringify({ ...config, listen, admin: `127.0.0.1:${admin}` }, undefined, 2), how);
  }

  writeText(text: string, how: 'in-place' | 'rename' = 'in-place'): void {
    if (how === 'in-place') return writeFileSync(this.file, text);
    writeFileSync(`${this.file}.next`, text);
    renameSync(`${this.file}.next`, this.file);
  }

  async ready(): Promise<Ready> {
    const response = await fetch(`${this.adminUrl}/readyz`);
    const text = await response.text();
    const { servers = [] } = JSON.parse(text) as Partial<Ready>;
    return { status: response.status, text, servers };
  }

  /** These servers, or all that are configured, are ready. */
  async allReady(names?: readonly string[]): Promise<void> {
    if (names?.length === 0) return;
    let last = '';
    const holds = async () => {
      if (!this.running) throw new Error(`The gateway ended\n${this.lastWords}`);
      const { servers, text } = await this.ready().catch((error: unknown) => ({ servers: [], text: String(error) }));
      last = text;
      if (names && names.some((name) => !servers.some((server) => server.name === name))) return false;
      const asked = names ? servers.filter(({ name }) => names.includes(name)) : servers;
      return asked.length > 0 && asked.every(({ state }) => state === 'ready');
    };
    await until('servers are ready', READY_MS, holds).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${last}\n${this.lastWords}`);
    });
  }

  /** Undefined where the gateway does not show it. */
  async gauge(name: string): Promise<number | undefined> {
    const text = await (await fetch(`${this.adminUrl}/metrics`)).text();
    const rows = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return rows.length === 0 ? undefined : rows.reduce((sum, row) => sum + Number(row.split(' ').at(-1)), 0);
  }

  kill(): void {
    process.kill(this.pid, 'SIGKILL');
  }

  /** SIGTERM; its exit code and how long it took. */
  async stop(): Promise<{ readonly code: number | null; readonly ms: number }> {
    const started = Date.now();
    if (this.running) {
      const ended = once(this.#process, 'exit');
      const timer = setTimeout(this.#end, EXIT_MS);
      this.#process.kill('SIGTERM');
      await ended;
      clearTimeout(timer);
    }
    return { code: this.#process.exitCode, ms: Date.now() - started };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#end);
    if (!this.running) return;
    const left = this.#process.pid === undefined ? [] : descendants(this.#process.pid);
    await this.stop();
    for (const pid of left) killIfAlive(pid);
  }
}

function isTls({ listen }: Config): boolean {
  return typeof listen === 'object' && listen !== null && 'tls' in listen;
}

interface Ports {
  readonly data: number;
  readonly admin: number;
}

export function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // already gone, which is what is wanted
  }
}

/** Two ports that were free a moment ago; held together, so that they differ. */
async function freePorts(): Promise<Ports> {
  const servers = [createServer(), createServer()];
  const [data = 0, admin = 0] = await Promise.all(
    servers.map(async (server) => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    }),
  );
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return { data, admin };
}
