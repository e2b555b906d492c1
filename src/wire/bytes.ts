/** Bytes that come in pieces, gathered into one buffer that doubles up to a bound. May be charged to a budget. */
import type { Budget } from '../kernel/bounded.ts';

const SMALLEST = 1024;
const NOTHING = Buffer.alloc(0);

export class Bytes {
  readonly #max: number;
  readonly #budget: Budget | undefined;
  #buffer: Buffer = NOTHING;
  #length = 0;

  constructor(max: number, budget?: Budget) {
    this.#max = max;
    this.#budget = budget;
  }

  get length(): number {
    return this.#length;
  }

  /** `false`: beyond the bound or the budget, and nothing was added. */
  append(piece: Uint8Array): boolean {
    const length = this.#length + piece.length;
    if (length > this.#buffer.length && !this.#grow(length)) return false;
    this.#buffer.set(piece, this.#length);
    this.#length = length;
    return true;
  }

  /** What has been gathered; valid until the next `append`. */
  view(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** The same, given away: this starts anew. */
  take(): Buffer {
    const taken = this.view();
    this.release();
    return taken;
  }

  /** Empties it and keeps the memory for what comes next. */
  clear(): void {
    this.#length = 0;
  }

  /** Gives the memory and its share of the budget back. */
  release(): void {
    this.#budget?.give(this.#buffer.length);
    this.#buffer = NOTHING;
    this.#length = 0;
  }

  /** The same, where nobody has kept a view: the memory is free at once, not when the collector comes. */
  discard(): void {
    const buffer = this.#buffer;
    this.release();
    giveBack(buffer);
  }

  #grow(length: number): boolean {
    if (length > this.#max) return false;
    const size = Math.min(Math.max(length, this.#buffer.length * 2, SMALLEST), this.#max);
    if (this.#budget && !this.#budget.take(size - this.#buffer.length)) return false;
    const grown = Buffer.allocUnsafeSlow(size);
    grown.set(this.#buffer.subarray(0, this.#length));
    giveBack(this.#buffer); // views end with an `append`
    this.#buffer = grown;
    return true;
  }
}

/** Frees memory that nobody will look at again. A piece of something larger is left alone: others may have theirs. */
export function giveBack({ buffer, length }: Buffer): void {
  if (length > 0 && buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0);
}
