/**
 * One socket to an upstream: connecting -> idle <-> busy -> closed. A request is written once: when the socket dies under it nobody can know
 * whether it was acted on, so it is never written again. RFC 9112 sections 6.3 and 9.3.
 */
import { sizeOf } from '../../kernel/parts.ts';
import type { Socket } from 'node:net';
import type { Fault } from '../../kernel/fault.ts';
import { dueAfter, NEVER, TICK_MS } from '../ticks.ts';
import { DialFailure, transferFaults, type SocketEvents, type Transfer, type TransferPlace } from './client.ts';
import { announce } from './decoding.ts';
import { sendSlice, type Sending } from './output.ts';
import type { Lanes } from './lanes.ts';
import { judge, offeredMs } from './response-grammar.ts';
import type { Parser } from './parser.ts';
import { Turn } from './turn.ts';

/** An idle socket is not kept longer, whatever the peer allows: what is in between may have forgotten it. */
const IDLE_MS = 30_000;
/** How long before the peer's own deadline an idle socket is given up. */
const MARGIN_MS = 1000;
/** How long an answer that has been given may take to end. */
const HURRY_MS = 500;
const INTERIM = 16;

/** Whoever has the lanes. */
export interface Keeper extends Lanes {
  freed(lane: Lane): void;
  closed(lane: Lane): void;
}

export class Lane implements SocketEvents, TransferPlace, Sending {
  readonly #lanes: Keeper;
  readonly #turn = new Turn();
  #socket: Socket;
  #state: 'connecting' | 'idle' | 'busy' | 'closed' = 'connecting';
  #due: number;
  #transfer: Transfer | undefined;
  #parser: Parser | undefined;
  #hasHead = false;
  #interim = 0;
  #isStale = false;
  /** The request, or its beginning, has been given to the socket; before that nothing can be an answer to it. */
  #hasDeparted = false;
  /** The part of a request that the socket could not take yet. */
  #rest: Buffer | undefined;

  constructor(lanes: Keeper, transfer: Transfer) {
    this.#lanes = lanes;
    this.#transfer = transfer;
    this.#due = dueAfter(lanes.tick, lanes.bounds.connectTimeoutMs);
    transfer.place = this;
    this.#socket = lanes.dial(lanes.origin, this);
  }

  /** Whether an idle lane can still be written to, as far as anybody can know. */
  get isUsable(): boolean {
    return this.#state === 'idle' && this.#lanes.tick < this.#due && this.#socket.writable && !this.#socket.destroyed;
  }

  get socket(): Socket {
    return this.#socket;
  }

  departed(): void {
    this.#hasDeparted = true;
  }

  /** Puts a request on an idle lane. */
  carry(transfer: Transfer): void {
    this.#transfer = transfer;
    transfer.place = this;
    this.#write(transfer);
  }

  leave(): void {
    this.#drop();
  }

