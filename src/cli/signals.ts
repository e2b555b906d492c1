/**
 * The first signal asks for an orderly end, the next one ends at once. A terminal's Ctrl-C reaches the whole group, and npm and the launcher
 * pass it on as well: what comes within a moment is the same signal. A launcher that is gone counts as a signal.
 */
import type { Time } from '../kernel/time.ts';

const SAME_MS = 300;
const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;

/** What this needs of `process`. */
export interface SignalSource {
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
  exit(code: number): unknown;
}

export class Signals {
  /** Resolves with the first signal. */
  readonly first: Promise<void>;
  readonly #source: SignalSource;
  readonly #listeners = new Map<string, () => void>();
  #at: number | undefined;

  constructor(time: Time, source: SignalSource = process) {
    this.#source = source;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.first = promise;
    for (const [name, number] of Object.entries(SIGNALS)) {
      this.#listen(name, () => {
        if (this.#at !== undefined && time.elapsed() - this.#at > SAME_MS) this.#source.exit(128 + number);
        this.#at ??= time.elapsed();
        resolve();
      });
    }
    this.#listen('disconnect', resolve);
  }

  close(): void {
    for (const [name, listener] of this.#listeners) this.#source.off(name, listener);
    this.#listeners.clear();
  }

  #listen(event: string, listener: () => void): void {
    this.#listeners.set(event, listener);
    this.#source.on(event, listener);
  }
}
