/** Answers one POST: with JSON if nothing happens before the answer, else with an event stream that ends with it. */
import { bytesOf, type Part } from '../../kernel/parts.ts';
import type { ResponseStream } from '../../wire/http1/serving.ts';
import { sseEvent } from '../../wire/sse.ts';
import type { Answerer, WayBack } from '../origin.ts';
import type { KeepAlive } from './keep-alive.ts';
import type { Visit } from './visit.ts';

/** `X-Accel-Buffering` keeps nginx from holding events back. */
export const STREAM_HEADERS = 'content-type: text/event-stream\r\ncache-control: no-cache\r\nx-accel-buffering: no\r\n';

export class Responder implements WayBack {
  readonly visit: Visit;
  readonly #keepAlive: KeepAlive;
  #stream: ResponseStream | undefined;
  #state: 'waiting' | 'streaming' | 'done' = 'waiting';

  answerer: Answerer | undefined;

  constructor(visit: Visit, keepAlive: KeepAlive) {
    this.visit = visit;
    this.#keepAlive = keepAlive;
    visit.exchange.onGone(() => this.#gone());
  }

  get isStreaming(): boolean {
    return this.#state === 'streaming';
  }

  /** Sends something that comes before the answer. */
  note(message: readonly Part[]): void {
    if (this.#state !== 'done') this.#write(this.#opened(), message);
  }

  /** Sends the answer: one JSON-RPC message, or an array of them. */
  answer(status: number, message: readonly Part[]): void {
    if (this.#state === 'done') return;
    if (this.#stream) {
      this.#write(this.#stream, message);
      this.end();
      return;
    }
    this.#state = 'done';
    this.visit.json(status, message);
  }

  /** Opens the stream at once, before there is anything to say. */
  open(): void {
    if (this.#state === 'waiting') this.#opened();
  }

  /** Ends without an answer. */
  end(): void {
    if (this.#state === 'done') return;
    const stream = this.#opened();
    this.#state = 'done';
    this.#keepAlive.remove(stream);
    stream.end();
  }

  #opened(): ResponseStream {
    if (this.#stream) return this.#stream;
    const stream = this.visit.exchange.stream(200, STREAM_HEADERS + this.visit.cors);
    this.#stream = stream;
    this.#state = 'streaming';
    this.#keepAlive.add(stream);
    return stream;
  }

  /** A client that does not read is let go of: the wire has closed the stream by then. */
  #write(stream: ResponseStream, message: readonly Part[]): void {
    if (!stream.write(...sseEvent(message.map(bytesOf)))) this.#gone();
  }

  #gone(): void {
    if (this.#state === 'done') return;
    this.#state = 'done';
    if (this.#stream) this.#keepAlive.remove(this.#stream);
    this.answerer?.left();
  }
}
