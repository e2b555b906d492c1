/**
 * One client's connection: idle -> head -> body -> answering or streaming -> flushing -> idle again, or closing. One request at a time; what
 * comes meanwhile is held, bounded, and served in order. RFC 9112 sections 9.3 and 9.6.
 */
import { sizeOf } from '../../kernel/parts.ts';
import type { Socket } from 'node:net';
import { dueAfter, NEVER } from '../ticks.ts';
import { Body } from './body.ts';
import { OpenExchange, type Answer, type Carrier } from './exchange.ts';
import { listen, type SocketOwner } from './listeners.ts';
import { Outlet } from './outlet.ts';
import type { Parser } from './parser.ts';
import { refusals, type Refusal } from './refusals.ts';
import { CONTINUE, isBodiless, LAST_CHUNK, responseHead } from './response.ts';
import type { Arrival, Site } from './site.ts';

type State = 'idle' | 'head' | 'body' | 'answering' | 'streaming' | 'flushing' | 'closing' | 'closed';

/** What may wait behind a request that is being answered. */
const HELD_BYTES = 65_536;
/** After the last answer the connection is read on for a little: to close on unread bytes would take the answer from the client. */
const LINGER = { ms: 1000, bytes: 1_048_576 } as const;

export class Connection implements Carrier, SocketOwner {
  readonly #arrival: Arrival;
  readonly #socket: Socket;
  readonly #site: Site;
  readonly #outlet: Outlet;
  #state: State = 'idle';
  #due: number;
  #parser: Parser | undefined;
  #exchange: OpenExchange | undefined;
  #body: Body | undefined;
  /** Whether the request leaves the connection usable for another. */
  #mayStay = false;
  #closes = false;
  #held: Buffer | undefined;
  #discarded = 0;

  constructor(socket: Socket, arrival: Arrival) {
    const { site } = arrival;
    this.#arrival = arrival;
    this.#site = site;
    this.#due = dueAfter(site.tick, site.options.bounds.idleTimeoutMs);
    this.#socket = socket;
    this.#outlet = new Outlet(socket, site.output, () => this.#readerCaughtUp());
    listen(socket, this);
  }

