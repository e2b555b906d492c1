/**
 * What one upstream offers: fetched once for all who wait, kept while the upstream tells of changes, fetched anew when it does or when it
 * has grown old. What was known stays in use while the upstream is away.
 */
import type { Log } from '../core/ports/log.ts';
import type { Upstream } from '../core/ports/upstream.ts';
import { BoundedMap, SingleFlight } from '../kernel/bounded.ts';
import { Patience } from '../kernel/patience.ts';
import { toFault } from '../kernel/fault.ts';
import type { Time } from '../kernel/time.ts';
import { EVERYTHING_BUT_ROOTS } from '../protocol/capabilities.ts';
import type { ListKind } from '../protocol/methods.ts';
import { fetchList, type Fetched } from './fetch.ts';
import type { Entry } from './entries.ts';

export interface Listing extends Fetched {
  readonly byOwn: ReadonlyMap<string, Entry>;
  /** Grows with every fetch that brought something else, in whichever view of the same server: no two listings share one. */
  readonly version: number;
  /** On the clock of `Time.elapsed`. */
  readonly fetchedMs: number;
}

export interface CatalogOptions {
  readonly maxEntries: number;
  readonly time: Time;
  readonly log: Log;
  readonly onChange: (list: ListKind) => void;
  /** Of the catalog that this one is a view of. */
  readonly versions?: Versions;
}

interface Versions {
  last: number;
}

/** Views of one upstream besides the fullest: one for each different set of what clients can answer. */
const MAX_VIEWS = 8;

/** How old a list may be when its server neither tells of changes nor says how long it holds. */
const MAX_AGE_MS = 30_000;

export class Catalog {
  readonly upstream: Upstream;
  /** What the clients can answer who see this, as `offerable` writes it. */
  readonly able: string;
  readonly #options: CatalogOptions;
  readonly #views = new BoundedMap<string, Catalog>(MAX_VIEWS, (_, view) => view.close());
  readonly #listings = new Map<ListKind, Listing>();
  readonly #stale = new Set<ListKind>();
  readonly #flight = new SingleFlight<ListKind, Listing>();
  readonly #patience: Patience<ListKind>;
  readonly #unwatch: () => void;
  /** Lists that somebody was given without what this server has: they are told when it is known. */
  readonly #owed = new Set<ListKind>();
  /** One count for all views, as one that was forgotten may be made anew. */
  readonly #versions: Versions;
  #live = false;
  /** When a list could last not be read, and why. */
  readonly #failed = new Map<ListKind, { readonly atMs: number; readonly problem: string | undefined }>();

