/** Whose a resource URI is where several servers offer it: the first by key keeps it. Worked out anew only when some list has changed. */
import { isFixed } from '../protocol/uris.ts';
import type { Catalog } from './catalog.ts';
import type { Entry } from './entries.ts';

type Kind = 'resources' | 'resourceTemplates';

export class Owners {
  /** By server key, first to last. */
  readonly catalogs: readonly Catalog[];
  readonly #kind: Kind;
  #read: (readonly Entry[] | undefined)[] = [];
  #byOwn: ReadonlyMap<string, Catalog> = new Map();
  #renaming: ReadonlySet<Catalog> = new Set();
  #generation = 0;

  constructor(catalogs: readonly Catalog[], kind: Kind) {
    this.catalogs = catalogs.toSorted((a, b) => (a.upstream.name < b.upstream.name ? -1 : 1));
    this.#kind = kind;
  }

  /** Grows whenever anything may belong to somebody else than before. */
  get generation(): number {
    this.#renew();
    return this.#generation;
  }

  of(own: string): Catalog | undefined {
    this.#renew();
    return this.#byOwn.get(own);
  }

  /** Whether something that this server lists belongs to another. */
  isRenaming(catalog: Catalog): boolean {
    this.#renew();
    return this.#renaming.has(catalog);
  }

  #renew(): void {
    if (this.#isFresh()) return;
    const byOwn = new Map<string, Catalog>();
    const renaming = new Set<Catalog>();
    this.#read = this.catalogs.map((catalog) => catalog.peek(this.#kind)?.entries);
    for (const catalog of this.catalogs) {
      for (const { own } of catalog.peek(this.#kind)?.entries ?? []) {
        if (!byOwn.has(own)) byOwn.set(own, catalog);
        else if (!isFixed(own)) renaming.add(catalog);
      }
    }
    this.#byOwn = byOwn;
    this.#renaming = renaming;
    this.#generation += 1;
  }

  /** A loop: every call to one of several servers asks. */
  #isFresh(): boolean {
    for (let i = 0; i < this.catalogs.length; i += 1) {
      if (this.catalogs[i]?.peek(this.#kind)?.entries !== this.#read[i]) return false;
    }
    return this.#read.length > 0;
  }
}
