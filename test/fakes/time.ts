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

  /** Timers that have been set and neither run nor cancelled. */
  get pending(): number {
    return this.#entries.size;
  }

  /** When the next one is due. */
  get due(): number | undefined {
    return this.#first()?.due;
  }

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

  shortly(ms: number, action: () => void): Timer {
    return this.after(ms, action);
  }

  /** Goes on, running what falls due in its order. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#first();
      if (!next || next.due > end) break;
      this.#now = next.due;
      if (next.everyMs === undefined) this.#entries.delete(next);
      else next.due += next.everyMs;
      next.action();
    }
    this.#now = end;
  }

  /** Of several that are due at once, the one that was set first. */
  #first(): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#entries) if (!first || entry.due < first.due) first = entry;
    return first;
  }

  #add(entry: Entry): Timer {
    this.#entries.add(entry);
    return { cancel: () => this.#entries.delete(entry) };
  }
}
