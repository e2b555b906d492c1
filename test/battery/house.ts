/** The gateway under test: its processes, their listeners, and the bounds that cases run against. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from '../../bench/process.ts';
import { Child } from '../fixtures/child.ts';
import { listenerOf, openFiles } from '../soak/processes.ts';
import type { ListenerName, Plane } from './case.ts';
import type { Door } from './conversation.ts';
import { residentMb } from './memory.ts';

const TRIES = 5;
const READY_MS = 30_000;
const POLL_MS = 20;
/** Longer than a trial takes that brings a state back in time. */
const PARKED_MS = 8000;

/** Small, so that going over them is cheap; long enough that a busy machine does not run into them. */
export const BOUNDS = {
  headerBytes: 4096,
  headers: 40,
  targetBytes: 1024,
  bodyBytes: 65_536,
  jsonDepth: 64,
  headerTimeoutMs: 4000,
  bodyTimeoutMs: 4000,
  idleTimeoutMs: 5000,
} as const;

export interface Listener {
  readonly name: ListenerName;
  readonly plane: Plane;
  readonly door: Door;
  readonly authority: string;
  readonly scheme: 'http' | 'https';
  readonly routes: readonly string[];
  /** For classes that name it only. */
  readonly isApart: boolean;
}

/** A gateway has one data listener, so each kind of that is a process of its own. `callers` believes who a request says it comes from. */
export type HouseName = 'plain' | 'tls' | 'callers';

/** Every listener that exists. */
const LISTENERS: readonly (Pick<Listener, 'name' | 'plane'> & {
  readonly house: HouseName;
  readonly port: keyof Ports;
})[] = [
  { name: 'data', house: 'plain', plane: 'data', port: 'data' },
  { name: 'admin', house: 'plain', plane: 'control', port: 'admin' },
  { name: 'health', house: 'plain', plane: 'control', port: 'health' },
  { name: 'data-tls', house: 'tls', plane: 'data', port: 'data' },
  { name: 'data-callers', house: 'callers', plane: 'data', port: 'data' },
];

export const HOUSES: readonly HouseName[] = [...new Set(LISTENERS.map(({ house }) => house))];

const ROUTES: Readonly<Record<Plane, readonly string[]>> = {
  data: ['/mcp', '/servers/echo/mcp', '/adapters/echo/mcp', '/nowhere'],
  control: ['/healthz', '/readyz', '/metrics', '/nowhere'],
};

/** Those that are served by a server which asks, first the one that all share. */
const ASKING_ROUTES = ['/mcp', '/servers/asking/mcp', '/adapters/asking/mcp'];

/** Of HTTP+SSE, which one house serves and the other does not. */
const SSE_ROUTES = ['/servers/echo/sse', '/servers/echo/messages'];
const servesSse = (name: HouseName): boolean => name === 'plain';

interface Ports {
  readonly data: number;
  readonly admin: number;
  readonly health: number;
}

export interface Figures {
  readonly rssMb: number;
  readonly descriptors: number;
}

export interface Housing {
  readonly name: HouseName;
  readonly upstreamPort: number;
  /** Of a server of the session revisions that asks in the middle of its calls. */
  readonly askingUrl: string;
  /** A copy of the project with a fault in it, where it is not this one. */
  readonly project?: string | undefined;
}

export class House implements AsyncDisposable {
  readonly name: HouseName;
  readonly listeners: readonly Listener[];
  readonly #child: Child;
  readonly #folder: string;
  readonly #ports: Ports;

  private constructor(name: HouseName, { child, folder, ports }: { child: Child; folder: string; ports: Ports }) {
    this.name = name;
    this.#child = child;
    this.#folder = folder;
    this.#ports = ports;
    const own = LISTENERS.filter(({ house }) => house === name);
    this.listeners = own.map(({ name: listener, plane, port }) => {
      const isTls = name === 'tls' && plane === 'data';
      return {
        name: listener,
        plane,
        door: { port: ports[port], ca: isTls ? CERTIFICATE : undefined },
        authority: `127.0.0.1:${ports[port]}`,
        scheme: isTls ? 'https' : 'http',
        routes: routesOf(name, plane),
        isApart: name === 'callers',
      };
    });
  }

  /** A port that was free a moment ago may be somebody else's now: then it is tried again. */
  static async started(housing: Housing): Promise<House> {
    for (let left = TRIES; ; left -= 1) {
      try {
        return await House.#tried(housing);
      } catch (error) {
        if (left <= 1 || !String(error).includes('is in use')) throw error;
      }
    }
  }

