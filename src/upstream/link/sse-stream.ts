/**
 * The one event stream of a server that says everything there (MCP, "HTTP with SSE"): opening -> begun (it is an event stream) -> open (the
 * first event has named where requests are POSTed) -> over. Losing it ends the session; there is nothing to resume. Bounded while reading.
 */
import type { Budget } from '../../kernel/bounded.ts';
import { Fault } from '../../kernel/fault.ts';
import type { ResponseHead, ResponseReceiver, Sent } from '../../wire/http1/client.ts';
import { SseReader, type SseEvent } from '../../wire/sse.ts';
import { mediaType } from './media-type.ts';

export interface SseStreamOptions {
  readonly url: URL;
  readonly resultBytes: number;
  readonly buffered: Budget;
  /** One JSON text; the receiver's to keep. */
  readonly heard: (text: Buffer) => void;
  /** Of one that was open. `reason` is safe to show: what it did. */
  readonly ended: (reason: string, detail: string) => void;
}

/** Where to POST, or the status of an answer that is no event stream. */
export type Beginning =
  | { readonly kind: 'open'; readonly endpoint: URL }
  | { readonly kind: 'refused'; readonly status: number };

const MAX_ENDPOINT_BYTES = 4096;

export class SseStream implements ResponseReceiver {
  /** Rejects with a Fault where an event stream comes to nothing. */
  readonly begun: Promise<Beginning>;
  /** What carries it. */
  sent: Sent | undefined;
  readonly #options: SseStreamOptions;
  readonly #resolve: (beginning: Beginning) => void;
  readonly #reject: (fault: Fault) => void;
  readonly #events: SseReader;
  #state: 'opening' | 'begun' | 'open' | 'over' = 'opening';

  constructor(options: SseStreamOptions) {
    this.#options = options;
    const { promise, resolve, reject } = Promise.withResolvers<Beginning>();
    this.begun = promise;
    promise.catch(() => undefined); // it may be closed before anybody waits
    this.#resolve = resolve;
    this.#reject = reject;
    const { resultBytes: maxEventBytes, buffered: budget } = options;
    this.#events = new SseReader({
      maxEventBytes,
      budget,
      onEvent: (event) => this.#heard(event),
      onError: (problem) =>
        this.#end(
          problem === 'too-large'
            ? 'sent an event that was too large (bounds.resultBytes)'
            : 'sent an event for which there was no room (bounds.bufferedBytes)',
        ),
    });
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  onHead(head: ResponseHead): void {
    const { status } = head;
    if (status === 200 && mediaType(head.header('content-type')) === 'text/event-stream') {
      this.#state = 'begun';
      return;
    }
    this.#state = 'over';
    this.#resolve({ kind: 'refused', status });
    this.sent?.abort();
  }

  onData(chunk: Uint8Array): void {
    if (this.#state !== 'over') this.#events.push(chunk);
  }

  onEnd(): void {
    this.#end('ended its event stream');
  }

  onError(fault: Fault): void {
    if (this.#state === 'opening') {
      this.#state = 'over';
      this.#reject(fault);
    } else this.#end('broke off its event stream', fault.detail);
  }

  /** Nobody listens any longer. @param reason of one that did not begin in time. */
  close(reason = new Fault('unavailable', 'The connection is no longer wanted.')): void {
    if (this.#isOver()) this.#reject(reason);
  }

  #heard({ event = 'message', data }: SseEvent): void {
    if (this.#state === 'begun' && event === 'endpoint') this.#named(data);
    else if (event === 'message' && this.#state === 'open') this.#options.heard(data);
    else if (event === 'message' && this.#state === 'begun')
      this.close(new Fault('unavailable', 'It opened an event stream, but did not say where requests are sent.'));
    // Kinds of events that nobody knows mean nothing, nor does an address that is named again.
  }

  #named(data: Buffer): void {
    const { url } = this.#options;
    const endpoint = data.length <= MAX_ENDPOINT_BYTES ? URL.parse(data.toString(), url) : null;
    // What this gateway has for the server, its credentials before all, must go to no other.
    if (endpoint?.origin !== url.origin || endpoint.username !== '' || endpoint.password !== '') {
      this.close(new Fault('unavailable', 'It named an address that is not its own to send requests to.'));
      return;
    }
    this.#state = 'open';
    this.#resolve({ kind: 'open', endpoint });
  }

  #end(reason: string, detail = reason): void {
    const wasOpen = this.#state === 'open';
    if (!this.#isOver()) return;
    if (wasOpen) this.#options.ended(reason, detail);
    else this.#reject(new Fault('unavailable', `It ${reason} before it said where requests are sent.`, { detail }));
  }

  /** Ends it, once; its socket is freed. */
  #isOver(): boolean {
    if (this.#state === 'over') return false;
    this.#state = 'over';
    this.#events.end();
    this.sent?.abort();
    return true;
  }
}
