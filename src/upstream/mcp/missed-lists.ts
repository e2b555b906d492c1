/**
 * That lists may have changed while nobody could hear of it, said by each of many sessions with one server: told at once, and then no more than
 * once in a while, since every caller's stream may be cut again and again by whatever stands between.
 */
import type { Time, Timer } from '../../kernel/time.ts';
import type { ListKind } from '../../protocol/methods.ts';

const QUIET_MS = 30_000;

export class MissedLists {
  readonly #time: Time;
  readonly #tell: (list: ListKind) => void;
  readonly #toldMs = new Map<ListKind, number>();
  readonly #later = new Map<ListKind, Timer>();
  #isClosed = false;

  constructor(time: Time, tell: (list: ListKind) => void) {
    this.#time = time;
    this.#tell = tell;
  }

  readonly missed = (list: ListKind): void => {
    if (this.#isClosed || this.#later.has(list)) return;
    const toldMs = this.#toldMs.get(list) ?? -Infinity;
    const restMs = toldMs + QUIET_MS - this.#time.elapsed();
    if (restMs > 0)
      this.#later.set(
        list,
        this.#time.after(restMs, () => this.#now(list)),
      );
    else this.#now(list);
  };

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#later.values()) timer.cancel();
    this.#later.clear();
  }

  #now(list: ListKind): void {
    this.#later.delete(list);
    this.#toldMs.set(list, this.#time.elapsed());
    this.#tell(list);
  }
}
