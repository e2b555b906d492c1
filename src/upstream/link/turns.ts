/**
 * Who may be on a pipe at once, where a server's questions do not say which request they belong to. Until the server has asked anything,
 * everybody. From then on a request whose client can be asked is there alone, and those whose clients cannot are there together. Neither kind
 * waits for more than one turn of the other; among those who want to be alone the shares take turns. What was given up keeps others from being
 * alone for a moment more, since its server may not have noticed yet.
 */
import type { Abort } from '../../kernel/abort.ts';
import { Fault } from '../../kernel/fault.ts';
import { Shares } from '../../kernel/shares.ts';
import type { Time, Timer } from '../../kernel/time.ts';

export type Turn = 'alone' | 'together';

/** What is known of a server; outlives the pipe on which it was learned. */
export interface Habits {
  asks: boolean;
}

export interface TurnsOptions {
  readonly time: Time;
  readonly habits: Habits;
  /** Requests that may wait for their turn; beyond: overloaded. */
  readonly waiting: number;
}

export interface Taking {
  /** With whom turns are shared fairly. */
  readonly share?: string;
  readonly abort: Abort;
}

/** How long a server may still ask for a request that it was told to forget. */
const LINGERS_MS = 1000;

export class Turns {
  readonly #options: TurnsOptions;
  readonly #together = new Set<Waiter>();
  readonly #alone = new Line();
  /** Places to wait are shared like slots. */
  readonly #places: Shares;
  #running = 0;
  #runningAlone = 0;
  /** Whose turn it is where both kinds wait. */
  #favours: Turn = 'alone';
  #lingersUntilMs = 0;
  #retry: Timer | undefined;

  constructor(options: TurnsOptions) {
    this.#options = options;
    this.#places = new Shares(options.waiting);
  }

  /** Whether something that was given up may still be heard of. */
  get lingers(): boolean {
    return this.#lingersUntilMs > 0 && this.#options.time.elapsed() < this.#lingersUntilMs;
  }

  get waiting(): number {
    return this.#together.size + this.#alone.size;
  }

  /** `undefined`: it may go at once. Rejects with the abort's reason, or where too many wait. */
  take(turn: Turn, taking: Taking): Promise<void> | undefined {
    if (!this.#options.habits.asks || (this.#isNext(turn) && this.#hasRoom(turn))) {
      this.#begin(turn);
      return undefined;
    }
    if (this.#places.take(taking.share ?? '')) return this.#wait(turn, taking);
    return Promise.reject(new Fault('overloaded', 'Too many calls wait for this server.', { retryAfterMs: 1000 }));
  }

  /** @param isAnswered `false`: it was given up, and the server may still work on it. */
  give(turn: Turn, isAnswered: boolean): void {
    this.#running -= 1;
    if (turn === 'alone') this.#runningAlone -= 1;
    if (!isAnswered) this.#lingersUntilMs = this.#options.time.elapsed() + LINGERS_MS;
    this.#admit();
  }

  /** Nobody's turn comes any more. */
  close(reason: Fault): void {
    this.#retry?.cancel();
    for (const waiter of [...this.#together, ...this.#alone.all()]) {
      this.#leave(waiter);
      waiter.reject(reason);
    }
  }

  #isNext(turn: Turn): boolean {
    return turn === 'alone' ? this.waiting === 0 : this.#alone.size === 0;
  }

  #hasRoom(turn: Turn): boolean {
    return turn === 'alone' ? this.#running === 0 && !this.lingers : this.#runningAlone === 0;
  }

  #begin(turn: Turn): void {
    this.#running += 1;
    if (turn === 'alone') this.#runningAlone += 1;
    this.#favours = turn === 'alone' ? 'together' : 'alone';
  }

  #wait(turn: Turn, { share = '', abort }: Taking): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        turn,
        share,
        begin: () => {
          this.#leave(waiter);
          this.#begin(turn);
          resolve();
        },
        reject,
        stop: () => abort.ignore(aborted),
      };
      const aborted = (reason: Fault): void => {
        this.#leave(waiter);
        reject(reason);
        this.#admit(); // others may have waited for this one only
      };
      if (turn === 'alone') this.#alone.add(waiter);
      else this.#together.add(waiter);
      abort.listen(aborted);
      this.#admit();
    });
  }

  #leave(waiter: Waiter): void {
    waiter.stop();
    this.#places.give(waiter.share);
    if (waiter.turn === 'alone') this.#alone.delete(waiter);
    else this.#together.delete(waiter);
  }

  /** Lets in whoever may go now. */
  #admit(): void {
    if (this.waiting === 0 || this.#runningAlone > 0) return;
    if (this.#favours === 'together' || this.#alone.size === 0) for (const waiter of this.#together) waiter.begin();
    if (this.#running > 0) return;
    if (this.lingers) this.#admitLater();
    else this.#alone.next()?.begin();
  }

  #admitLater(): void {
    const { time } = this.#options;
    this.#retry?.cancel();
    this.#retry = time.after(this.#lingersUntilMs - time.elapsed(), () => this.#admit());
  }
}

interface Waiter {
  readonly turn: Turn;
  readonly share: string;
  readonly begin: () => void;
  readonly reject: (reason: Fault) => void;
  readonly stop: () => void;
}

/** One queue a share, from each of which one goes in turn. As long as `TurnsOptions.waiting` allows. */
class Line {
  readonly #queues = new Map<string, Set<Waiter>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(waiter: Waiter): void {
    const queue = this.#queues.get(waiter.share) ?? new Set<Waiter>();
    this.#queues.set(waiter.share, queue.add(waiter));
    this.#size += 1;
  }

  delete(waiter: Waiter): void {
    const queue = this.#queues.get(waiter.share);
    if (!queue?.delete(waiter)) return;
    this.#size -= 1;
    if (queue.size === 0) this.#queues.delete(waiter.share);
  }

  /** Whose turn it is; whoever shares with it comes after all others. */
  next(): Waiter | undefined {
    for (const [share, queue] of this.#queues) {
      for (const waiter of queue) {
        this.#queues.delete(share);
        this.#queues.set(share, queue);
        return waiter;
      }
    }
    return undefined;
  }

  all(): Waiter[] {
    return [...this.#queues.values()].flatMap((queue) => [...queue]);
  }
}