  constructor(upstream: Upstream, options: CatalogOptions, able = EVERYTHING_BUT_ROOTS) {
    this.upstream = upstream;
    this.able = able;
    this.#options = options;
    this.#versions = options.versions ?? { last: 0 };
    this.#patience = new Patience(PATIENCE_MS, options.time);
    this.#unwatch = upstream.watch((event) => {
      if (event.kind === 'changed') this.#changed(event.list);
      else if (event.kind === 'missed') this.#missed(event.list);
      else if (event.status.state === 'ready') this.#reconnected();
    });
  }

  /** Why its lists cannot be used, if so. */
  get problem(): string | undefined {
    for (const { problem } of this.#failed.values()) if (problem !== undefined) return problem;
    return undefined;
  }

  /** What this upstream offers a client with a session of its own that can answer so much and no more. */
  async as(able: string): Promise<Catalog> {
    if (able === this.able || !(await this.#varies())) return this;
    const known = this.#views.get(able);
    if (known) return known;
    // Who sees it is told by the fullest view, which hears of the same changes.
    const view = new Catalog(
      this.upstream,
      { ...this.#options, onChange: () => undefined, versions: this.#versions },
      able,
    );
    this.#views.set(able, view);
    return view;
  }

  /** What is known now, without asking. */
  peek(kind: ListKind): Listing | undefined {
    return this.#listings.get(kind);
  }

  /**
   * What holds now; asks the upstream if need be, and does not wait long for one that is slow: who was known gives what was known, who was not
   * gives `undefined`, and whoever listens is told when the answer comes after all.
   */
  async list(kind: ListKind): Promise<Listing | undefined> {
    const known = this.#listings.get(kind);
    if (known && !this.#isStale(kind, known)) return known;
    if (known && this.upstream.status().state !== 'ready') return known;
    const failed = this.#failed.get(kind);
    const isFailing = failed !== undefined && this.#options.time.elapsed() - failed.atMs < RETRY_MS;
    const fetched = isFailing
      ? undefined
      : await this.#patience.wait(
          kind,
          this.#flight.run(kind, () => this.#fetch(kind)),
        );
    if (!fetched) this.#owed.add(kind);
    return fetched ?? this.#listings.get(kind);
  }

  /** For how long a list still holds, as far as that is known: its server said so, and would tell of a change or has just been asked. */
  holdsMs({ ttlMs, fetchedMs }: Listing): number {
    if (ttlMs === Number.MAX_SAFE_INTEGER) return ttlMs;
    if (this.upstream.status().state !== 'ready') return Math.min(ttlMs, RETRY_MS);
    if (this.#live) return ttlMs;
    const left = ttlMs - (this.#options.time.elapsed() - fetchedMs);
    // Whole seconds: what is listed is put together once for all who ask within one.
    return Math.max(0, Math.floor(left / 1000) * 1000);
  }

  /** Asks again although nothing says that anything changed; for a name that is not known. */
  async refresh(kind: ListKind): Promise<Listing | undefined> {
    const known = this.#listings.get(kind);
    const isFresh = known !== undefined && this.#options.time.elapsed() - known.fetchedMs < MIN_REFRESH_MS;
    if (isFresh && !this.#stale.has(kind)) return known;
    this.#stale.add(kind);
    return this.list(kind);
  }

  close(): void {
    this.#unwatch();
    for (const view of this.#views.values()) view.close();
  }

  #isStale(kind: ListKind, known: Listing): boolean {
    if (this.#stale.has(kind)) return true;
    const age = this.#options.time.elapsed() - known.fetchedMs;
    return !this.#live && age > (known.ttlMs > 0 ? known.ttlMs : MAX_AGE_MS);
  }

  async #fetch(kind: ListKind): Promise<Listing> {
    const { upstream } = this;
    this.#stale.delete(kind);
    try {
      const { maxEntries, time } = this.#options;
      const fetched = await fetchList(upstream, kind, { max: maxEntries, time, able: this.able });
      this.#live = (await upstream.profile()).live;
      this.#failed.delete(kind);
      for (const what of fetched.skipped)
        this.#options.log.warn({ server: upstream.name, list: kind, what }, 'left out of the catalog');
      return this.#keep(kind, fetched);
    } catch (error) {
      const fault = toFault(error);
      const problem = upstream.status().state === 'ready' ? fault.message : undefined;
      this.#failed.set(kind, { atMs: this.#options.time.elapsed(), problem });
      this.#options.log.warn(
        { server: upstream.name, list: kind, reason: fault.message, detail: fault.detail },
        'list not read',
      );
      this.#stale.add(kind);
      throw fault;
    }
  }

  #keep(kind: ListKind, fetched: Fetched): Listing {
    const before = this.#listings.get(kind);
    const same = before !== undefined && isSame(before.entries, fetched.entries);
    if (!same) this.#versions.last += 1;
    const byOwn = same ? before.byOwn : new Map(fetched.entries.map((entry) => [entry.own, entry]));
    const entries = same ? before.entries : fetched.entries;
    const listing: Listing = {
      ...fetched,
      entries,
      byOwn,
      version: same ? before.version : this.#versions.last,
      fetchedMs: this.#options.time.elapsed(),
    };
    this.#listings.set(kind, listing);
    if (this.#owed.delete(kind)) this.#options.onChange(kind);
    return listing;
  }

  async #varies(): Promise<boolean> {
    const { upstream } = this;
    return upstream.status().state === 'ready' && (await upstream.profile()).listsVary;
  }

  /** The upstream says so: read first, tell then, so that whoever is told finds what is new. */
  #changed(kind: ListKind): void {
    const kinds: ListKind[] = kind === 'resources' ? ['resources', 'resourceTemplates'] : [kind];
    for (const one of kinds) {
      this.#stale.add(one);
      this.#failed.delete(one);
    }
    const known = kinds.filter((one) => this.#listings.has(one));
    void Promise.all(known.map((one) => this.#reread(one))).then(() => this.#options.onChange(kind));
  }

  /** A change that came while a list was being read is not in what was read. */
  async #reread(kind: ListKind): Promise<void> {
    await this.list(kind);
    if (this.#stale.has(kind)) await this.list(kind);
  }

  /** Nobody can know what was missed: it is read anew and told. */
  #missed(kind: ListKind): void {
    if (this.#listings.has(kind)) this.#changed(kind);
  }

  /** Everything is read as soon as the server is there, so that names and URIs are known before they are asked for. */
  #reconnected(): void {
    this.#failed.clear();
    for (const kind of KINDS) {
      if (this.#listings.has(kind)) this.#changed(kind);
      else void this.list(kind);
    }
  }
}

const KINDS: readonly ListKind[] = ['tools', 'prompts', 'resources', 'resourceTemplates'];

/** How long anybody waits for a list of a server that may be slow. */
const PATIENCE_MS = 5000;

/** A list that could not be read is not asked for again at once. */
const RETRY_MS = 5000;

/** An unknown name makes us ask again at most this often. */
const MIN_REFRESH_MS = 2000;

const isSame = (a: readonly Entry[], b: readonly Entry[]): boolean =>
  a.length === b.length &&
  a.every((entry, i) => {
    const other = b[i];
    return (
      other !== undefined &&
      entry.own === other.own &&
      entry.before.equals(other.before) &&
      entry.after.equals(other.after)
    );
  });
