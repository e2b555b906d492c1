/**
 * Public names and URIs of one endpoint and what they lead to: the catalogs behind it, shaped by its naming rule. Derived, never stored;
 * computed anew when a catalog's version has moved.
 */
import { Fault, toFault } from '../kernel/fault.ts';
import { member } from '../kernel/json.ts';
import type { Log } from '../core/ports/log.ts';
import { publicName, serverOf, type NameRule } from '../protocol/names.ts';
import { isFixed, mayExpand, qualifiedTemplate, qualifiedUri, unqualified } from '../protocol/uris.ts';
import type { ListKind } from '../protocol/methods.ts';
import type { Catalog, Listing } from './catalog.ts';
import { render, type Entry } from './entries.ts';
import { Owners } from './owners.ts';
import { renamedUris } from './renamed.ts';

export interface Found {
  readonly catalog: Catalog;
  readonly entry: Entry;
}

export interface Shown {
  /** Each entry's public JSON, in order. */
  readonly entries: readonly Buffer[];
  /** Changes when anything listed changes. */
  readonly fingerprint: string;
  readonly ttlMs: number;
  readonly isPublic: boolean;
}

interface Shaped {
  readonly listing: Listing;
  /** Of the owners of resources and templates when it was made. */
  readonly generation: number;
  readonly byPublic: ReadonlyMap<string, Entry>;
  readonly entries: readonly Buffer[];
}

