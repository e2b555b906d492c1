/** What leaves one connection, and how far its reader is behind with it. What a slow reader makes us hold is charged to the budget. */
import { joinParts, sizeOf, type Part } from '../../kernel/parts.ts';
import type { Socket } from 'node:net';
import type { Budget } from '../../kernel/bounded.ts';
import { dueAfter, NEVER } from '../ticks.ts';
import { lengthOf, sendSlice, SLICE_BYTES, type Output, type Pieces, type Sending } from './output.ts';

type Written = (error?: Error | null) => void;

const NOTHING = Buffer.alloc(0);

/** Whose messages leave here. */
export interface OutletOwner {
  /** What was sent has been written, if perhaps not taken. */
  departed(): void;
  /** Nothing is queued any more after something was. */
  caughtUp(): void;
}

export class Outlet implements Sending {
  readonly socket: Socket;
  readonly #output: Output;
  readonly #owner: OutletOwner;
  /**
   * A plain socket mostly takes a write at once, and being told of each would cost more than it does. A secure one never does, as node ends
   * its writes in a later turn: there the write itself tells, since another one to wait for it would cost as much as the first.
   */
  readonly #written: Written | undefined;
  /** What the socket has not been given yet of something long. */
  #rest: Buffer | undefined;
  /** What was sent after that. */
  #behind: Buffer[] | undefined;
  #behindBytes = 0;
  #charged = 0;
  /** There was no room for what waits. */
  #isUncharged = false;
  #isWaiting = false;
  /** Something waits for the end of the turn; the output bounds how much that is. */
  #isLeaving = false;
  #taken = 0;
  #due = NEVER;

  constructor(socket: Socket, output: Output, owner: OutletOwner) {
    this.socket = socket;
    this.#output = output;
    this.#owner = owner;
    this.#written = 'encrypted' in socket ? (error) => (error ? undefined : this.#goOn()) : undefined;
  }

  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** What is behind, without what leaves at the end of the turn. */
  get queued(): number {
    return (this.#rest?.length ?? 0) + this.#behindBytes + this.socket.writableLength;
  }

  /** One whole message. */
  send(head: Pieces, parts: readonly Part[]): void {
    if (this.#rest) {
      this.#queue(joinParts([...head, ...parts]));
      return;
    }
    if (this.#written && lengthOf(head) + sizeOf(parts) <= SLICE_BYTES) {
      this.#sendSecure(this.#output.compose(this.socket, head, parts), this.#written);
      return;
    }
    this.#isLeaving = true;
    this.#rest = this.#output.sendSliced(this, head, parts);
  }

  /** One chunk of a message in chunks. */
  chunk(size: number, parts: readonly Part[]): void {
    const head = [size.toString(16), '\r\n'];
    if (this.#rest || size > SLICE_BYTES) {
      this.#queue(joinParts([...head, ...parts, '\r\n']));
      return;
    }
    if (this.#written) {
      this.#sendSecure(this.#output.compose(this.socket, head, parts, '\r\n'), this.#written);
      return;
    }
    this.#isLeaving = true;
    this.#output.send(this, head, parts, '\r\n');
  }

  /** A part of a message that ends with the connection. */
  piece(parts: readonly Part[]): void {
    this.send([], parts);
  }

  /** Of several messages that left at once, each may tell of it. */
  departed(): void {
    if (!this.#isLeaving) return;
    this.#isLeaving = false;
    this.#wait();
    this.#owner.departed();
  }

  /** `false`: there is no room for what waits. A secure socket is given until the next tick, as it takes nothing at once. */
  charge(budget: Budget): boolean {
    const bytes = this.queued;
    this.#isUncharged = !budget.take(bytes);
    if (this.#isUncharged) return this.#written !== undefined;
    this.#charged = bytes;
    return true;
  }

  discharge(budget: Budget): void {
    if (this.#charged > 0) budget.give(this.#charged);
    this.#charged = 0;
    this.#isUncharged = false;
  }

  /** Called at every tick: whether the reader has taken nothing of what waits for it for `patienceMs`, or there is no room to wait. */
  isStuck(tick: number, patienceMs: number): boolean {
    const queued = this.socket.writableLength;
    if (this.#isUncharged && queued > 0) return true;
    const taken = this.socket.bytesWritten - queued;
    if (queued === 0) this.#due = NEVER;
    else if (this.#due === NEVER || taken !== this.#taken) this.#due = dueAfter(tick, patienceMs);
    this.#taken = taken;
    return tick >= this.#due;
  }

  /** Slice by slice, in order: only so can be seen that a slow reader takes some of what is long. */
  #queue(message: Buffer): void {
    if (this.#rest) {
      (this.#behind ??= []).push(message);
      this.#behindBytes += message.length;
      return;
    }
    if (this.#isLeaving) this.#output.flush();
    this.#rest = sendSlice(this.socket, message);
    this.#wait();
  }

  #takeBehind(): Buffer | undefined {
    const behind = this.#behind && Buffer.concat(this.#behind);
    this.#behind = undefined;
    this.#behindBytes = 0;
    return behind;
  }

  #sendSecure(message: Buffer, written: Written): void {
    this.socket.write(message, written);
    this.#output.wrote(this.socket, message);
  }

  /** An empty write ends behind all others: then the socket has taken everything. */
  #wait(): void {
    if (this.#isWaiting || this.socket.writableLength === 0) return;
    this.#isWaiting = true;
    this.socket.write(NOTHING, (error) => {
      this.#isWaiting = false;
      if (!error) this.#goOn();
    });
  }

  #goOn(): void {
    const isSliced = this.#rest !== undefined;
    while (this.#rest && this.socket.writableLength === 0)
      this.#rest = sendSlice(this.socket, this.#rest) ?? this.#takeBehind();
    if (this.socket.writableLength === 0) this.#owner.caughtUp();
    else if (!this.#written || isSliced) this.#wait();
  }
}
