/**
 * Watches how late the event loop runs and how much of its memory the process has, and says on which rung of overload that is. One line in
 * the log for each change.
 */
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { rungOf, type Load, type Reading, type Rung } from '../core/load.ts';
import type { Log } from '../core/ports/log.ts';
import type { Time } from '../kernel/time.ts';

export interface OverloadOptions {
  readonly time: Time;
  readonly log: Log;
  /** Is told the rung. */
  readonly load: Load;
  readonly changed: (rung: Rung) => void;
  /** The share of the memory there is that is in use. */
  readonly memory?: () => number;
}

const TICK_MS = 250;
/** The delay is the median of so many looks: what happens now and then, on a machine that others use too, is no overload. */
const LOOKS = 9;
const MEMORY_TICKS = 4;

const TOLD: Readonly<Record<Rung, string>> = {
  0: 'no longer overloaded',
  1: 'overloaded: answers end their connections, and no session is opened',
  2: 'overloaded: tool calls are refused',
  3: 'overloaded: nobody is let in',
};

export class Overload {
  readonly #options: OverloadOptions;
  readonly #delays = new Float64Array(LOOKS);
  readonly #memory: () => number;
  readonly #stop: () => void;
  #ticks = 0;
  #at: number;
  #reading: Reading;

  constructor(options: OverloadOptions) {
    this.#options = options;
    this.#memory = options.memory ?? memoryInUse(memoryThereIs());
    this.#at = options.time.elapsed();
    this.#reading = { delayMs: 0, memory: rounded(this.#memory()) };
    const timer = options.time.every(TICK_MS, () => this.#look());
    this.#stop = () => timer.cancel();
  }

  get reading(): Reading {
    return this.#reading;
  }

  close(): void {
    this.#stop();
  }

  #look(): void {
    const { time, load, changed } = this.#options;
    const now = time.elapsed();
    this.#delays[this.#ticks % LOOKS] = Math.max(0, now - this.#at - TICK_MS);
    this.#at = now;
    this.#ticks += 1;
    const memory = this.#ticks % MEMORY_TICKS === 0 ? rounded(this.#memory()) : this.#reading.memory;
    this.#reading = { delayMs: Math.round(median(this.#delays)), memory };
    const before = load.rung;
    load.rung = rungOf(this.#reading, before);
    if (load.rung === before) return;
    this.#tell(before);
    changed(load.rung);
  }

  #tell(before: Rung): void {
    const { log, load } = this.#options;
    const { delayMs, memory } = this.#reading;
    const fields = { rung: load.rung, before, delayMs, memory };
    if (load.rung > 0) log.warn(fields, TOLD[load.rung]);
    else log.info(fields, TOLD[0]);
  }
}

const rounded = (share: number): number => Math.round(share * 1000) / 1000;

const median = (values: Float64Array): number => values.toSorted()[(values.length - 1) / 2] ?? 0;

/** What the container may have, or the machine has. */
function memoryThereIs(): number {
  const machine = totalmem();
  const container = process.constrainedMemory();
  return container > 0 && container < machine ? container : machine;
}

/** Of that, or of what the JavaScript heap may grow to: whichever is nearer its end. */
function memoryInUse(thereIs: number): () => number {
  return () => {
    const { used_heap_size: used, heap_size_limit: most } = getHeapStatistics();
    return Math.max(process.memoryUsage.rss() / thereIs, used / most);
  };
}