export class Directory {
  readonly #catalogs: readonly Catalog[];
  readonly #byServer: ReadonlyMap<string, Catalog>;
  /** `undefined` where names stay the upstream's own. */
  readonly #rule: NameRule | undefined;
  readonly #log: Log;
  readonly #resources: Owners;
  readonly #templates: Owners;
  /** By view: those that nobody sees any more are forgotten with what was made of them. */
  readonly #shaped: Readonly<Record<ListKind, WeakMap<Catalog, Shaped>>> = {
    tools: new WeakMap(),
    prompts: new WeakMap(),
    resources: new WeakMap(),
    resourceTemplates: new WeakMap(),
  };

  constructor(catalogs: readonly Catalog[], rule: NameRule | undefined, log: Log) {
    this.#catalogs = catalogs;
    this.#byServer = new Map(catalogs.map((catalog) => [catalog.upstream.name, catalog]));
    this.#rule = rule;
    this.#log = log;
    this.#resources = new Owners(catalogs, 'resources');
    this.#templates = new Owners(catalogs, 'resourceTemplates');
  }

  /**
   * A tool or prompt by its public name; asks upstreams again before it says that there is none.
   * @param able of a client with a session of its own: it may be shown what others are not.
   */
  async named(kind: 'tools' | 'prompts', name: string, able?: string): Promise<Found | undefined> {
    const known = this.known(kind, name);
    if (known) return known;
    const server = this.#rule ? serverOf(name, this.#rule) : undefined;
    const catalog = this.#rule ? server !== undefined && this.#byServer.get(server) : this.#catalogs[0];
    if (!catalog) return undefined;
    const found = await this.#asked(catalog, kind, name);
    const own = able === undefined ? catalog : await catalog.as(able);
    return found ?? (own === catalog ? undefined : this.#asked(own, kind, name));
  }

  async #asked(catalog: Catalog, kind: 'tools' | 'prompts', name: string): Promise<Found | undefined> {
    const listing = await (catalog.peek(kind) ? catalog.refresh(kind) : catalog.list(kind));
    // A server that cannot say what it has cannot be said to lack anything.
    if (!listing) throw await unknown(catalog);
    const entry = this.#shape(catalog, kind, listing).byPublic.get(name);
    return entry && { catalog, entry };
  }

  /** The same from what is known now. */
  known(kind: 'tools' | 'prompts', name: string): Found | undefined {
    const server = this.#rule ? serverOf(name, this.#rule) : undefined;
    const catalog = this.#rule ? server !== undefined && this.#byServer.get(server) : this.#catalogs[0];
    const listing = catalog ? catalog.peek(kind) : undefined;
    if (!catalog || !listing) return undefined;
    const entry = this.#rule ? this.#shape(catalog, kind, listing).byPublic.get(name) : listing.byOwn.get(name);
    return entry && { catalog, entry };
  }

  /** Whether any server declares a feature; one that cannot be asked might. */
  async offers(feature: string): Promise<boolean> {
    const asked = this.#catalogs.map(async ({ upstream }) =>
      upstream.status().state === 'ready' ? await upstream.profile() : undefined,
    );
    const profiles = await Promise.allSettled(asked);
    return profiles.some(
      (one) =>
        one.status === 'rejected' || one.value === undefined || member(one.value.capabilities, feature) !== undefined,
    );
  }

  /**
   * @param able of a client with a session of its own; everybody else is shown the same.
   * @throws Fault `unavailable` where there is one server and it cannot say.
   */
  async list(kind: ListKind, able?: string): Promise<Shown> {
    const views =
      able === undefined ? this.#catalogs : await Promise.all(this.#catalogs.map((catalog) => catalog.as(able)));
    const listings = await Promise.all(views.map((catalog) => catalog.list(kind)));
    const [only] = views;
    if (!this.#rule && only && !listings[0]) throw await unknown(only);
    const entries: Buffer[] = [];
    const versions: string[] = [];
    let ttlMs = Number.MAX_SAFE_INTEGER;
    let isPublic = views.length === 1;
    for (const [i, catalog] of views.entries()) {
      const listing = listings[i];
      ttlMs = Math.min(ttlMs, listing ? catalog.holdsMs(listing) : RETRY_MS);
      isPublic &&= listing?.isPublic === true;
      const view = catalog === this.#catalogs[i] ? '' : catalog.able;
      versions.push(`${catalog.upstream.name}${view}:${listing?.version ?? 0}`);
      if (listing) for (const entry of this.#shape(catalog, kind, listing).entries) entries.push(entry);
    }
    return { entries, fingerprint: versions.join(','), ttlMs: ttlMs === Number.MAX_SAFE_INTEGER ? 0 : ttlMs, isPublic };
  }

  /**
   * Which upstream a public URI belongs to, and its own URI there.
   * @param able of a client with a session of its own.
   */
  async place(uri: string, able?: string): Promise<{ readonly catalog: Catalog; readonly uri: string } | undefined> {
    const [only] = this.#catalogs;
    if (!this.#rule) return only && { catalog: only, uri };
    const known = this.#resources.of(uri);
    if (known) return { catalog: known, uri };
    await this.#read(['resources', 'resourceTemplates']);
    const owner = this.#resources.of(uri);
    if (owner) return { catalog: owner, uri };
    const qualified = unqualified(uri);
    const catalog = qualified && this.#byServer.get(qualified.server);
    if (catalog && this.#offers(catalog, qualified.uri)) return { catalog, uri: qualified.uri };
    const template = this.#resources.catalogs.find((one) => this.#expands(one, uri));
    if (template) return { catalog: template, uri };
    const particular = able === undefined ? undefined : await this.#inView(able, uri);
    if (particular) return { catalog: particular, uri };
    const withResources = this.#catalogs.filter(
      (one) => (one.peek('resources')?.entries.length ?? 0) + (one.peek('resourceTemplates')?.entries.length ?? 0) > 0,
    );
    const [sole] = withResources;
    return withResources.length === 1 && sole ? { catalog: sole, uri } : undefined;
  }

  /** A template's upstream and own text, for completion. */
  async template(
    text: string,
    able?: string,
  ): Promise<{ readonly catalog: Catalog; readonly template: string } | undefined> {
    const [only] = this.#catalogs;
    if (!this.#rule) return only && { catalog: only, template: text };
    await this.#read(['resources', 'resourceTemplates']);
    for (const catalog of this.#catalogs) {
      const listing = catalog.peek('resourceTemplates');
      const entry = listing && this.#shape(catalog, 'resourceTemplates', listing).byPublic.get(text);
      if (entry) return { catalog, template: entry.own };
    }
    const placed = await this.place(text, able);
    return placed && { catalog: placed.catalog, template: placed.uri };
  }

  publicUri(server: string, uri: string): string {
    const catalog = this.#byServer.get(server);
    if (!this.#rule || !catalog || isFixed(uri)) return uri;
    const owner = this.#resources.of(uri);
    return owner === undefined || owner === catalog ? uri : qualifiedUri(server, uri);
  }

  /** Whether some URI of this server is public under another text, so that its results must be looked through. */
  renames(server: string): boolean {
    const catalog = this.#byServer.get(server);
    if (!this.#rule || !catalog || this.#catalogs.length === 1) return false;
    return this.#resources.isRenaming(catalog);
  }

  async #read(kinds: readonly ListKind[]): Promise<void> {
    await Promise.all(kinds.flatMap((kind) => this.#catalogs.map((catalog) => catalog.list(kind))));
  }

  /** The server that has a URI, or a template for it, for such a client and not for everybody. */
  async #inView(able: string, uri: string): Promise<Catalog | undefined> {
    for (const catalog of this.#catalogs) {
      const view = await catalog.as(able);
      if (view === catalog) continue;
      await Promise.all([view.list('resources'), view.list('resourceTemplates')]);
      if (this.#offers(view, uri) || view.peek('resourceTemplates')?.byOwn.has(uri) === true) return catalog;
    }
    return undefined;
  }

  #offers(catalog: Catalog, uri: string): boolean {
    return catalog.peek('resources')?.byOwn.has(uri) === true || this.#expands(catalog, uri);
  }

  #expands(catalog: Catalog, uri: string): boolean {
    return (catalog.peek('resourceTemplates')?.entries ?? []).some((entry) => mayExpand(entry.own, uri));
  }

  #publicOf(catalog: Catalog, kind: ListKind, own: string): string {
    const server = catalog.upstream.name;
    if (!this.#rule) return own;
    if (kind === 'tools' || kind === 'prompts') return publicName(server, own, this.#rule);
    if (kind === 'resources') return this.publicUri(server, own);
    const owner = this.#templates.of(own);
    // What a view has belongs to the server that it is a view of.
    return owner === undefined || owner === this.#byServer.get(server) ? own : qualifiedTemplate(server, own);
  }

  #shape(catalog: Catalog, kind: ListKind, listing: Listing): Shaped {
    const before = this.#shaped[kind].get(catalog);
    // Names of tools and prompts depend on their own server alone; whose URI is whose depends on all.
    const generation =
      this.#rule && this.#catalogs.length > 1 ? this.#resources.generation + this.#templates.generation : 0;
    if (before?.listing.entries === listing.entries && before.generation === generation) return before;
    const renames = kind === 'tools' && this.renames(catalog.upstream.name);
    const byPublic = new Map<string, Entry>();
    const entries: Buffer[] = [];
    for (const entry of listing.entries) {
      const name = this.#publicOf(catalog, kind, entry.own);
      if (byPublic.has(name))
        this.#log.warn({ server: catalog.upstream.name, name: entry.own }, 'left out: its public name is taken');
      else {
        byPublic.set(name, entry);
        const shown = render(entry, name);
        entries.push(
          (renames ? renamedUris(shown, (uri) => this.publicUri(catalog.upstream.name, uri)) : undefined) ?? shown,
        );
      }
    }
    const shaped = { listing, generation, byPublic, entries };
    this.#shaped[kind].set(catalog, shaped);
    return shaped;
  }
}

/** Why a server cannot say what it has. */
async function unknown(catalog: Catalog): Promise<Fault> {
  try {
    if (catalog.upstream.status().state === 'ready') await catalog.upstream.profile();
    return new Fault('unavailable', catalog.problem ?? 'The server has not said yet what it offers.', {
      retryAfterMs: RETRY_MS,
    });
  } catch (error) {
    return toFault(error);
  }
}

/** How soon a list that lacks a server is worth asking for again. */
const RETRY_MS = 5000;
