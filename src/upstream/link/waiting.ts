/** A request that a child has not answered yet: waiting -> settled or failed. One object a request, as every call to a child makes one. */
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
    this.#quiet?.cancel();
    this.#quiet = this.#room.time.after(ms, this.#late);
  }

  settle(message: Message): void {
    if (!this.#end()) return;
    this.message = message;
    this.#resolve(this);
  }

  fail(fault: Fault): void {
    if (this.#end()) this.#reject(fault);
  }

  readonly #late = (): void => this.#stopped(new Fault('timed-out', 'The server did not answer in time.'));

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
