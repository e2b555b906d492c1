/** Something that may happen as often as strangers like, and is told at most so often. */
import type { Time } from './time.ts';

export class Seldom {
  readonly #time: Time;
  readonly #everyMs: number;
  #told = Number.NEGATIVE_INFINITY;
  #untold = 0;

  constructor(time: Time, everyMs: number) {
    this.#time = time;
    this.#everyMs = everyMs;
  }

  /** It happened. Gives back how often since it was told last, when it may be told again; else 0. */
  count(): number {
    this.#untold += 1;
    const now = this.#time.elapsed();
    if (now - this.#told < this.#everyMs) return 0;
    const untold = this.#untold;
    this.#told = now;
    this.#untold = 0;
    return untold;
  }
}
