/**
 * At most so many calls at once for one upstream. Who comes over waits until its deadline, first come first served, and the callers take
 * turns: nobody's queue delays somebody else's first call.
 */
import type { Call } from '../core/call.ts';
import type { Frame } from '../core/stage.ts';
import { Fault } from '../kernel/fault.ts';

export interface ConcurrencyOptions {
  readonly slots: number;
  /** Calls that may wait; beyond: overloaded. */
  readonly waiting: number;
}

export function concurrency(options: ConcurrencyOptions): Frame {
  const queue = new FairQueue();
  let free = options.slots;
  return {
    enter(call) {
      if (free === 0) return turn(call, queue, options.waiting);
      free -= 1;
      return undefined;
    },
    leave() {
      const waiter = queue.take();
      if (waiter) waiter();
      else free += 1;
      return undefined;
    },
  };
}

/** Resolves when a slot has been handed over. */
function turn(call: Call, queue: FairQueue, max: number): Promise<void> {
  if (queue.size >= max) {
    return Promise.reject(new Fault('overloaded', 'Too many calls wait for this server.', { retryAfterMs: 1000 }));
  }
  return new Promise<void>((resolve, reject) => {
    const leave = queue.add(call.caller.share, () => {
      call.abort.ignore(aborted);
      resolve();
    });
    const aborted = (reason: Fault): void => {
      leave();
      reject(reason);
    };
    call.abort.listen(aborted);
  });
}

type Waiter = () => void;

/** One queue a share; takes from each in turn. */
class FairQueue {
  readonly #queues = new Map<string, Set<Waiter>>();
  size = 0;

  add(share: string, waiter: Waiter): () => void {
    const queue = this.#queues.get(share) ?? new Set<Waiter>();
    this.#queues.set(share, queue);
    queue.add(waiter);
    this.size += 1;
    return () => this.#remove(share, waiter);
  }

  take(): Waiter | undefined {
    for (const [share, queue] of this.#queues) {
      for (const waiter of queue) {
        this.#remove(share, waiter);
        // To the back of the line, so that the next turn is another's.
        if (queue.size > 0) {
          this.#queues.delete(share);
          this.#queues.set(share, queue);
        }
        return waiter;
      }
    }
    return undefined;
  }

  #remove(share: string, waiter: Waiter): void {
    const queue = this.#queues.get(share);
    if (!queue?.delete(waiter)) return;
    this.size -= 1;
    if (queue.size === 0) this.#queues.delete(share);
  }
}