  static async #tried({ name, upstreamPort, askingUrl, project = PROJECT }: Housing): Promise<House> {
    const [data = 0, admin = 0, health = 0] = await freePorts(3);
    const ports = { data, admin, health };
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-battery-'));
    const file = join(folder, 'gatehouse.yaml');
    // JSON is YAML.
    await writeFile(file, JSON.stringify(config(name, ports, { upstreamPort, askingUrl })));
    const house = new House(name, { child: new Child(commandOf(name, { project, file })), folder, ports });
    try {
      await house.#ready();
      return house;
    } catch (error) {
      await house[Symbol.asyncDispose]();
      throw error;
    }
  }

  get isAlive(): boolean {
    return this.#child.running;
  }

  get lastWords(): string {
    return this.#child.output.split('\n').slice(-10).join('\n');
  }

  /** What the system says of the process; `undefined` where it says nothing. */
  figures(): Figures | undefined {
    const pid = listenerOf(this.#ports.data);
    // What was sent here is large, and who does nothing collects no garbage. It shows when it is asked for again.
    if (pid !== undefined && this.name === 'callers') process.kill(pid, 'SIGUSR2');
    const rssMb = pid === undefined ? undefined : residentMb(pid);
    return pid === undefined || rssMb === undefined ? undefined : { rssMb, descriptors: openFiles(pid) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    const deadline = Date.now() + READY_MS;
    for (;;) {
      const text = await fetch(`http://127.0.0.1:${this.#ports.admin}/readyz`).then(
        (response) => response.text(),
        () => '',
      );
      if (text.includes('"state":"ready"')) return;
      if (!this.isAlive || Date.now() > deadline)
        throw new Error(`The gateway is not ready: ${text}\n${this.#child.output}`);
      await pause(POLL_MS);
    }
  }
}

const PROJECT = join(import.meta.dirname, '../..');
/** What a copy needs for all houses to run from it. */
export const PARTS = ['bin', 'src', 'test/fixtures/identified-gateway.ts'];

/** As the launcher sets them; and garbage is collected when it is asked for. */
const FLAGS = [
  '--max-semi-space-size=4',
  '--no-allocation-site-pretenuring',
  '--expose-gc',
  '--import',
  join(PROJECT, 'bench/collect.ts'),
];

const commandOf = (name: HouseName, { project, file }: { readonly project: string; readonly file: string }): string[] =>
  name === 'callers'
    ? [...FLAGS, join(project, 'test/fixtures/identified-gateway.ts'), file]
    : [join(project, 'bin/gatehouse.js'), 'up', '-c', file];

function routesOf(name: HouseName, plane: Plane): readonly string[] {
  if (plane === 'control') return ROUTES.control;
  if (name === 'callers') return ASKING_ROUTES;
  return [...ROUTES.data, ...(servesSse(name) ? SSE_ROUTES : [])];
}

const TLS = join(import.meta.dirname, '../fakes/tls');
const CERTIFICATE = readFileSync(join(TLS, 'localhost.pem'), 'utf8');

interface Behind {
  readonly upstreamPort: number;
  readonly askingUrl: string;
}

function config(name: HouseName, ports: Ports, { upstreamPort, askingUrl }: Behind): unknown {
  const { headerBytes, targetBytes, bodyBytes, headerTimeoutMs, bodyTimeoutMs, idleTimeoutMs, ...bounds } = BOUNDS;
  const tls = { cert: join(TLS, 'localhost.pem'), key: join(TLS, 'localhost-key.pem') };
  const at = (port: number): string => `127.0.0.1:${port}`;
  const echo = { url: `http://${at(upstreamPort)}/mcp`, protocol: '2026-07-28' };
  return {
    listen: name === 'tls' ? { address: at(ports.data), tls } : at(ports.data),
    admin: at(ports.admin),
    health: at(ports.health),
    legacySse: servesSse(name),
    bounds: {
      ...bounds,
      headerBytes: `${headerBytes}B`,
      targetBytes: `${targetBytes}B`,
      bodyBytes: name === 'callers' ? '2MiB' : `${bodyBytes}B`,
      headerTimeout: `${headerTimeoutMs}ms`,
      bodyTimeout: `${bodyTimeoutMs}ms`,
      idleTimeout: `${idleTimeoutMs}ms`,
      ...(name === 'callers' ? { parkedTimeout: `${PARKED_MS}ms` } : {}),
    },
    servers: { echo, ...(name === 'callers' ? { asking: { url: askingUrl, concurrency: 256 } } : {}) },
    log: { level: 'warn', format: 'json' },
  };
}
