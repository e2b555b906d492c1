/** What came on a connection behind a request that is still being answered: kept in order, up to a bound, and charged to the budget. */
import type { Socket } from 'node:net';
import type { Budget } from '../../kernel/bounded.ts';
import { Bytes } from '../bytes.ts';

/** With more than this the socket is read no further. */
const ENOUGH_BYTES = 65_536;
/** What may come at most in one piece, and so on top. */
const PIECE_BYTES = 1_048_576;

export class Held {
  readonly #socket: Socket;
  readonly #bytes: Bytes;
  #isOver = false;

  constructor(socket: Socket, budget: Budget) {
    this.#socket = socket;
    this.#bytes = new Bytes(ENOUGH_BYTES + PIECE_BYTES, budget);
  }

  add(chunk: Buffer): void {
    if (!this.#isOver && this.#bytes.append(chunk)) {
      if (this.#bytes.length > ENOUGH_BYTES) this.#socket.pause();
      return;
    }
    this.#isOver = true;
    this.#bytes.release();
    this.#socket.pause();
  }

  /** All of it, to be read on from here; `undefined` where there was no room for all, so that nothing of it can be read. */
  take(): Buffer | undefined {
    if (this.#socket.isPaused()) this.#socket.resume();
    return this.#isOver ? undefined : this.#bytes.take();
  }

  release(): void {
    this.#bytes.release();
  }
}
