/**
 * How connections end. After the last answer our side is ended, the client's is read on for a little and thrown away. To close on unread
 * bytes would take the answer from the client (RFC 9112 section 9.6).
 */
import type { Socket } from 'node:net';
import { dueAfter } from '../ticks.ts';
import type { Site } from './site.ts';

export const LINGER_MS = 1000;
const LINGER_BYTES = 1_048_576;

/** How long an idle connection is kept when the server ends: the next request of a busy client may be on its way. */
const PARTING_MS = 250;

/** The tick by which a connection without a request is closed. */
export const idleDue = ({ tick, isDraining, options }: Site): number =>
  dueAfter(tick, isDraining ? PARTING_MS : options.bounds.idleTimeoutMs);

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
