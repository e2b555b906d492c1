/**
 * Puts messages together in one scratch buffer and hands them to their sockets when all that was ready in this turn has been seen to: whoever
 * reads them is woken once for what would have woken it many times. The system mostly takes a write at once, and then the buffer is free
 * again; what it did not take stays where it is, and the scratch goes on behind it.
 */
import { copyParts, joinParts, sizeOf, writeText, type Part } from '../../kernel/parts.ts';
import type { Socket } from 'node:net';
import type { Time } from '../../kernel/time.ts';

/** A head, or what frames a chunk, in pieces of plain ASCII: written one by one, they are never put together as text first. */
export type Pieces = readonly string[];

/** No more than this waits for the end of a turn. */
const SCRATCH_BYTES = 262_144;
/** What is longer is written piece by piece, so that a slow reader's progress can be seen. */
export const SLICE_BYTES = SCRATCH_BYTES;

/** Whoever has a socket and something to say on it. */
export interface Sending {
  readonly socket: Socket;
  /** The socket has been given all that was sent so far, though it may not have taken it. Nothing may be sent from here. */
  departed(): void;
}

export class Output {
  readonly #time: Pick<Time, 'soon'>;
  #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  /** Before this the scratch holds what sockets have not taken yet. */
  #taken = 0;
  /** And before this what waits for the end of the turn. */
  #free = 0;
  #senders: Sending[] = [];
  #messages: Buffer[] = [];

  constructor(time: Pick<Time, 'soon'>) {
    this.#time = time;
  }

  /** Copies all parts, so that they may change afterwards. */
  send(sender: Sending, head: Pieces, parts: readonly Part[], tail = ''): void {
    const { socket } = sender;
    const message = this.compose(socket, head, parts, tail);
    if (message.buffer !== this.#scratch.buffer) {
      this.flush();
      socket.write(message);
      sender.departed();
      return;
    }
    this.#free += message.length;
    const last = this.#senders.length - 1;
    const before = this.#senders[last] === sender ? this.#messages[last] : undefined;
    if (before && before.byteOffset + before.length === message.byteOffset) {
      this.#messages[last] = this.#scratch.subarray(before.byteOffset, this.#free);
      return;
    }
    this.#senders.push(sender);
    this.#messages.push(message);
    if (last < 0) this.#time.soon(this.flush);
  }

  /** One message for whoever writes it himself, at once, and says then that it was written. */
  compose(socket: Socket, head: Pieces, parts: readonly Part[], tail = ''): Buffer {
    const size = lengthOf(head) + sizeOf(parts) + tail.length;
    // A socket that is behind already would pin the scratch of everybody else.
    const isScratch = size <= SCRATCH_BYTES && socket.writableLength === 0;
    if (isScratch && this.#free + size > SCRATCH_BYTES) this.#makeRoom(size);
    const start = isScratch ? this.#free : 0;
    const buffer = isScratch ? this.#scratch : Buffer.allocUnsafe(size);
    let at = start;
    for (const piece of head) at += writeText(piece, buffer, at);
    at = copyParts(parts, buffer, at);
    if (tail !== '') writeText(tail, buffer, at);
    return buffer.subarray(start, start + size);
  }

  wrote(socket: Socket, message: Buffer): void {
    if (message.buffer !== this.#scratch.buffer || socket.writableLength === 0) return;
    this.#free += message.length;
    this.#taken = this.#free;
  }

  /** The same, long ones slice by slice. Gives back what must wait until the socket has taken what it was given. */
  sendSliced(sender: Sending, head: Pieces, parts: readonly Part[]): Buffer | undefined {
    const size = lengthOf(head) + sizeOf(parts);
    if (size <= SLICE_BYTES) {
      this.send(sender, head, parts);
      return undefined;
    }
    this.flush();
    const rest = sendSlice(sender.socket, joinParts([...head, ...parts]));
    sender.departed();
    return rest;
  }

  /** Gives each socket what waits for it. */
  readonly flush = (): void => {
    const senders = this.#senders;
    const messages = this.#messages;
    if (senders.length === 0) return;
    this.#senders = [];
    this.#messages = [];
    let isTaken = true;
    for (let index = 0; index < senders.length; index += 1) {
      const socket = senders[index]?.socket;
      const message = messages[index];
      if (!socket || !message || socket.destroyed) continue;
      socket.write(message);
      if (socket.writableLength !== 0) isTaken = false;
    }
    if (isTaken) this.#free = this.#taken;
    else this.#taken = this.#free;
    for (const sender of senders) sender.departed();
  };

  #makeRoom(size: number): void {
    this.flush();
    if (this.#free + size <= SCRATCH_BYTES) return;
    this.#scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    this.#free = 0;
    this.#taken = 0;
  }
}

export function lengthOf(pieces: Pieces): number {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length;
}

/** Writes on as long as the socket takes it. Gives back what must wait until it has taken that. */
export function sendSlice(socket: Socket, message: Buffer): Buffer | undefined {
  let rest = message;
  while (rest.length > 0 && socket.writableLength === 0) {
    socket.write(rest.subarray(0, SLICE_BYTES));
    rest = rest.subarray(SLICE_BYTES);
  }
  return rest.length > 0 ? rest : undefined;
}
