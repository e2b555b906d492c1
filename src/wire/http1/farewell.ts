/**
 * A connection after its last answer: our side is ended, the client's is read on for a little and thrown away. To close on unread bytes would
 * take the answer from the client (RFC 9112 section 9.6).
 */
import type { Socket } from 'node:net';

export const LINGER_MS = 1000;
const LINGER_BYTES = 1_048_576;

export class Farewell {
  readonly #socket: Socket;
  #discarded = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.resume();
    socket.end();
  }

  discard(chunk: Buffer): void {
    this.#discarded += chunk.length;
    if (this.#discarded > LINGER_BYTES) this.#socket.pause();
  }
}
