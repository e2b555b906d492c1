/**
 * What came on a connection behind a request that is still being answered: kept in order, up to a bound, and charged to the budget. The
 * socket is always read, or nobody would notice that its client has left and its call go on for nobody. So what is more than can be kept
 * is thrown away, all of it: in its turn it is refused, none of it having been looked at, and who never stops is cut off. RFC 9112 9.3.2
 * has a client send again what was not answered.
 */
import type { Budget } from '../../kernel/bounded.ts';
import { Bytes } from '../bytes.ts';

const KEPT_BYTES = 131_072;
const THROWN_AWAY_BYTES = 1_048_576;

export class Held {
  readonly #bytes: Bytes;
  #thrownAway = 0;

  constructor(budget: Budget) {
    this.#bytes = new Bytes(KEPT_BYTES, budget);
  }

  /** `false`: so much that the client does not wait for answers. */
  add(chunk: Buffer): boolean {
    if (this.#thrownAway === 0 && this.#bytes.append(chunk)) return true;
    this.#thrownAway += this.#bytes.length + chunk.length;
    this.#bytes.release();
    return this.#thrownAway <= THROWN_AWAY_BYTES;
  }

  /** All of it, to be read on from here; `undefined` where there was no room for all, so that nothing of it can be read. */
  take(): Buffer | undefined {
    return this.#thrownAway === 0 ? this.#bytes.take() : undefined;
  }

  release(): void {
    this.#bytes.release();
  }
}
