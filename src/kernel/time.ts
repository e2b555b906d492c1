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
  /** Runs `action` once when all that is ready now has been seen to, before any wait. */
  soon(action: () => void): void;
  /** Runs `action` once after `ms` and hardly later, where a tick would be felt. A timer of its own each: for what is rare. */
  shortly(ms: number, action: () => void): Timer;
  /** Runs `action` every `ms` until cancelled. Does not keep the process alive. */
  every(ms: number, action: () => void): Timer;
}

const TICK_MS = 50;
const SLOTS = 512;

/** A deadline in a doubly linked ring; the ring's head is one that is never due. */
class Entry implements Timer {
  readonly due: number;
  #action: (() => void) | undefined;
  #before: Entry;
  #after: Entry;

  constructor(due: number, action: (() => void) | undefined, ring?: Entry) {
    this.due = due;
    this.#action = action;
    this.#after = ring ?? this;
    this.#before = ring ? ring.#before : this;
    this.#before.#after = this;
    this.#after.#before = this;
  }

  get next(): Entry {
    return this.#after;
  }

  cancel(): void {
    this.#action = undefined;
    this.#before.#after = this.#after;
    this.#after.#before = this.#before;
    this.#before = this;
    this.#after = this;
  }

  fire(): void {
    const action = this.#action;
    this.cancel();
    action?.();
  }
}

class Wheel implements Time {
  readonly #slots: Entry[] = Array.from({ length: SLOTS }, () => new Entry(Number.POSITIVE_INFINITY, undefined));
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
    return new Entry(due, action, this.#slots[(this.#tick + ticks) % SLOTS]);
  }

  soon(action: () => void): void {
    setImmediate(action);
  }

  shortly(ms: number, action: () => void): Timer {
    const timer = setTimeout(action, ms).unref();
    return { cancel: () => clearTimeout(timer) };
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

  #sweep(): void {
    const now = performance.now();
    while (this.#lastSweep + TICK_MS <= now) {
      this.#lastSweep += TICK_MS;
      this.#tick += 1;
      const ring = this.#slots[this.#tick % SLOTS];
      if (ring) fireDue(ring, now);
    }
  }
}

/** An entry that lies more than one turn ahead stays in its slot until its turn has come. */
function fireDue(ring: Entry, now: number): void {
  const due: Entry[] = [];
  for (let entry = ring.next; entry !== ring; entry = entry.next) if (entry.due <= now) due.push(entry);
  for (const entry of due) entry.fire();
}

export const systemTime = (): Time => new Wheel();

/** Keeps the process alive, which no timer of ours does; gives back how to let go. */
export function stayAlive(): () => void {
  const timer = setInterval(() => undefined, 2 ** 30);
  return () => clearInterval(timer);
}
