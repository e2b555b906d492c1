/** Sockets without a network, on Node's own streams. What the gateway writes is read at once, what it is sent comes piece by piece. */
import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import type { SocketEvents } from '../../src/wire/http1/client.ts';
import { Flow } from './flow.ts';
import type { Source, World } from './world.ts';

type Done = () => void;

/** A client's connection as the listener sees it. */
export class ClientSocket extends Duplex implements Source {
  readonly weight = 8;
  readonly remoteAddress: string;
  bytesWritten = 0;
  /** To the gateway. */
  readonly flow: Flow;
  readonly #heard: (bytes: Buffer) => void;
  #room = Number.POSITIVE_INFINITY;
  #waiting: { rest: Buffer; readonly done: Done } | undefined;

  constructor(world: World, remoteAddress: string, heard: (bytes: Buffer) => void) {
    super({ allowHalfOpen: true });
    this.remoteAddress = remoteAddress;
    this.flow = new Flow(world);
    this.#heard = heard;
    world.sources.add(this);
    this.once('close', () => world.sources.delete(this));
  }

  get isReady(): boolean {
    return !this.flow.isEmpty && !this.destroyed && !this.readableEnded;
  }

  get isStalled(): boolean {
    return this.#room !== Number.POSITIVE_INFINITY;
  }

  act(): void {
    const piece = this.flow.take();
    if (piece === 'end') this.push(null);
    else if (piece === 'reset') this.destroy(new Error('ECONNRESET'));
    else if (piece) this.push(piece);
  }

  /** The client reads on, at most so much. */
  allow(bytes: number): void {
    this.#room = bytes;
    if (this.#waiting) this.#take(this.#waiting);
  }

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: Done): void {
    this.bytesWritten += chunk.length;
    this.#take({ rest: chunk, done });
  }

  override _destroy(_: Error | null, done: (error: null) => void): void {
    this.#waiting = undefined;
    done(null);
  }

  #take(waiting: { rest: Buffer; readonly done: Done }): void {
    const taken = waiting.rest.subarray(0, this.#room);
    this.#room -= taken.length;
    waiting.rest = waiting.rest.subarray(taken.length);
    this.#waiting = waiting.rest.length > 0 ? waiting : undefined;
    if (taken.length > 0) this.#heard(Buffer.from(taken));
    if (waiting.rest.length === 0) waiting.done();
  }
}

/** Who answers at an address. */
export interface Accepting {
  /** How connecting ends. */
  accepts(): 'open' | 'refused' | 'never';
  written(socket: DialSocket, bytes: Buffer): void;
  left(socket: DialSocket): void;
}

/** One memory for all reads, as `net` has it: what is kept without being copied is spoilt by the next. */
const shared = Buffer.alloc(1 << 20);

/** A connection that the gateway has dialled. */
export class DialSocket extends Duplex implements Source {
  readonly weight = 8;
  bytesWritten = 0;
  readonly flow: Flow;
  /** The other end takes nothing any more. */
  isStuffed = false;
  readonly #host: Accepting;
  readonly #events: SocketEvents;
  #state: 'connecting' | 'open' | 'unanswered' = 'connecting';
  #held: Done[] = [];

  constructor(world: World, host: Accepting, events: SocketEvents) {
    super({ allowHalfOpen: true });
    this.flow = new Flow(world);
    this.#host = host;
    this.#events = events;
    let reason: Error | undefined;
    this.on('error', (error) => {
      reason = error;
    });
    this.once('close', () => {
      world.sources.delete(this);
      host.left(this);
      events.onClose(reason);
    });
    world.sources.add(this);
  }

  /** What `Dial` gives back. */
  get socket(): Socket {
    return this as unknown as Socket;
  }

  get isReady(): boolean {
    if (this.destroyed || this.#state === 'unanswered') return false;
    return this.#state === 'connecting' || (!this.flow.isEmpty && !this.isPaused());
  }

  act(): void {
    if (this.#state === 'connecting') this.#connect();
    else this.#deliver();
  }

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: Done): void {
    this.bytesWritten += chunk.length;
    // It has left the gateway, whether anybody takes it or not.
    this.#host.written(this, Buffer.from(chunk));
    if (this.isStuffed) this.#held.push(done);
    else done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#held = [];
    done(error);
  }

  #connect(): void {
    const how = this.#host.accepts();
    if (how === 'refused') this.destroy(new Error('connect ECONNREFUSED 10.77.0.1:7001'));
    else if (how === 'never') this.#state = 'unanswered';
    else {
      this.#state = 'open';
      this.#events.onOpen(this.socket);
    }
  }

  #deliver(): void {
    const piece = this.flow.take();
    if (piece === 'reset') this.destroy(new Error('read ECONNRESET 10.77.0.1:7001'));
    else if (piece === 'end') {
      this.#events.onEnd();
      if (!this.destroyed) this.destroy();
    } else if (piece) {
      for (let from = 0; from < piece.length && !this.destroyed; from += shared.length) {
        const length = piece.copy(shared, 0, from, from + shared.length);
        this.#events.onData(shared.subarray(0, length));
        shared.fill(0x58, 0, length);
      }
    }
  }
}
