/** Waiting for something that may fail or take too long, and going on without it then. The work itself goes on. */
import type { Time } from './time.ts';

/** What `work` gives within `ms`; `undefined` where it fails or takes longer. */
export function within<T>(work: Promise<T>, ms: number, time: Time): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = time.after(ms, () => resolve(undefined));
    work.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      () => {
        timer.cancel();
        resolve(undefined);
      },
    );
  });
}

const LOOK_MS = 50;

/** Resolves when the condition holds, which is looked at now and then, or after `ms`. */
export function holds(condition: () => boolean, ms: number, time: Time): Promise<void> {
  if (condition() || ms <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const end = time.elapsed() + ms;
    const timer = time.every(LOOK_MS, () => {
      if (!condition() && time.elapsed() < end) return;
      timer.cancel();
      resolve();
    });
  });
}

/** Waits for each of several once: who has been waited for in vain is not waited for again until it has come. */
export class Patience<K> {
  readonly #ms: number;
  readonly #time: Time;
  readonly #late = new Set<K>();

  constructor(ms: number, time: Time) {
    this.#ms = ms;
    this.#time = time;
  }

  /** What `work` gives in time; `undefined` where it fails, takes longer, or took longer before and still does. */
  async wait<T>(key: K, work: Promise<T>): Promise<T | undefined> {
    const done = await within(work, this.#late.has(key) ? 0 : this.#ms, this.#time);
    if (done !== undefined || this.#late.has(key)) return done;
    const settled = (): boolean => this.#late.delete(key);
    this.#late.add(key);
    work.then(settled, settled);
    return undefined;
  }
}
