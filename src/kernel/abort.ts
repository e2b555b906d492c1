/** Ends a call early, once, with a reason. One a call: an AbortController and its events cost more than all stages together. */
import type { Fault } from './fault.ts';

type Listener = (reason: Fault) => void;

export class Abort {
  #reason: Fault | undefined;
  readonly #listeners = new Set<Listener>();

  get reason(): Fault | undefined {
    return this.#reason;
  }

  /** The first reason counts; later ones are ignored. */
  now(reason: Fault): void {
    if (this.#reason) return;
    this.#reason = reason;
    for (const listener of this.#listeners) listener(reason);
    this.#listeners.clear();
  }

  /** Runs `listener` at once if it is already over. Gives back how to stop listening. */
  listen(listener: Listener): () => void {
    if (this.#reason) listener(this.#reason);
    else this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
