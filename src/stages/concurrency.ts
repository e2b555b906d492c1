/**
 * At most so many calls at once for one upstream, and never all of them one caller's. Who comes over waits until its deadline, first come
 * first served, and the callers take turns: nobody's queue delays somebody else's first call.
 */
import type { Call } from '../core/call.ts';
import type { Frame } from '../core/stage.ts';
import { Fault } from '../kernel/fault.ts';
import { Shares } from '../kernel/shares.ts';

export interface ConcurrencyOptions {
  readonly slots: number;
  /** Calls that may wait; beyond: overloaded. */
  readonly waiting: number;
}

export function concurrency(options: ConcurrencyOptions): Frame {
  const running = new Shares(options.slots);
  const queue = new FairQueue(options.waiting);
  return {
    // Who has calls that wait finds no slot either: those that wait have just been offered what there was.
    enter: (call) => (isThere(call) || running.take(call.caller.share) ? undefined : turn(call, queue)),
    leave(call) {
      if (isThere(call)) return undefined;
      running.give(call.caller.share);
      queue.admit(running);
      return undefined;
    },
  };
}

/** A call that waits for its client is at the server all the time; were its next round to wait, it might be for those that wait for it. */
const isThere = ({ round }: Call): boolean => round?.held !== undefined;

/** Resolves when a slot has been handed over. */
function turn(call: Call, queue: FairQueue): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const leave = queue.add(call.caller.share, () => {
      call.abort.ignore(aborted);
      resolve();
    });
    if (!leave) {
      reject(new Fault('overloaded', 'Too many calls wait for this server.', { retryAfterMs: 1000 }));
      return;
    }
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
  /** Places to wait are shared like slots. */
  readonly #places: Shares;

  constructor(places: number) {
    this.#places = new Shares(places);
  }

  /** Gives back how to leave; `undefined` where there is no place to wait. */
  add(share: string, waiter: Waiter): (() => void) | undefined {
    if (!this.#places.take(share)) return undefined;
    const queue = this.#queues.get(share) ?? new Set<Waiter>();
    this.#queues.set(share, queue);
    queue.add(waiter);
    return () => this.#remove(share, waiter);
  }

  /** Hands out what slots there are to those who may have one. */
  admit(slots: Shares): void {
    while (this.#queues.size > 0) {
      const waiter = this.#next(slots);
      if (!waiter) return;
      waiter();
    }
  }

  #next(slots: Shares): Waiter | undefined {
    for (const [share, queue] of this.#queues) {
      if (!slots.take(share)) continue;
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
    this.#places.give(share);
    if (queue.size === 0) this.#queues.delete(share);
  }
}