  receive(chunk: Buffer): void {
    if (this.#isReading()) this.#read(chunk);
    else if (this.#state === 'closing') this.#discard(chunk);
    else if (this.#state !== 'closed') this.#hold(chunk);
  }

  /** The client will send no more. With a request unanswered it counts as gone. */
  ended(): void {
    if (this.#state === 'flushing') this.#closes = true;
    else this.destroy();
  }

  closed(): void {
    this.#state = 'closed';
    const exchange = this.#exchange;
    this.#leave();
    this.#outlet.discharge(this.#site.options.buffered);
    this.#arrival.gone();
    exchange?.gone();
  }

  drain(): void {
    if (this.#state === 'idle' && !this.#held) this.destroy();
  }

  /** Whoever waits for an answer hears of it when the socket has closed. */
  destroy(): void {
    this.#state = 'closed';
    this.#socket.destroy();
  }

  /** Called at every tick. */
  sweep(): void {
    const { tick, options } = this.#site;
    if (this.#state === 'streaming' || this.#state === 'flushing') {
      if (this.#outlet.isStuck(tick, options.bounds.idleTimeoutMs)) this.destroy();
      return;
    }
    if (tick < this.#due) return;
    if (this.#state === 'head') this.#refuse(refusals['head-late']);
    else if (this.#state === 'body') this.#refuse(refusals['body-late']);
    else this.destroy();
  }

  answer(exchange: OpenExchange, { status, headers, parts }: Answer): void {
    if (exchange !== this.#exchange || !this.#isUnanswered()) return;
    const length = sizeOf(parts);
    const { id, method } = exchange;
    const closes = this.#site.isDraining || !this.#mayStay;
    const head = responseHead({ status, headers, id, date: this.#site.date, closes, length });
    this.#leave();
    const hasBody = method !== 'HEAD' && !isBodiless(status);
    this.#outlet.send(head, hasBody ? parts : []);
    this.#sent(closes);
  }

  open(exchange: OpenExchange, status: number, headers: string): void {
    if (exchange !== this.#exchange || !this.#isUnanswered()) return;
    this.#closes = this.#site.isDraining || !this.#mayStay;
    this.#state = 'streaming';
    this.#due = NEVER;
    const head = { status, headers, id: exchange.id, date: this.#site.date, closes: this.#closes, length: undefined };
    this.#outlet.send(responseHead(head), []);
  }

  write(exchange: OpenExchange, parts: readonly Uint8Array[]): boolean {
    if (exchange !== this.#exchange || this.#state !== 'streaming') return false;
    if (this.#outlet.queued > this.#site.options.bounds.streamQueueBytes) {
      this.destroy();
      return false;
    }
    const size = sizeOf(parts);
    // An empty chunk would be the last one.
    if (size === 0) return true;
    this.#outlet.chunk(size, parts);
    return true;
  }

  end(exchange: OpenExchange): void {
    if (exchange !== this.#exchange || this.#state !== 'streaming') return;
    this.#leave();
    this.#outlet.send(LAST_CHUNK, []);
    this.#sent(this.#closes || this.#site.isDraining);
  }

  queued(exchange: OpenExchange): number {
    return exchange === this.#exchange ? this.#outlet.queued : 0;
  }

  #isReading(): boolean {
    return this.#state === 'idle' || this.#state === 'head' || this.#state === 'body';
  }

  #isUnanswered(): boolean {
    return this.#state === 'body' || this.#state === 'answering';
  }

  /** Reads requests for as long as each is answered at once. */
  #read(chunk: Buffer): void {
    let rest: Buffer | undefined = chunk;
    while (rest && this.#isReading()) {
      const parser = this.#parser ?? this.#begin();
      const used = parser.execute(rest);
      if (used < 0) {
        this.#refuse(refusals[parser.problem ?? 'malformed']);
        return;
      }
      this.#mayStay = parser.complete && parser.keepAlive;
      if (parser.headComplete) this.#advance(parser, rest);
      rest = used < rest.length ? rest.subarray(used) : undefined;
    }
    if (rest) this.receive(rest);
  }

  #begin(): Parser {
    const { parsers, bounds } = this.#site.options;
    this.#state = 'head';
    this.#due = dueAfter(this.#site.tick, bounds.headerTimeoutMs);
    this.#parser = parsers.borrow('request', bounds);
    return this.#parser;
  }

  #advance(parser: Parser, chunk: Buffer): void {
    const isComplete = parser.complete;
    if (this.#state === 'head') this.#judge(parser);
    if (this.#state === 'body') this.#takeBody(parser, chunk);
    if (this.#state === 'body' && isComplete) this.#handOver();
    // A connection that answers, or streams for hours, holds no parser.
    if (!this.#isReading()) this.#releaseParser();
  }

  #judge(parser: Parser): void {
    const { options, grammar, tick } = this.#site;
    const { head, complete } = parser;
    const verdict = grammar.judge(head);
    if ('refused' in verdict) {
      this.#refuse(verdict.refused);
      return;
    }
    if (verdict.contentLength > options.bounds.bodyBytes) {
      this.#refuse(refusals['body-too-large']);
      return;
    }
    this.#state = 'body';
    this.#due = dueAfter(tick, options.bounds.bodyTimeoutMs);
    const method = parser.method ?? head.bytes.toString('latin1', 0, head.targetStart).trim();
    const opening = { id: options.requestId(), method, target: verdict.target, arrival: this.#arrival };
    const exchange = new OpenExchange(opening, this, head);
    this.#exchange = exchange;
    options.onHead(exchange);
    if (complete || this.#exchange !== exchange || !this.#isReading()) return;
    if (head.header('expect')?.toLowerCase() === '100-continue') this.#socket.write(CONTINUE, 'latin1');
  }

  #takeBody(parser: Parser, chunk: Buffer): void {
    const { bounds, buffered } = this.#site.options;
    if (parser.spanned === 0) return;
    this.#body ??= new Body(bounds.bodyBytes, buffered);
    const lacking = this.#body.add(parser, chunk);
    if (lacking === 'bound') this.#refuse(refusals['body-too-large']);
    if (lacking === 'budget') this.#refuse(refusals['no-room']);
  }

  #handOver(): void {
    const exchange = this.#exchange;
    if (!exchange) return;
    this.#state = 'answering';
    this.#due = NEVER;
    this.#site.options.onRequest(exchange, this.#body?.view() ?? Buffer.alloc(0));
    exchange.forgetHead();
  }

  /** The exchange is over: gives back what it held. */
  #leave(): void {
    this.#exchange?.forgetHead();
    this.#exchange = undefined;
    this.#body?.release();
    this.#body = undefined;
    this.#releaseParser();
  }

  #releaseParser(): void {
    if (!this.#parser) return;
    this.#site.options.parsers.giveBack(this.#parser);
    this.#parser = undefined;
  }

  /** The answer has been written, though perhaps not taken. */
  #sent(closes: boolean): void {
    this.#closes = closes;
    if (this.#outlet.queued === 0) this.#flushed();
    else if (this.#outlet.charge(this.#site.options.buffered)) this.#state = 'flushing';
    else this.destroy();
  }

  #readerCaughtUp(): void {
    if (this.#state === 'streaming') this.#exchange?.drained();
    else if (this.#state === 'flushing') this.#flushed();
  }

  #flushed(): void {
    const { tick, isDraining, options } = this.#site;
    this.#outlet.discharge(options.buffered);
    if (this.#closes) this.#linger();
    else if (isDraining && !this.#held) this.destroy();
    else {
      this.#state = 'idle';
      this.#due = dueAfter(tick, options.bounds.idleTimeoutMs);
      if (this.#held) queueMicrotask(() => this.#readHeld());
    }
  }

  #linger(): void {
    this.#state = 'closing';
    this.#due = dueAfter(this.#site.tick, LINGER.ms);
    this.#held = undefined;
    this.#socket.resume();
    this.#socket.end();
  }

  #discard(chunk: Buffer): void {
    this.#discarded += chunk.length;
    if (this.#discarded > LINGER.bytes) this.#socket.pause();
  }

  #hold(chunk: Buffer): void {
    this.#held = this.#held ? Buffer.concat([this.#held, chunk]) : chunk;
    if (this.#held.length > HELD_BYTES) this.#socket.pause();
  }

  #readHeld(): void {
    const held = this.#held;
    this.#held = undefined;
    if (this.#socket.isPaused()) this.#socket.resume();
    if (held) this.receive(held);
  }

  /** The wire's own answer to what it cannot or will not read on. The connection closes after it. */
  #refuse({ status, kind, message }: Refusal): void {
    const exchange = this.#exchange;
    const { options, date } = this.#site;
    this.#leave();
    const id = exchange?.id ?? options.requestId();
    const body = Buffer.from(options.refusal(status, kind, message));
    const headers = `content-type: application/json\r\n${status === 503 ? 'retry-after: 1\r\n' : ''}`;
    const head = responseHead({ status, headers, id, date, closes: true, length: body.length });
    this.#outlet.send(head, exchange?.method === 'HEAD' ? [] : [body]);
    this.#sent(true);
    exchange?.gone();
  }
}
