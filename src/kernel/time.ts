/**
 * The one home of clocks and timers. Deadlines are plain fields in buckets of a wheel, swept a few times a second: setting and clearing one
 * costs nanoseconds, at the price of coming up to one tick late, never early.
 */

export interface Timer {
  cancel(): void;
}

export interface Time {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds on a clock that never goes back; for durations. */
  elapsed(): number;
  /** Runs `action` once after at least `ms`, at most one tick (50 ms) later. Does not keep the process alive. */
  after(ms: number, action: () => void): Timer;
  /** Runs `action` every `ms` until cancelled. Does not keep the process alive. */
  every(ms: number, action: () => void): Timer;
}

const TICK_MS = 50;
const SLOTS = 512;

class Entry implements Timer {
  due: number;
  action: (() => void) | undefined;
  readonly slot: Set<Entry>;

  constructor(due: number, action: () => void, slot: Set<Entry>) {
    this.due = due;
    this.action = action;
    this.slot = slot;
  }

  cancel(): void {
    if (!this.action) return;
    this.action = undefined;
    this.slot.delete(this);
  }
}

class Wheel implements Time {
  readonly #slots: Set<Entry>[] = Array.from({ length: SLOTS }, () => new Set<Entry>());
  #tick = 0;
  #timer: NodeJS.Timeout | undefined;
  #lastSweep = 0;

  now(): number {
    return Date.now();
  }

  elapsed(): number {
    return performance.now();
  }

  after(ms: number, action: () => void): Timer {
    this.#start();
    const due = performance.now() + ms;
    const ticks = Math.max(1, Math.ceil((due - this.#lastSweep) / TICK_MS));
    const slot = this.#slots[(this.#tick + ticks) % SLOTS] ?? new Set<Entry>();
    const entry = new Entry(due, action, slot);
    slot.add(entry);
    return entry;
  }

  every(ms: number, action: () => void): Timer {
    const timer = setInterval(action, ms);
    timer.unref();
    return { cancel: () => clearInterval(timer) };
  }

  #start(): void {
    if (this.#timer) return;
    this.#lastSweep = performance.now();
    this.#timer = setInterval(() => this.#sweep(), TICK_MS);
    this.#timer.unref();
  }

  /** An entry that lies more than one turn ahead stays in its slot until its turn has come. */
  #sweep(): void {
    const now = performance.now();
    while (this.#lastSweep + TICK_MS <= now) {
      this.#lastSweep += TICK_MS;
      this.#tick += 1;
      for (const entry of this.#slots[this.#tick % SLOTS] ?? []) {
        if (entry.due > now) continue;
        const action = entry.action;
        entry.cancel();
        action?.();
      }
    }
  }
}

export const systemTime = (): Time => new Wheel();
