/** How much is read from one socket before all others have their turn: a peer that is near would otherwise be read for as long as it writes. */
import type { Socket } from 'node:net';
import type { Time } from '../../kernel/time.ts';

/** Bytes. */
const TURN = 262_144;
/** Bytes. A message longer than that rests between its turns, and by backpressure so does who sends it: both could use up a core each. */
const LONG = 1_048_576;
/** A rest that leaves the machine to others. */
const REST_MS = 1;

export class Turn {
  #read = 0;
  #message = 0;
  #isOver = false;

  /** Whether the others have theirs: the socket is held up, and goes on by itself. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** What is read from now on belongs to another message. */
  begin(): void {
    this.#message = 0;
  }

  /** Counts what has been read; `true` once that is enough. */
  isUsedUp(bytes: number): boolean {
    this.#read += bytes;
    this.#message += bytes;
    return this.#read >= TURN;
  }

  /** @param goesOn asked when the others have had theirs: somebody may have paused the socket for a reason of his own. */
  pass(socket: Socket, time: Time, goesOn: () => boolean): void {
    const resume = (): void => {
      this.#isOver = false;
      if (goesOn()) socket.resume();
    };
    this.#read = 0;
    this.#isOver = true;
    socket.pause();
    if (this.#message > LONG) time.shortly(REST_MS, resume);
    else time.soon(resume);
  }
}
