/**
 * Puts messages together in one scratch buffer and hands each to its socket in one write. The system mostly takes a write at once, and then
 * the buffer is free again; what it did not take stays where it is, and the scratch goes on behind it.
 */
import { copyParts, joinParts, sizeOf, writeText, type Part } from '../../kernel/parts.ts';
import type { Socket } from 'node:net';

/** A head, or what frames a chunk, in pieces of plain ASCII: written one by one, they are never put together as text first. */
export type Pieces = readonly string[];

const SCRATCH_BYTES = 65_536;
/** What is longer is written piece by piece, so that a slow reader's progress can be seen. */
export const SLICE_BYTES = 262_144;

export class Output {
  #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  /** Before this the scratch holds what sockets have not taken yet. */
  #free = 0;

  /** Copies all parts, so that they may change afterwards. */
  send(socket: Socket, head: Pieces, parts: readonly Part[], tail = ''): void {
    const message = this.compose(socket, head, parts, tail);
    socket.write(message);
    this.wrote(socket, message);
  }

  /** One message for whoever writes it himself, at once, and says then that it was written. */
  compose(socket: Socket, head: Pieces, parts: readonly Part[], tail = ''): Buffer {
    const size = lengthOf(head) + sizeOf(parts) + tail.length;
    // A socket that is behind already would pin the scratch of everybody else.
    const isScratch = size <= SCRATCH_BYTES && socket.writableLength === 0;
    if (isScratch && this.#free + size > SCRATCH_BYTES) this.#renew();
    const start = isScratch ? this.#free : 0;
    const buffer = isScratch ? this.#scratch : Buffer.allocUnsafe(size);
    let at = start;
    for (const piece of head) at += writeText(piece, buffer, at);
    at = copyParts(parts, buffer, at);
    if (tail !== '') writeText(tail, buffer, at);
    return buffer.subarray(start, start + size);
  }

  wrote(socket: Socket, message: Buffer): void {
    if (message.buffer === this.#scratch.buffer && socket.writableLength !== 0) this.#free += message.length;
  }

  /** The same, long ones slice by slice. Gives back what must wait until the socket has taken what it was given. */
  sendSliced(socket: Socket, head: Pieces, parts: readonly Part[]): Buffer | undefined {
    const size = lengthOf(head) + sizeOf(parts);
    if (size > SLICE_BYTES) return sendSlice(socket, joinParts([...head, ...parts]));
    this.send(socket, head, parts);
    return undefined;
  }

  #renew(): void {
    this.#scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    this.#free = 0;
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
