/** The configurations of the reload soak: two servers that stay and three of which each round adds, removes or renames one. */
import { child } from './fixture.ts';
import type { Config } from './gateway.ts';
import type { Chance } from './random.ts';

export interface Swap {
  readonly what: 'add' | 'remove' | 'rename' | 'certificate';
  /** Names that are gone after it. */
  readonly gone: readonly string[];
  /** Names that are there only after it. */
  readonly came: readonly string[];
}

interface Slot {
  readonly label: string;
  readonly definition: Config;
  /** Undefined while it is not configured. */
  name: string | undefined;
}

/** Among the others, and the first of them soon. */
const CERTIFICATE_EVERY = 3;

export const steady = ['keep-pipe', 'keep-web'] as const;

export class Plan {
  readonly #slots: readonly Slot[];
  readonly #tls: object;

  /** @param tls of the listener. */
  constructor(journal: string, urls: { readonly keep: string; readonly gamma: string }, tls: object) {
    this.#tls = tls;
    const pipe = (name: string, revision: '2025-11-25' | '2026-07-28') => child({ name, revision, journal });
    this.#slots = [
      { label: 'keep-pipe', name: 'keep-pipe', definition: pipe('keep-pipe', '2025-11-25') },
      { label: 'keep-web', name: 'keep-web', definition: { url: urls.keep } },
      { label: 'alpha', name: 'alpha', definition: pipe('alpha', '2026-07-28') },
      { label: 'beta', name: 'beta', definition: pipe('beta', '2025-11-25') },
      { label: 'gamma', name: 'gamma', definition: { url: urls.gamma } },
    ];
  }

  get names(): readonly string[] {
    return this.#present().map(({ name }) => name);
  }

  /** Those that are processes of the gateway. */
  get pipes(): readonly string[] {
    return this.#present()
      .filter(({ definition }) => 'command' in definition)
      .map(({ name }) => name);
  }

  get config(): Config {
    const servers = Object.fromEntries(this.#present().map(({ name, definition }) => [name, definition]));
    return { listen: { tls: this.#tls }, bounds: { connectionsPerAddress: 5_000 }, servers };
  }

  changesCertificate(round: number): boolean {
    return round % CERTIFICATE_EVERY === 0;
  }

  /** Decides and takes the next step; what is absent comes back before too much is gone. */
  next(chance: Chance, round: number): Swap {
    if (this.changesCertificate(round)) return { what: 'certificate', gone: [], came: [] };
    const slot = chance.one(this.#slots.filter(({ label }) => !steady.some((name) => name === label)));
    const { name } = slot;
    if (name === undefined) {
      slot.name = slot.label;
      return { what: 'add', gone: [], came: [slot.label] };
    }
    const renames = chance.below(2) === 0;
    slot.name = renames ? `${slot.label}-${round}` : undefined;
    return { what: renames ? 'rename' : 'remove', gone: [name], came: slot.name === undefined ? [] : [slot.name] };
  }

  #present(): readonly { readonly name: string; readonly definition: Config }[] {
    return this.#slots.flatMap(({ name, definition }) => (name === undefined ? [] : [{ name, definition }]));
  }
}
