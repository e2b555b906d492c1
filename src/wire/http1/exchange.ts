/** The two sides of one exchange as its owner holds them. They outlive the connection harmlessly: after the end they do nothing. */
import type { X509Certificate } from 'node:crypto';
import type { Part } from '../../kernel/parts.ts';
import type { Arrival } from './arrival.ts';
import type { Head } from './head.ts';
import type { Exchange, ResponseStream, Sender } from './serving.ts';

/** What an exchange asks of the connection that it runs on. */
export interface Carrier {
  answer(exchange: OpenExchange, answer: Answer): void;
  open(exchange: OpenExchange, status: number, headers: string): void;
  /** Whether the stream could take it; if not, it is closed. */
  write(exchange: OpenExchange, parts: readonly Uint8Array[]): boolean;
  end(exchange: OpenExchange): void;
  queued(exchange: OpenExchange): number;
}

export interface Answer {
  readonly status: number;
  readonly headers: string;
  readonly parts: readonly Part[];
}

export interface Opening {
  readonly id: string;
  readonly method: string;
  readonly target: string;
  readonly arrival: Arrival;
}

export class OpenExchange implements Exchange {
  readonly id: string;
  readonly method: string;
  readonly target: string;
  readonly from: Sender;
  readonly certificate: X509Certificate | undefined;
  context: unknown = undefined;
  readonly #carrier: Carrier;
  #head: Head | undefined;
  #gone: (() => void) | undefined;
  #stream: OpenStream | undefined;

  constructor({ id, method, target, arrival }: Opening, carrier: Carrier, head: Head) {
    this.id = id;
    this.method = method;
    this.target = target;
    this.from = arrival.from(head);
    this.certificate = arrival.certificate;
    this.#carrier = carrier;
    this.#head = head;
  }

  header(name: string): string | undefined {
    return this.#head?.header(name);
  }

  count(name: string): number {
    return this.#head?.count(name) ?? 0;
  }

  respond(status: number, headers: string, body: Uint8Array | string): void {
    this.#carrier.answer(this, { status, headers, parts: [body] });
  }

  respondParts(status: number, headers: string, parts: readonly Part[]): void {
    this.#carrier.answer(this, { status, headers, parts });
  }

  stream(status: number, headers: string): ResponseStream {
    this.#stream = new OpenStream(this, this.#carrier);
    this.#carrier.open(this, status, headers);
    return this.#stream;
  }

  onGone(listener: () => void): void {
    this.#gone = listener;
  }

  /** The connection's: the head's memory now serves another message. */
  forgetHead(): void {
    this.#head = undefined;
  }

  /** The connection's: the client cannot be answered any more. */
  gone(): void {
    this.#gone?.();
  }

  /** The connection's: everything that was queued has left. */
  drained(): void {
    this.#stream?.drained();
  }
}

class OpenStream implements ResponseStream {
  readonly #exchange: OpenExchange;
  readonly #carrier: Carrier;
  #drained: (() => void) | undefined;

  constructor(exchange: OpenExchange, carrier: Carrier) {
    this.#exchange = exchange;
    this.#carrier = carrier;
  }

  get queuedBytes(): number {
    return this.#carrier.queued(this.#exchange);
  }

  write(...parts: readonly Uint8Array[]): boolean {
    return this.#carrier.write(this.#exchange, parts);
  }

  end(): void {
    this.#carrier.end(this.#exchange);
  }

  onDrain(listener: () => void): void {
    this.#drained = listener;
  }

  drained(): void {
    this.#drained?.();
  }
}
