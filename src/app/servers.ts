/** The servers that run. A reload keeps those whose settings did not change, with their processes, sessions and catalogs. */
import { Catalog } from '../catalog/catalog.ts';
import { outboundFor, type Engine, type Running } from '../config/compile.ts';
import type { ServerSettings, Settings } from '../core/settings.ts';
import type { ListKind } from '../protocol/methods.ts';
import { createUpstream } from '../upstream/kinds.ts';
import type { Environment } from '../upstream/mcp/environment.ts';
import type { StartedUpstream } from '../core/ports/upstream.ts';
import type { Route, Routes } from '../net/dial.ts';
import type { ServerStatus } from './gateway.ts';

export interface ServersOptions {
  readonly engine: Engine;
  readonly environment: Omit<Environment, 'dial'>;
  readonly routes: Routes;
  readonly listEntries: number;
  readonly listChanged: (server: string, kind: ListKind) => void;
  readonly statusChanged: (status: ServerStatus) => void;
}

interface Entry extends Running {
  readonly fingerprint: string;
  readonly server: StartedUpstream;
  readonly route: Route;
  /** The settings that `route` was given last. */
  trust: string;
}

export class Servers {
  readonly #options: ServersOptions;
  #entries: readonly Entry[] = [];
  #disabled: readonly string[] = [];
  #isStarted = false;
  /** No longer wanted; each runs until no call can use it, then ends. */
  readonly #retired = new Set<Entry>();

  constructor(options: ServersOptions) {
    this.#options = options;
  }

  get running(): readonly Running[] {
    return this.#entries;
  }

  /** Starts what was made so far; what is made from now on starts at once. */
  start(): void {
    this.#isStarted = true;
    for (const { server } of this.#entries) server.start();
  }

  /** Makes what `settings` asks for and, once started, starts what is not running yet. Gives back those that are no longer wanted; they still run. */
  reconcile(settings: Settings): () => Promise<void> {
    const before = new Map(this.#entries.map((entry) => [entry.name, entry]));
    const wanted = settings.servers.filter((server) => !server.disabled);
    this.#entries = wanted.map((server) => {
      const known = before.get(server.name);
      return known?.fingerprint === fingerprint(server) && trusts(known, server) ? known : this.#create(server);
    });
    this.#disabled = settings.servers.filter((server) => server.disabled).map(({ name }) => name);
    const retired = [...before.values()].filter((entry) => !this.#entries.includes(entry));
    for (const entry of retired) this.#retired.add(entry);
    return () => this.#close(retired);
  }

  status(): ServerStatus[] {
    const disabled = this.#disabled.map((name) => ({
      name,
      state: 'disabled' as const,
      revision: undefined,
      reason: undefined,
      tools: 0,
    }));
    return [...this.#entries.map(statusOf), ...disabled];
  }

  /** Resolves when each one has been ready or unavailable once. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#entries.map(({ server }) => server.profile()));
    await Promise.allSettled(this.#entries.map(({ catalog }) => catalog.list('tools')));
  }

  async close(): Promise<void> {
    await this.#close([...this.#entries, ...this.#retired]);
    // What came of calls that ended is asked for by nobody any more.
    this.#options.environment.parking.close();
  }

  async #close(entries: readonly Entry[]): Promise<void> {
    for (const { catalog } of entries) catalog.close();
    await Promise.all(entries.map(({ server }) => server.close()));
    for (const entry of entries) this.#retired.delete(entry);
  }

  #create(settings: ServerSettings): Entry {
    const { engine, environment, routes, listEntries, listChanged, statusChanged } = this.#options;
    const { name } = settings;
    const { tls, proxy } = settings.kind === 'http' ? settings : {};
    const route = routes.route({ trust: tls, proxy });
    const server = createUpstream(settings, { ...environment, dial: route.dial });
    const { time, log } = engine;
    const catalog = new Catalog(server, {
      maxEntries: listEntries,
      time,
      log,
      onChange: (kind) => listChanged(name, kind),
    });
    const entry: Entry = {
      name,
      server,
      catalog,
      outbound: outboundFor(settings, engine),
      fingerprint: fingerprint(settings),
      route,
      trust: JSON.stringify(tls),
    };
    server.watch((event) => {
      if (event.kind !== 'status') return;
      // A server is shown as ready once it is known what it has.
      if (event.status.state === 'ready') void catalog.list('tools').then(() => statusChanged(statusOf(entry)));
      else statusChanged(statusOf(entry));
    });
    if (this.#isStarted) server.start();
    return entry;
  }
}

/** What makes it another server. Certificates do not: they change every few weeks. */
const fingerprint = (settings: ServerSettings): string => JSON.stringify({ ...settings, tls: undefined });

/** Hands changed certificates to a server that runs. One that does not is better begun anew, without waiting for its next attempt. */
function trusts(entry: Entry, settings: ServerSettings): boolean {
  const tls = settings.kind === 'http' ? settings.tls : undefined;
  const trust = JSON.stringify(tls);
  if (entry.trust === trust) return true;
  if (entry.server.status().state !== 'ready') return false;
  entry.trust = trust;
  entry.route.use(tls ?? {});
  return true;
}

function statusOf({ name, server, catalog }: Entry): ServerStatus {
  const { state, revision, reason } = server.status();
  const tools = catalog.peek('tools')?.entries.length ?? 0;
  const { problem } = catalog;
  if (state === 'ready' && problem !== undefined)
    return { name, state: 'unavailable', revision, reason: problem, tools };
  return { name, state, revision, reason, tools };
}
