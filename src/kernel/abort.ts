/** Ends a call early, once, with a reason. One a call: an AbortController and its events cost more than all stages together. */
import type { Fault } from './fault.ts';

type Listener = (reason: Fault) => void;

export class Abort {
  #reason: Fault | undefined;
  /** Made when somebody listens; few calls have more than two who do. */
  #listeners: Listener[] | undefined;

  get reason(): Fault | undefined {
    return this.#reason;
  }

  /** The first reason counts; later ones are ignored. */
  now(reason: Fault): void {
    if (this.#reason) return;
    this.#reason = reason;
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener(reason);
  }

  /** Runs `listener` at once if it is already over. */
  listen(listener: Listener): void {
    if (this.#reason) listener(this.#reason);
    else if (this.#listeners) this.#listeners.push(listener);
    else this.#listeners = [listener];
  }

  /** Stops what `listen` began. */
  ignore(listener: Listener): void {
    const at = this.#listeners?.indexOf(listener) ?? -1;
    if (at !== -1) this.#listeners?.splice(at, 1);
  }
}

/** What `work` gives, unless the abort comes first; the work itself goes on. */
export function unlessAborted<T>(work: Promise<T>, abort: Abort): Promise<T> {
  return new Promise((resolve, reject) => {
    abort.listen(reject);
    work.then(resolve, reject).finally(() => abort.ignore(reject));
  });
}
