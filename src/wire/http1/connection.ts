/**
 * One client's connection: idle -> head -> body -> answering or streaming -> flushing -> idle again, or closing. One request at a time; what
 * comes meanwhile is held, bounded, and served in order. RFC 9112 sections 9.3 and 9.6.
 */
import { sizeOf } from '../../kernel/parts.ts';
import type { Socket } from 'node:net';
import { dueAfter, NEVER } from '../ticks.ts';
import { Body } from './body.ts';
import { OpenExchange, type Answer, type Carrier } from './exchange.ts';
import { Farewell, idleDue, LINGER_MS } from './farewell.ts';
import { Held } from './held.ts';
import { listen, type SocketOwner } from './listeners.ts';
import { Outlet, type OutletOwner } from './outlet.ts';
import type { Parser } from './parser.ts';
import { refusalHead, refusals, type Refusal } from './refusals.ts';
import { CLOSE, CONTINUE, isBodiless, KEEP_ALIVE, LAST_CHUNK, responseHead } from './response.ts';
import type { Arrival } from './arrival.ts';
import type { Site } from './site.ts';
import { isBusy, isReading, isUnanswered, type State } from './states.ts';

export class Connection implements Carrier, SocketOwner, OutletOwner {
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
  #isHttp10 = false;
  #closes = false;
  #held: Held | undefined;
  #farewell: Farewell | undefined;

  constructor(socket: Socket, arrival: Arrival, site: Site) {
    this.#arrival = arrival;
    this.#site = site;
    this.#due = idleDue(site);
    this.#socket = socket;
    this.#outlet = new Outlet(socket, site.options.output, this);
    listen(socket, this);
  }

