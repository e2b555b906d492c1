/**
 * A long body whose length nobody has said, as it comes: in blocks, so that none of it is copied before it is known that all of it will be
 * wanted. Blocks are freed by hand: megabytes that wait for the collector make it stop everybody.
 */
import type { Budget } from '../../kernel/bounded.ts';
import { giveBack } from '../../wire/bytes.ts';

/** From this length on a body is kept in blocks, each so long. */
export const BLOCK_BYTES = 1_048_576;

export class Blocks {
  readonly #budget: Budget;
  /** All but the last are full. */
  readonly #blocks: Buffer[];
  #last: Buffer;
  /** How much of the last is in use. */
  #filled: number;
  #length: number;
  #held = 0;

  /** @param first holds what has come so far, `filled` bytes. It is the blocks' from now on; its share of the budget stays whose it was. */
  constructor(first: Buffer, filled: number, budget: Budget) {
    this.#budget = budget;
    this.#blocks = [first];
    this.#last = first;
    this.#filled = filled;
    this.#length = filled;
  }

  /** `false`: the budget has no room for it. */
  append(chunk: Uint8Array): boolean {
    for (let at = 0; at < chunk.length;) {
      if (this.#filled === this.#last.length && !this.#begin()) return false;
      const length = Math.min(chunk.length - at, this.#last.length - this.#filled);
      this.#last.set(chunk.subarray(at, at + length), this.#filled);
      this.#filled += length;
      this.#length += length;
      at += length;
    }
    return true;
  }

  /** All of it in one piece. Memory is in use once it is written to, so together with the blocks it is never more than one block too many. */
  join(): Buffer {
    const whole = Buffer.allocUnsafeSlow(this.#length);
    let at = 0;
    for (const block of this.#blocks) {
      const length = block === this.#last ? this.#filled : block.length;
      block.copy(whole, at, 0, length);
      at += length;
      giveBack(block);
    }
    this.#blocks.length = 0;
    return whole;
  }

  /** Gives back memory and budget. */
  release(): void {
    for (const block of this.#blocks) giveBack(block);
    this.#blocks.length = 0;
    this.#budget.give(this.#held);
    this.#held = 0;
  }

  #begin(): boolean {
    if (!this.#budget.take(BLOCK_BYTES)) return false;
    this.#held += BLOCK_BYTES;
    this.#last = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#filled = 0;
    this.#blocks.push(this.#last);
    return true;
  }
}