  hurry(transfer: Transfer): void {
    transfer.due = Math.min(transfer.due, dueAfter(this.#lanes.tick, HURRY_MS));
  }

  pause(): void {
    if (this.#state === 'busy') this.#socket.pause();
  }

  resume(): void {
    if (this.#state !== 'busy') return;
    this.#due = dueAfter(this.#lanes.tick, this.#lanes.bounds.idleTimeoutMs);
    if (!this.#turn.isOver) this.#socket.resume();
  }

  /** Called at every tick. */
  sweep(): void {
    const { tick } = this.#lanes;
    const transfer = this.#transfer;
    if (!transfer) {
      if (tick >= this.#due) this.#drop();
    } else if (tick < transfer.due && tick < this.#due) return;
    else if (this.#state === 'busy' && transfer.receiver.excuses?.() === true) this.#wait(transfer);
    else if (tick >= transfer.due) this.#fail(transferFaults.timedOut('total', this.#delivered()));
    // What the receiver itself holds up is not the server's delay.
    else if (tick >= this.#due && !(transfer.isPaused && this.#state === 'busy')) this.#fail(this.#late());
  }

  /** Its deadlines begin anew. */
  #wait(transfer: Transfer): void {
    const { tick, bounds } = this.#lanes;
    this.#due = dueAfter(tick, bounds.idleTimeoutMs);
    transfer.due = Math.max(transfer.due, this.#due);
  }

  /** Ends it with whatever it carries. */
  close(): void {
    this.#fail(transferFaults.interrupted('closed by us', this.#delivered()));
  }

  onOpen(socket: Socket): void {
    const transfer = this.#transfer;
    this.#socket = socket;
    if (this.#state === 'connecting' && transfer) this.#write(transfer);
  }

  onData(chunk: Buffer): void {
    const transfer = this.#transfer;
    // Nobody asked: whatever it is, it must not become the answer to the next request.
    if (!transfer || this.#state !== 'busy') {
      this.#drop();
      return;
    }
    if (!this.#hasDeparted) {
      this.#fail(transferFaults.interrupted('answered before it was asked', 'no'));
      return;
    }
    this.#due = dueAfter(this.#lanes.tick, this.#lanes.bounds.idleTimeoutMs);
    this.#read(transfer, chunk);
    if (this.#turn.isUsedUp(chunk.length) && this.#isBusy())
      this.#turn.pass(this.#socket, this.#lanes.time, () => !this.#transfer?.isPaused);
  }

  onEnd(): void {
    const transfer = this.#transfer;
    if (transfer && this.#hasHead && this.#parser?.finish()) this.#complete(transfer, false);
    else if (this.#state === 'connecting') this.#fail(transferFaults.unreachable('ended before it was open'));
    else this.#fail(transferFaults.interrupted('ended by the server', 'unknown'));
  }

  onStale(): void {
    this.#isStale = true;
    if (this.#state === 'idle') this.#drop();
  }

  distrust(): void {
    this.onStale();
  }

  onClose(error: Error | undefined): void {
    const detail = error?.message ?? 'closed by the server';
    const told = error instanceof DialFailure ? error.told : undefined;
    if (this.#state === 'connecting') this.#fail(transferFaults.unreachable(detail, told));
    else this.#fail(transferFaults.interrupted(detail, this.#delivered(), told));
  }

  #delivered(): 'no' | 'unknown' {
    return this.#hasDeparted ? 'unknown' : 'no';
  }

  #late(): Fault {
    if (this.#state === 'connecting') return transferFaults.unreachable('connecting took too long');
    return transferFaults.timedOut(this.#parser ? 'idle' : 'first byte', 'unknown');
  }

  #write(transfer: Transfer): void {
    const { method, path, headers, body } = transfer.request;
    const { output, tick, bounds } = this.#lanes;
    this.#state = 'busy';
    this.#due = dueAfter(tick, bounds.firstByteTimeoutMs);
    const head = [method, ' ', path, ' HTTP/1.1\r\n', headers];
    const hasLength = body.length > 0 || (method !== 'GET' && method !== 'HEAD' && method !== 'DELETE');
    if (hasLength) head.push('content-length: ', String(sizeOf(body)), '\r\n\r\n');
    else head.push('\r\n');
    this.#hasDeparted = false;
    this.#rest = output.sendSliced(this, head, body);
    transfer.written();
    this.#awaitDrain();
    if (transfer.isPaused) this.pause();
  }

  #awaitDrain(): void {
    if (!this.#rest) return;
    this.#socket.once('drain', () => {
      if (this.#rest) this.#rest = sendSlice(this.#socket, this.#rest);
      this.#awaitDrain();
    });
  }

  #read(transfer: Transfer, chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      const parser = this.#parser ?? this.#begin(transfer);
      const used = parser.execute(rest);
      if (used < 0) return this.#fail(transferFaults.broken(parser.problem ?? 'malformed'));
      if (parser.headComplete && !this.#hasHead) {
        const wrong = judge(parser.head);
        if (wrong !== undefined) return this.#fail(transferFaults.broken(wrong));
        if (parser.head.status >= 200) this.#hasHead = true;
        else if (!this.#skip(parser)) return this.#fail(transferFaults.broken('too many interim responses'));
        if (this.#hasHead && !announce(transfer, parser.head))
          return this.#fail(transferFaults.undecodable('unknown coding'));
      }
      if (!this.#deliver(transfer, parser, rest)) return undefined;
      rest = rest.subarray(used);
      if (parser.complete) return this.#complete(transfer, rest.length === 0);
    }
    return undefined;
  }

  #begin(transfer: Transfer): Parser {
    const { parsers, bounds } = this.#lanes;
    this.#turn.begin();
    this.#parser = parsers.borrow('response', bounds);
    this.#parser.isBodiless = transfer.request.method === 'HEAD';
    this.#hasHead = false;
    this.#interim = 0;
    return this.#parser;
  }

  /** Makes ready for what follows an interim response. */
  #skip(parser: Parser): boolean {
    const { isBodiless } = parser;
    parser.again();
    parser.isBodiless = isBodiless;
    this.#interim += 1;
    return this.#interim <= INTERIM;
  }

  /** `false`: the receiver has had enough. */
  #deliver(transfer: Transfer, { spans, spanned }: Parser, chunk: Buffer): boolean {
    for (let index = 0; index < spanned && !transfer.hasEnded; index += 2) {
      transfer.receiver.onData(chunk.subarray(spans[index], spans[index + 1]));
    }
    return !transfer.hasEnded;
  }

  /** Another request may follow only when the receiver has seen whether this was the answer to its own. */
  #complete(transfer: Transfer, isClean: boolean): void {
    const parser = this.#parser;
    const keptMs = parser ? this.#keptMs(parser, isClean) : 0;
    this.#release();
    if (keptMs <= 0) {
      this.#drop();
      transfer.end();
      return;
    }
    if (transfer.isPaused && !this.#turn.isOver) this.#socket.resume();
    this.#state = 'idle';
    this.#due = Math.min(this.#lanes.tick + Math.floor(keptMs / TICK_MS), NEVER);
    transfer.end();
    if (this.#isIdle()) this.#lanes.freed(this);
  }

  #isIdle(): boolean {
    return this.#state === 'idle';
  }

  #isBusy(): boolean {
    return this.#state === 'busy';
  }

  /** For how long the socket may wait for another request; 0 where it must not. */
  #keptMs(parser: Parser, isClean: boolean): number {
    if (this.#isStale || !parser.keepAlive || !isClean || this.#rest || this.#socket.writableLength > 0) return 0;
    return Math.min(offeredMs(parser.head) - MARGIN_MS, IDLE_MS);
  }

  #release(): void {
    this.#transfer = undefined;
    if (this.#parser) this.#lanes.parsers.giveBack(this.#parser);
    this.#parser = undefined;
    this.#hasHead = false;
  }

  #fail(fault: Fault): void {
    const transfer = this.#transfer;
    this.#drop();
    transfer?.fail(fault);
  }

  #drop(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#release();
    this.#rest = undefined;
    this.#socket.destroy();
    this.#lanes.closed(this);
  }
}
