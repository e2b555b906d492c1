/** A request that a server has not answered yet, where all answers come one way: waiting -> settled or failed. One object a request. */
import type { Message } from '../../protocol/jsonrpc.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Time, Timer } from '../../kernel/time.ts';
import type { Ask, Reply } from './link.ts';

/** What the requests of one link share. */
export interface WaitingRoom {
  readonly time: Time;
  /** Called once for each, whatever ended it. */
  left(waiting: Waiting): void;
  /** The peer is told that nobody waits for its answer any more. */
  cancel(id: number): void;
}

export class Waiting implements Reply {
  readonly id: number;
  readonly ask: Ask;
  readonly promise: Promise<Reply>;
  /** On a pipe an answer has no other. */
  readonly status = 200;
  message: Message | undefined;
  readonly #room: WaitingRoom;
  readonly #resolve: (reply: Reply) => void;
  readonly #reject: (fault: Fault) => void;
  #quiet: Timer | undefined;
  #quietMs = 0;
  #isOver = false;

  constructor(room: WaitingRoom, ask: Ask, id: number) {
    this.#room = room;
    this.ask = ask;
    this.id = id;
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    this.promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    ask.abort.listen(this.#stopped);
  }

  header(): undefined {
    return undefined;
  }

  /** From now on something must be heard about the request within `ms`. One that stands for as long as the child does may be silent. */
  expectWithin(ms: number): void {
    if (this.ask.standing === true) return;
    this.#quietMs = ms;
    this.#quiet?.cancel();
    this.#quiet = this.#room.time.after(ms, this.#late);
  }

  settle(message: Message): void {
    if (this.#isOver) return;
    this.message = message;
    this.#end();
    this.#resolve(this);
  }

  /** The request itself was answered, by something that is no JSON-RPC. */
  refuse(reply: Reply): void {
    if (this.#end()) this.#resolve(reply);
  }

  fail(fault: Fault): void {
    if (this.#end()) this.#reject(fault);
  }

  readonly #late = (): void => {
    if (this.ask.excuses?.() === true) this.expectWithin(this.#quietMs);
    else this.#stopped(new Fault('timed-out', 'The server did not answer in time.'));
  };

  readonly #stopped = (reason: Fault): void => {
    if (this.#isOver) return;
    this.#room.cancel(this.id);
    this.fail(new Fault(reason.kind, reason.message, { detail: reason.detail ?? '', delivered: 'unknown' }));
  };

  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#quiet?.cancel();
    this.ask.abort.ignore(this.#stopped);
    this.#room.left(this);
    return true;
  }
}

const FEWEST = 16;

/**
 * Those of one link, by id: each in the slot that its id leads to, which no other that waits has. A `Map` would be simpler, but makes its table
 * anew for every few that have gone, and each discarded one, once it is among the old, keeps alive all whom it held.
 */
export class WaitingTable {
  /** At least twice as many as those who wait; a power of two. */
  #slots: (Waiting | undefined)[] = slots(FEWEST);
  #lastId = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** An id that was never given before, for one who may be added next. */
  nextId(): number {
    if (this.#size * 2 >= this.#slots.length) this.#grow();
    do this.#lastId += 1;
    while (this.#slots[this.#place(this.#lastId)]);
    return this.#lastId;
  }

  add(waiting: Waiting): void {
    this.#slots[this.#place(waiting.id)] = waiting;
    this.#size += 1;
  }

  get(id: number): Waiting | undefined {
    const waiting = this.#slots[this.#place(id)];
    return waiting?.id === id ? waiting : undefined;
  }

  delete({ id }: Waiting): void {
    if (!this.get(id)) return;
    this.#slots[this.#place(id)] = undefined;
    this.#size -= 1;
  }

  /** Those who wait now, in no order. */
  values(): Waiting[] {
    return this.#slots.filter((waiting) => waiting !== undefined);
  }

  #place(id: number): number {
    return id & (this.#slots.length - 1);
  }

  /** Ids that differ in one table differ in a larger one. */
  #grow(): void {
    const all = this.values();
    this.#slots = slots(this.#slots.length * 2);
    for (const waiting of all) this.#slots[this.#place(waiting.id)] = waiting;
  }
}

const slots = (length: number): undefined[] => Array.from({ length }, () => undefined);
