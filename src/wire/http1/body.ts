/** A request's body while it arrives, inside its bound and charged to the budget. One that comes in one piece is not copied. */
import type { Budget } from '../../kernel/bounded.ts';
import { Bytes } from '../bytes.ts';
import type { Parser } from './parser.ts';

const NOTHING = Buffer.alloc(0);

export class Body {
  readonly #max: number;
  readonly #budget: Budget;
  #pieces: Bytes | undefined;
  #whole: Buffer = NOTHING;

  constructor(max: number, budget: Budget) {
    this.#max = max;
    this.#budget = budget;
  }

  /** Takes what the parser found in the chunk that it read last. Says what it has no room in, if anything. */
  add({ spans, spanned, complete }: Parser, chunk: Buffer): 'bound' | 'budget' | undefined {
    for (let index = 0; index < spanned; index += 2) {
      const piece = chunk.subarray(spans[index], spans[index + 1]);
      if ((this.#pieces?.length ?? 0) + piece.length > this.#max) return 'bound';
      if (complete && spanned === 2 && !this.#pieces) return this.#keep(piece);
      this.#pieces ??= new Bytes(this.#max, this.#budget);
      if (!this.#pieces.append(piece)) return 'budget';
    }
    return undefined;
  }

  view(): Buffer {
    return this.#pieces?.view() ?? this.#whole;
  }

  /** Gives back its share of the budget; the bytes belong to whoever has them. */
  release(): void {
    this.#pieces?.release();
    if (this.#whole.length > 0) this.#budget.give(this.#whole.length);
    this.#whole = NOTHING;
  }

  #keep(piece: Buffer): 'budget' | undefined {
    if (!this.#budget.take(piece.length)) return 'budget';
    this.#whole = piece;
    return undefined;
  }
}
