/**
 * The sockets to one upstream: as few as serve, the one used last first, so that the rest go cold and close. Requests beyond the bound wait in
 * order. One moves to another socket only while nothing of it was written.
 */
import type { Time, Timer } from '../../kernel/time.ts';
import { dueAfter, TICK_MS } from '../ticks.ts';
import {
  Transfer,
  transferFaults,
  type ClientRequest,
  type Dial,
  type Origin,
  type ResponseReceiver,
  type Sent,
  type TransferPlace,
} from './client.ts';
import { Lane, type Keeper } from './lane.ts';
import type { Output } from './output.ts';
import type { Parsers } from './parser.ts';

export interface PoolBounds {
  readonly connectTimeoutMs: number;
  /** From the request to the first byte of its answer. */
  readonly firstByteTimeoutMs: number;
  /** Without a byte on an open answer. */
  readonly idleTimeoutMs: number;
  /** From `send` to the end of the answer. */
  readonly timeoutMs: number;
  readonly sockets: number;
  readonly idleSockets: number;
  readonly headerBytes: number;
  readonly headers: number;
}

export interface PoolOptions {
  readonly authority: Origin;
  readonly dial: Dial;
  readonly parsers: Parsers;
  readonly output: Output;
  readonly time: Time;
  readonly bounds: PoolBounds;
}

/** Requests that wait for a socket. Whoever sends bounds what is in flight; this is for when they do not. */
const WAITING = 10_000;

export class Pool {
  readonly #bounds: PoolBounds;
  readonly #lanes: Keeper;
  readonly #sweeper: Timer;
  readonly #all = new Set<Lane>();
  readonly #idle: Lane[] = [];
  readonly #waiting = new Set<Transfer>();
  readonly #queue: TransferPlace;
  #isClosed = false;

  constructor({ authority, dial, parsers, output, time, bounds }: PoolOptions) {
    this.#bounds = bounds;
    this.#lanes = {
      origin: authority,
      dial,
      parsers,
      output,
      time,
      bounds: { ...bounds, targetBytes: 0 },
      tick: 0,
      freed: (lane) => this.#freed(lane),
      closed: (lane) => this.#closed(lane),
    };
    this.#queue = {
      leave: (transfer) => this.#waiting.delete(transfer),
      hurry: () => {},
      pause: () => {},
      resume: () => {},
      distrust: () => {},
    };
    this.#sweeper = time.every(TICK_MS, () => this.#sweep());
  }

  /** Sockets that are open or being opened. */
  get sockets(): number {
    return this.#all.size;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The receiver hears nothing before this has returned. */
  send(request: ClientRequest, receiver: ResponseReceiver): Sent {
    const transfer = new Transfer(request, receiver, dueAfter(this.#lanes.tick, this.#bounds.timeoutMs));
    const lane = this.#takeIdle();
    if (this.#isClosed) queueMicrotask(() => transfer.fail(transferFaults.interrupted('the pool is closed', 'no')));
    else if (lane) lane.carry(transfer);
    else if (this.#all.size < this.#bounds.sockets) this.#all.add(new Lane(this.#lanes, transfer));
    else if (this.#waiting.size >= WAITING) queueMicrotask(() => transfer.fail(transferFaults.overloaded()));
    else {
      transfer.place = this.#queue;
      this.#waiting.add(transfer);
    }
    return transfer;
  }

  /** Ends everything that is under way. */
  close(): void {
    this.#isClosed = true;
    this.#sweeper.cancel();
    for (const transfer of this.#waiting) transfer.fail(transferFaults.interrupted('the pool is closed', 'no'));
    this.#waiting.clear();
    for (const lane of this.#all) lane.close();
  }

  #takeIdle(): Lane | undefined {
    for (let lane = this.#idle.pop(); lane; lane = this.#idle.pop()) {
      if (lane.isUsable) return lane;
      lane.close();
    }
    return undefined;
  }

  #next(): Transfer | undefined {
    for (const transfer of this.#waiting) {
      this.#waiting.delete(transfer);
      return transfer;
    }
    return undefined;
  }

  #freed(lane: Lane): void {
    const transfer = this.#next();
    if (transfer) lane.carry(transfer);
    else if (this.#idle.length < this.#bounds.idleSockets) this.#idle.push(lane);
    else lane.close();
  }

  #closed(lane: Lane): void {
    this.#all.delete(lane);
    const index = this.#idle.indexOf(lane);
    if (index !== -1) this.#idle.splice(index, 1);
    if (this.#isClosed || this.#all.size >= this.#bounds.sockets) return;
    const transfer = this.#next();
    if (transfer) this.#all.add(new Lane(this.#lanes, transfer));
  }

  #sweep(): void {
    this.#lanes.tick += 1;
    for (const lane of this.#all) lane.sweep();
    for (const transfer of this.#waiting) {
      // They wait in the order in which they came, all equally long.
      if (this.#lanes.tick < transfer.due) break;
      this.#waiting.delete(transfer);
      transfer.fail(transferFaults.timedOut('waiting for a socket', 'no'));
    }
  }
}
