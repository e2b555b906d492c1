/**
 * A socket without a network: what a client sends is pushed into it, and what it is given to write is taken as far as the client reads. The
 * stream around it is Node's own. It notes what a socket must not be asked to do.
 */
import { Duplex } from 'node:stream';

const READ_BYTES = 65_536;

export class FakeSocket extends Duplex {
  readonly remoteAddress: string;
  bytesWritten = 0;
  /** Everything that was asked to be written, whether it left or not. */
  written = '';
  /** What the client has read. */
  received = '';
  readonly wrongs: string[] = [];
  #room = Number.POSITIVE_INFINITY;
  #waiting: { rest: Buffer; readonly done: () => void } | undefined;

  constructor(remoteAddress: string) {
    super({ allowHalfOpen: true });
    this.remoteAddress = remoteAddress;
  }

  /** The client's side: sends. No more comes in one piece than Node reads in one go. */
  give(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && !this.destroyed && !this.readableEnded; at += READ_BYTES)
      this.push(bytes.subarray(at, at + READ_BYTES));
  }

  /** The client's side: sends no more. */
  half(): void {
    if (!this.destroyed) this.push(null);
  }

  /** The client's side: reads on, at most so much. */
  allow(bytes: number): void {
    this.#room = bytes;
    const waiting = this.#waiting;
    if (waiting) this.#take(waiting);
  }

  override write(bytes: unknown, ...how: never[]): boolean {
    const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes as Uint8Array).toString('latin1');
    if (text !== '' && this.writableEnded) this.wrongs.push('writes behind the end');
    else if (text !== '' && this.destroyed) this.wrongs.push('writes into what is closed');
    else this.written += text;
    return super.write(bytes, ...how);
  }

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    // The bytes are the sender's: what it does with them afterwards must not matter before `done`.
    this.bytesWritten += chunk.length;
    this.#take({ rest: chunk, done });
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#waiting = undefined;
    done(error);
  }

  #take(waiting: { rest: Buffer; readonly done: () => void }): void {
    const taken = waiting.rest.subarray(0, this.#room);
    this.#room -= taken.length;
    this.received += taken.toString('latin1');
    waiting.rest = waiting.rest.subarray(taken.length);
    this.#waiting = waiting.rest.length > 0 ? waiting : undefined;
    if (waiting.rest.length === 0) waiting.done();
  }
}
