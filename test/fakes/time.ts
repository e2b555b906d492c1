/** A clock that stands still until it is told to go on. */
import type { Time, Timer } from '../../src/kernel/time.ts';

interface Entry {
  due: number;
  readonly everyMs: number | undefined;
  readonly action: () => void;
}

export class FakeTime implements Time {
  #now = 0;
  readonly #entries = new Set<Entry>();

  now(): number {
    return this.#now;
  }

  elapsed(): number {
    return this.#now;
  }

  after(ms: number, action: () => void): Timer {
    return this.#add({ due: this.#now + ms, everyMs: undefined, action });
  }

  every(ms: number, action: () => void): Timer {
    return this.#add({ due: this.#now + ms, everyMs: ms, action });
  }

  /** When the clock goes on next, by however little. */
  soon(action: () => void): void {
    this.after(0, action);
  }

  /** Goes on, running what falls due in its order. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#entries].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0];
      if (!next) break;
      this.#now = next.due;
      if (next.everyMs === undefined) this.#entries.delete(next);
      else next.due += next.everyMs;
      next.action();
    }
    this.#now = end;
  }

  #add(entry: Entry): Timer {
    this.#entries.add(entry);
    return { cancel: () => this.#entries.delete(entry) };
  }
}
