/**
 * Slots that several share, none of whom can take them all: a share gets another one only while it holds fewer than four times what is free.
 * Alone it gets four fifths, two get four ninths each, and whoever comes new finds one. Up to four slots are too few to keep any back.
 */

const TIMES_FREE = 4;
/** Shares that hold nothing are remembered up to this many, so that one call after another makes no garbage. */
const KEPT = 64;

interface Holding {
  held: number;
}

export class Shares {
  readonly #slots: number;
  readonly #holdings = new Map<string, Holding>();
  #held = 0;

  constructor(slots: number) {
    this.#slots = slots;
  }

  /** Slots that are taken. */
  get held(): number {
    return this.#held;
  }

  /** `false`: there is none for this share now. */
  take(share: string): boolean {
    const free = this.#slots - this.#held;
    const holding = this.#holdings.get(share);
    if ((holding?.held ?? 0) >= free * TIMES_FREE) return false;
    this.#held += 1;
    if (holding) holding.held += 1;
    else this.#holdings.set(share, { held: 1 });
    return true;
  }

  give(share: string): void {
    const holding = this.#holdings.get(share);
    if (!holding || holding.held === 0) return;
    this.#held -= 1;
    holding.held -= 1;
    if (holding.held === 0 && this.#holdings.size > KEPT) this.#holdings.delete(share);
  }
}
