/** Ends a call early, once, with a reason. One a call: an AbortController and its events cost more than all stages together. */
import type { Fault } from './fault.ts';

type Listener = (reason: Fault) => void;

export class Abort {
  #reason: Fault | undefined;
  /** Nearly all calls have one at a time who listens. */
  #first: Listener | undefined;
  #others: Listener[] | undefined;

  get reason(): Fault | undefined {
    return this.#reason;
  }

  /** The first reason counts; later ones are ignored. */
  now(reason: Fault): void {
    if (this.#reason) return;
    this.#reason = reason;
    const first = this.#first;
    const others = this.#others ?? [];
    this.#first = undefined;
    this.#others = undefined;
    first?.(reason);
    for (const listener of others) listener(reason);
  }

  /** Runs `listener` at once if it is already over. */
  listen(listener: Listener): void {
    if (this.#reason) listener(this.#reason);
    else if (this.#others) this.#others.push(listener);
    else if (this.#first) this.#others = [listener];
    else this.#first = listener;
  }

  /** Stops what `listen` began. */
  ignore(listener: Listener): void {
    if (this.#first === listener) {
      this.#first = undefined;
      return;
    }
    const at = this.#others?.indexOf(listener) ?? -1;
    if (at !== -1) this.#others?.splice(at, 1);
  }
}

/** What `work` gives, unless the abort comes first; the work itself goes on. */
export function unlessAborted<T>(work: Promise<T>, abort: Abort): Promise<T> {
  return new Promise((resolve, reject) => {
    abort.listen(reject);
    work.then(resolve, reject).finally(() => abort.ignore(reject));
  });
}
