/**
 * What came on a connection behind a request that is still being answered: kept in order, up to a bound, and charged to the budget. With
 * enough of it the socket is read no further; but then nobody would notice that the client has left, and its call would go on for nobody.
 * So after a while the socket is read again and all of it thrown away: in its turn it is refused, none of it having been looked at (RFC 9112
 * section 9.3.2 has a client send it again). Who never stops then counts as gone.
 */
import type { Socket } from 'node:net';
import type { Budget } from '../../kernel/bounded.ts';
import { Bytes } from '../bytes.ts';
import { TICK_MS } from '../ticks.ts';

/** With more than this the socket is read no further. */
const ENOUGH_BYTES = 65_536;
/** What may come at most in one piece, and so on top. */
const PIECE_BYTES = 1_048_576;
const PATIENCE_TICKS = 5000 / TICK_MS;
const THROWN_AWAY_BYTES = 1_048_576;

export class Held {
  readonly #socket: Socket;
  readonly #bytes: Bytes;
  #pausedTicks = 0;
  #isOver = false;
  #thrownAway = 0;

  constructor(socket: Socket, budget: Budget) {
    this.#socket = socket;
    this.#bytes = new Bytes(ENOUGH_BYTES + PIECE_BYTES, budget);
  }

  /** `false`: so much that the client does not wait for answers. */
  add(chunk: Buffer): boolean {
    if (!this.#isOver && this.#bytes.append(chunk)) {
      if (this.#bytes.length > ENOUGH_BYTES) this.#socket.pause();
      return true;
    }
    this.#giveUp();
    this.#thrownAway += chunk.length;
    if (this.#thrownAway <= THROWN_AWAY_BYTES) return true;
    this.#socket.pause();
    return false;
  }

  /** Called at every tick. */
  sweep(): void {
    if (this.#isOver || !this.#socket.isPaused()) return;
    this.#pausedTicks += 1;
    if (this.#pausedTicks >= PATIENCE_TICKS) this.#giveUp();
  }

  /** All of it, to be read on from here; `undefined` where not all was kept, so that nothing of it can be read. */
  take(): Buffer | undefined {
    if (this.#socket.isPaused()) this.#socket.resume();
    return this.#isOver ? undefined : this.#bytes.take();
  }

  release(): void {
    this.#bytes.release();
  }

  #giveUp(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#bytes.release();
    this.#socket.resume();
  }
}
