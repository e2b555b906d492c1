/**
 * The calls of the whole process that wait for their clients, which cannot be asked while a call goes on: how many there may be, of one caller
 * and in all, and which of them a client comes back to. One that has ended is kept for a while, for a client that did not hear of it.
 */
import type { Call } from '../../core/call.ts';
import type { Outcome } from '../../core/outcome.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Time, Timer } from '../../kernel/time.ts';

/** A call that has waited for its client at least once. */
export interface Resumable {
  /** Nobody can guess it. */
  readonly id: string;
  /** The key of the caller that it belongs to. */
  readonly owner: string;
  resume(call: Call, round: number): Promise<Outcome>;
}

export interface ParkingOptions {
  readonly time: Time;
  readonly bounds: {
    readonly parked: number;
    readonly parkedPerCaller: number;
  };
  readonly counts: { parked: number; legs: number };
}

/** What is left of one that is over. */
export interface Ended extends Resumable {
  /** Nobody can ask for it any more. */
  release(): void;
}

/** How long an end is kept for whoever asks again, and how many. */
const KEPT_MS = 60_000;
const KEPT = 1000;

export class Parking {
  readonly #options: ParkingOptions;
  /** Bounded by who may wait, who is in flight, and what is kept. */
  readonly #known = new Map<string, Resumable>();
  /** How many of each caller wait now. */
  readonly #waiting = new Map<string, number>();
  /** What is done when one of those that are known, and have not ended, does. */
  readonly #over = new Map<string, () => void>();
  readonly #ended = new Map<string, { readonly timer: Timer; readonly left: Ended }>();

  constructor(options: ParkingOptions) {
    this.#options = options;
  }

  /** Takes a call in. Gives back why not, where there is no room. */
  enter(leg: Resumable): Fault | undefined {
    const { bounds, counts } = this.#options;
    const own = this.#waiting.get(leg.owner) ?? 0;
    if (counts.parked >= bounds.parked)
      return tooMany('Too many calls wait for answers of their clients (bounds.parked).');
    if (own >= bounds.parkedPerCaller)
      return tooMany('Too many calls of this caller wait for its answers (bounds.parkedPerCaller).');
    this.#waiting.set(leg.owner, own + 1);
    this.#known.set(leg.id, leg);
    counts.parked += 1;
    counts.legs += 1;
    return undefined;
  }

  /** Its client is back, or nobody waits for it any more. */
  leave(leg: Resumable): void {
    const { counts } = this.#options;
    const own = this.#waiting.get(leg.owner) ?? 0;
    if (own > 1) this.#waiting.set(leg.owner, own - 1);
    else this.#waiting.delete(leg.owner);
    counts.parked -= 1;
    counts.legs -= 1;
  }

  /** Runs `over` once, when a call that was given out as `held` has ended for good; at once where it has already. */
  whenOver(held: string | undefined, over: () => void): void {
    const id = held?.split(' ', 1)[0] ?? '';
    if (this.#known.has(id) && !this.#ended.has(id)) this.#over.set(id, over);
    else over();
  }

  /** A call has ended: what is left takes its place, and is forgotten after a while; later where nobody has come back for its end yet. */
  ended(left: Ended, atLeastMs: number): void {
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size < KEPT) break;
      this.forget(oldest);
    }
    const { id } = left;
    const timer = this.#options.time.after(Math.max(KEPT_MS, atLeastMs), () => this.forget(id));
    this.#known.set(id, left);
    this.#ended.set(id, { timer, left });
    this.#isOver(id);
  }

  forget(id: string): void {
    const kept = this.#ended.get(id);
    this.#ended.delete(id);
    this.#known.delete(id);
    kept?.timer.cancel();
    kept?.left.release();
    this.#isOver(id);
  }

  /** Nobody comes back any more. */
  close(): void {
    for (const id of this.#ended.keys()) this.forget(id);
  }

  /** The next round of a call, or the same one asked for again. */
  resume(call: Call): Promise<Outcome> {
    const [id = '', round = ''] = call.round?.held?.split(' ') ?? [];
    const leg = this.#known.get(id);
    if (leg?.owner !== call.caller.key) return Promise.reject(unknownState());
    return leg.resume(call, Number(round));
  }

  #isOver(id: string): void {
    const over = this.#over.get(id);
    this.#over.delete(id);
    over?.();
  }
}

const tooMany = (message: string): Fault => new Fault('overloaded', message, { delivered: 'yes' });

/** Whatever is wrong with it, it is told the same. */
export const unknownState = (): Fault =>
  new Fault('unknown-name', 'params.requestState is not one that was given out here.');

/** What is sealed into the state that a client brings back. */
export const heldAs = (leg: Resumable, round: number): string => `${leg.id} ${round}`;
