/**
 * A long body whose length nobody has said, as it comes: in blocks, so that none of it is copied before it is known that all of it will be
 * wanted. Blocks are freed by hand: megabytes that wait for the collector make it stop everybody.
 */
import type { Budget } from '../../kernel/bounded.ts';
import type { Time } from '../../kernel/time.ts';
import { giveBack } from '../../wire/bytes.ts';

/** From this length on a body is kept in blocks, each so long. */
export const BLOCK_BYTES = 1_048_576;
/** As many as one result of the default bound takes. No budget is charged for them. */
const SPARE = 16;
const SPARE_MS = 5000;

/** Where blocks come from, and what is charged for them. */
export interface BlockSource {
  readonly buffered: Budget;
  readonly blocks: SpareBlocks;
}

export class Blocks {
  readonly #budget: Budget;
  readonly #spare: SpareBlocks;
  /** All but the last are full. */
  readonly #blocks: Buffer[];
  #last: Buffer;
  /** How much of the last is in use. */
  #filled: number;
  #length: number;
  #held = 0;

  /** @param first holds what has come so far, `filled` bytes. It is the blocks' from now on; its share of the budget stays whose it was. */
  constructor(first: Buffer, filled: number, from: BlockSource) {
    this.#budget = from.buffered;
    this.#spare = from.blocks;
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
      this.#spare.give(block);
    }
    this.#blocks.length = 0;
    return whole;
  }

  /** Gives back memory and budget. */
  release(): void {
    for (const block of this.#blocks) this.#spare.give(block);
    this.#blocks.length = 0;
    this.#budget.give(this.#held);
    this.#held = 0;
  }

  #begin(): boolean {
    if (!this.#budget.take(BLOCK_BYTES)) return false;
    this.#held += BLOCK_BYTES;
    this.#last = this.#spare.take();
    this.#filled = 0;
    this.#blocks.push(this.#last);
    return true;
  }
}

/**
 * Blocks that wait a moment for the next long answer. To come by fresh memory takes longer than to fill it, and each time that megabytes come
 * and go the collector looks through everything.
 */
export class SpareBlocks {
  readonly #time: Time;
  readonly #blocks: Buffer[] = [];
  #isTimed = false;

  constructor(time: Time) {
    this.#time = time;
  }

  take(): Buffer {
    return this.#blocks.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
  }

  give(block: Buffer): void {
    if (block.length !== BLOCK_BYTES || this.#blocks.length >= SPARE) {
      giveBack(block);
      return;
    }
    this.#blocks.push(block);
    if (this.#isTimed) return;
    this.#isTimed = true;
    this.#time.after(SPARE_MS, () => this.#clear());
  }

  #clear(): void {
    this.#isTimed = false;
    for (const block of this.#blocks.splice(0)) giveBack(block);
  }
}
