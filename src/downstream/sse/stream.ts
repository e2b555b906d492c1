/**
 * The stream on which a client of HTTP+SSE hears everything (2024-11-05, "Transports"): where it posts to, then messages. What its reader leaves
 * waiting is charged to the budget. One that is too far behind is let go of by the wire, and what it has not heard is lost.
 */
import type { Budget } from '../../kernel/bounded.ts';
import { bytesOf, sizeOf, type Part } from '../../kernel/parts.ts';
import type { ResponseStream } from '../../wire/http1/serving.ts';
import { sseEvent } from '../../wire/sse.ts';
import type { HttpEdge } from '../edge.ts';
import type { KeepAlive } from '../http/keep-alive.ts';
import { STREAM_HEADERS } from '../http/responder.ts';
import type { Visit } from '../http/visit.ts';

/** Events without a name are messages too, but not every client knows that. */
const MESSAGE = Buffer.from('event: message\n');

export class SseStream {
  readonly #stream: ResponseStream;
  readonly #keepAlive: KeepAlive;
  readonly #buffered: Budget;
  #charged = 0;

  constructor({ exchange, cors }: Visit, { keepAlive, buffered }: Pick<HttpEdge, 'keepAlive' | 'buffered'>) {
    this.#stream = exchange.stream(200, STREAM_HEADERS + cors);
    this.#keepAlive = keepAlive;
    this.#buffered = buffered;
    this.#stream.onDrain(() => this.#release());
    keepAlive.add(this.#stream);
  }

  /** The first event. */
  begin(messages: string): void {
    this.#stream.write(Buffer.from(`event: endpoint\ndata: ${messages}\n\n`));
  }

  /** An answer, or a question. `false` where there is no room to keep it for a slow reader: then nothing was sent. */
  send(message: readonly Part[]): boolean {
    const event = eventOf(message);
    if (!this.#charge(event)) return false;
    this.#write(event);
    return true;
  }

  /** Whatever must be said, room or not: the wire lets go of a reader for whom more and more waits. */
  insist(message: readonly Part[]): void {
    const event = eventOf(message);
    this.#charge(event);
    this.#write(event);
  }

  note(message: readonly Part[]): void {
    this.insist(message);
  }

  tell(message: readonly Part[]): void {
    this.insist(message);
  }

  /** From here on the connection answers for what waits. */
  end(): void {
    this.left();
    this.#stream.end();
  }

  /** Nobody reads any more. */
  left(): void {
    this.#keepAlive.remove(this.#stream);
    this.#release();
  }

  #charge(event: readonly Uint8Array[]): boolean {
    const bytes = sizeOf(event);
    if (!this.#buffered.take(bytes)) return false;
    this.#charged += bytes;
    return true;
  }

  #write(event: readonly Uint8Array[]): void {
    if (!this.#stream.write(...event) || this.#stream.queuedBytes === 0) this.#release();
  }

  #release(): void {
    if (this.#charged > 0) this.#buffered.give(this.#charged);
    this.#charged = 0;
  }
}

const eventOf = (message: readonly Part[]): Uint8Array[] => [MESSAGE, ...sseEvent(message.map(bytesOf))];
