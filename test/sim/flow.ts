/** Bytes on their way in one direction, handed over in pieces of any size; what ends them comes last. */
import type { World } from './world.ts';

export type Piece = Buffer | 'end' | 'reset';

interface Queued {
  bytes: Buffer;
  /** Must arrive in one piece. */
  readonly isWhole: boolean;
  /** Whether the sender would rather not have sent it, if nothing of it has left. */
  readonly isVoid: (() => boolean) | undefined;
}

export class Flow {
  readonly #world: World;
  readonly #queue: Queued[] = [];
  #last: 'end' | 'reset' | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0 && this.#last === undefined;
  }

  get hasEnded(): boolean {
    return this.#last !== undefined;
  }

  put(bytes: Buffer | string, isVoid?: () => boolean): void {
    if (this.#last === undefined && bytes.length > 0)
      this.#queue.push({ bytes: Buffer.from(bytes), isWhole: isVoid !== undefined, isVoid });
  }

  close(how: 'end' | 'reset'): void {
    this.#last ??= how;
  }

  /** What arrives next. */
  take(): Piece | undefined {
    const { chance } = this.#world;
    let first = this.#queue.shift();
    while (first?.isVoid?.()) first = this.#queue.shift();
    if (!first) {
      const last = this.#last;
      // An end comes once.
      this.#last = undefined;
      return last;
    }
    const way = first.isWhole ? 2 : chance.below(4);
    if (way === 0) {
      // Several writes in one piece.
      const all = [first.bytes];
      while (this.#queue[0] && !this.#queue[0].isWhole) all.push(this.#queue.shift()?.bytes ?? Buffer.alloc(0));
      return Buffer.concat(all);
    }
    if (way === 1 && first.bytes.length > 1) {
      const size = 1 + chance.below(Math.min(first.bytes.length - 1, chance.one([1, 8, 200, 100_000])));
      this.#queue.unshift({ ...first, bytes: first.bytes.subarray(size) });
      return first.bytes.subarray(0, size);
    }
    return first.bytes;
  }
}