  receive(chunk: Buffer): void {
    if (isReading(this.#state)) this.#read(chunk);
    else if (this.#state === 'closing') this.#farewell?.discard(chunk);
    else if (this.#state !== 'closed') this.#hold(chunk);
  }

  get isBusy(): boolean {
    return isBusy(this.#state);
  }

  /**
   * The client will send no more. With a request unanswered it counts as gone: of a client that closes its socket to cancel, as it should,
   * nothing but this end is seen. One that closes only its half cannot be told from it; nginx too lets go of both.
   */
  ended(): void {
    if (this.#state === 'flushing') this.#closes = true;
    else this.destroy();
  }

  closed(): void {
    this.#state = 'closed';
    const exchange = this.#exchange;
    this.#leave();
    this.#held?.release();
    this.#outlet.discharge(this.#site.options.buffered);
    this.#site.gone(this.#arrival);
    exchange?.gone();
  }

  /** An idle one waits a moment more: a request may be on its way. */
  drain(): void {
    if (this.#state === 'idle') this.#due = Math.min(this.#due, idleDue(this.#site));
  }

  /** Whoever waits for an answer hears of it when the socket has closed. */
  destroy(): void {
    this.#state = 'closed';
    this.#socket.destroy();
  }

  /** Called at every tick. */
  sweep(): void {
    const { tick, options } = this.#site;
    this.#held?.sweep();
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
    if (exchange !== this.#exchange || !isUnanswered(this.#state)) return;
    const length = sizeOf(parts);
    const closes = this.#site.isClosing || !this.#mayStay;
    const connection = closes ? CLOSE : this.#isHttp10 ? KEEP_ALIVE : '';
    const head = responseHead({ status, headers, id: exchange.id, date: this.#site.date, connection, length });
    this.#leave();
    const hasBody = exchange.method !== 'HEAD' && !isBodiless(status);
    this.#outlet.send(head, hasBody ? parts : []);
    this.#sent(closes);
  }

  open(exchange: OpenExchange, status: number, headers: string): void {
    if (exchange !== this.#exchange || !isUnanswered(this.#state)) return;
    // To HTTP/1.0 the end of the connection is the only end of a body without a length.
    this.#closes = this.#site.isClosing || !this.#mayStay || this.#isHttp10;
    this.#state = 'streaming';
    this.#due = NEVER;
    const connection = this.#closes ? CLOSE : '';
    const length = this.#isHttp10 ? 'until-close' : 'chunked';
    this.#outlet.send(
      responseHead({ status, headers, id: exchange.id, date: this.#site.date, connection, length }),
      [],
    );
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
    if (this.#isHttp10) this.#outlet.piece(parts);
    else this.#outlet.chunk(size, parts);
    return true;
  }

  end(exchange: OpenExchange): void {
    if (exchange !== this.#exchange || this.#state !== 'streaming') return;
    this.#leave();
    if (!this.#isHttp10) this.#outlet.send(LAST_CHUNK, []);
    this.#sent(this.#closes || this.#site.isClosing);
  }

  queued(exchange: OpenExchange): number {
    return exchange === this.#exchange ? this.#outlet.queued : 0;
  }

  departed(): void {
    if (this.#state === 'flushing') this.#settle();
  }

  caughtUp(): void {
    if (this.#state === 'streaming') this.#exchange?.drained();
    else if (this.#state === 'flushing') this.#flushed();
  }

  /** Reads requests for as long as each is answered at once. */
  #read(chunk: Buffer): void {
    let rest: Buffer | undefined = chunk;
    while (rest && isReading(this.#state)) {
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
    if (!isReading(this.#state)) this.#releaseParser();
  }

  #judge(parser: Parser): void {
    const { options, grammar, tick } = this.#site;
    const { head, complete } = parser;
    const verdict = grammar.judge(head);
    if ('refused' in verdict) return this.#refuse(verdict.refused);
    if (verdict.contentLength > options.bounds.bodyBytes) return this.#refuse(refusals['body-too-large']);
    this.#state = 'body';
    this.#due = dueAfter(tick, options.bounds.bodyTimeoutMs);
    const { target, isHttp10, expectsContinue } = verdict;
    this.#isHttp10 = isHttp10;
    const method = parser.method ?? head.bytes.toString('latin1', 0, head.targetStart).trim();
    const opening = { id: options.requestId(), method, target, arrival: this.#arrival };
    const exchange = new OpenExchange(opening, this, head);
    this.#exchange = exchange;
    options.onHead(exchange);
    if (expectsContinue && !complete && this.#exchange === exchange && isReading(this.#state))
      this.#socket.write(CONTINUE, 'latin1');
    return undefined;
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
    this.#state = 'answering';
    this.#due = NEVER;
    if (exchange) this.#site.options.onRequest(exchange, this.#body?.view() ?? Buffer.alloc(0));
    exchange?.forgetHead();
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

  /** The answer is on its way. */
  #sent(closes: boolean): void {
    this.#closes = closes;
    this.#state = 'flushing';
    if (!this.#outlet.isLeaving) this.#settle();
  }

  /** The answer has been written, though perhaps not taken. */
  #settle(): void {
    if (this.#outlet.queued === 0) this.#flushed();
    else if (!this.#outlet.charge(this.#site.options.buffered)) this.destroy();
  }

  #flushed(): void {
    this.#outlet.discharge(this.#site.options.buffered);
    if (this.#closes) this.#linger();
    else {
      this.#state = 'idle';
      this.#due = idleDue(this.#site);
      if (this.#held) queueMicrotask(() => this.#readHeld());
    }
  }

  #linger(): void {
    this.#state = 'closing';
    this.#due = dueAfter(this.#site.tick, LINGER_MS);
    this.#held?.release();
    this.#farewell = new Farewell(this.#socket);
  }

  #hold(chunk: Buffer): void {
    if (!(this.#held ??= new Held(this.#socket, this.#site.options.buffered)).add(chunk)) this.ended();
  }

  #readHeld(): void {
    const held = this.#held?.take();
    this.#held = undefined;
    if (held) this.receive(held);
    else if (isReading(this.#state)) this.#refuse(refusals['no-room']);
  }

  /** The wire's own answer to what it cannot or will not read on. The connection closes after it. */
  #refuse(refusal: Refusal): void {
    const exchange = this.#exchange;
    const { options, date } = this.#site;
    this.#leave();
    const body = options.refusal(refusal.status, refusal.kind, refusal.message);
    const id = exchange?.id ?? options.requestId();
    const head = refusalHead(refusal, { id, date, length: Buffer.byteLength(body) });
    this.#outlet.send(head, exchange?.method === 'HEAD' ? [] : [body]);
    this.#sent(true);
    exchange?.gone();
  }
}
