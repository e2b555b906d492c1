/** The servers that run. A reload keeps those whose settings did not change, with their processes, sessions and catalogs. */
import { Catalog } from '../catalog/catalog.ts';
import { outboundFor, type Engine, type Running } from '../config/compile.ts';
import type { ServerSettings, Settings } from '../core/settings.ts';
import type { ListKind } from '../protocol/methods.ts';
import { createUpstream } from '../upstream/kinds.ts';
import type { Environment } from '../upstream/mcp/environment.ts';
import type { McpServer } from '../upstream/mcp/server.ts';
import type { ServerStatus } from './gateway.ts';

export interface ServersOptions {
  readonly engine: Engine;
  readonly environment: Environment;
  readonly listEntries: number;
  readonly listChanged: (server: string, kind: ListKind) => void;
  readonly statusChanged: (status: ServerStatus) => void;
}

interface Entry extends Running {
  readonly fingerprint: string;
  readonly server: McpServer;
}

export class Servers {
  readonly #options: ServersOptions;
  #entries: readonly Entry[] = [];
  #disabled: readonly string[] = [];

  constructor(options: ServersOptions) {
    this.#options = options;
  }

  get running(): readonly Running[] {
    return this.#entries;
  }

  /** Makes what `settings` asks for and starts what is not running yet. Gives back those that are no longer wanted; they still run. */
  reconcile(settings: Settings): () => Promise<void> {
    const before = new Map(this.#entries.map((entry) => [entry.name, entry]));
    const wanted = settings.servers.filter((server) => !server.disabled);
    this.#entries = wanted.map((server) => {
      const known = before.get(server.name);
      return known?.fingerprint === fingerprint(server) ? known : this.#create(server);
    });
    this.#disabled = settings.servers.filter((server) => server.disabled).map(({ name }) => name);
    const retired = [...before.values()].filter((entry) => !this.#entries.includes(entry));
    return () => closeAll(retired);
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
    await closeAll(this.#entries);
  }

  #create(settings: ServerSettings): Entry {
    const { engine, environment, listEntries, listChanged, statusChanged } = this.#options;
    const { name } = settings;
    const server = createUpstream(settings, environment);
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
    };
    server.watch((event) => {
      if (event.kind !== 'status') return;
      // A server is shown as ready once it is known what it has.
      if (event.status.state === 'ready') void catalog.list('tools').then(() => statusChanged(statusOf(entry)));
      else statusChanged(statusOf(entry));
    });
    server.start();
    return entry;
  }
}

const fingerprint = (settings: ServerSettings): string => JSON.stringify(settings);

async function closeAll(entries: readonly Entry[]): Promise<void> {
  for (const { catalog } of entries) catalog.close();
  await Promise.all(entries.map(({ server }) => server.close()));
}

function statusOf({ name, server, catalog }: Entry): ServerStatus {
  const { state, revision, reason } = server.status();
  const tools = catalog.peek('tools')?.entries.length ?? 0;
  const { problem } = catalog;
  if (state === 'ready' && problem !== undefined)
    return { name, state: 'unavailable', revision, reason: problem, tools };
  return { name, state, revision, reason, tools };
}
