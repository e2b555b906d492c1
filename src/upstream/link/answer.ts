/** Collects what a server answers to one HTTP request, JSON or event stream, and finds the JSON-RPC response in it. Bounded while reading. */
import type { Abort } from '../../kernel/abort.ts';
import type { Budget } from '../../kernel/bounded.ts';
import { Fault } from '../../kernel/fault.ts';
import { elements } from '../../kernel/scan.ts';
import { readReply, type Message } from '../../protocol/jsonrpc.ts';
import type { ResponseHead, ResponseReceiver, Sent } from '../../wire/http1/client.ts';
import { SseReader } from '../../wire/sse.ts';
import type { Reply } from './link.ts';

export interface AnswerOptions {
  /** The request's id; `undefined` where no response is expected. */
  readonly id: number | undefined;
  readonly resultBytes: number;
  readonly jsonDepth: number;
  readonly buffered: Budget;
  /** @param id the request's, 0 where there is none. */
  readonly heard: (message: Message, id: number) => void;
  /** An event stream has begun. */
  readonly opened: (() => void) | undefined;
  /** Ends the wait early. */
  readonly abort: Abort | undefined;
}

/** What is read of an answer that will not be used. */
const MAX_IGNORED = 65_536;
const MAX_BATCH = 1000;

export class Answer implements ResponseReceiver {
  readonly promise: Promise<Reply>;
  /** What carries the request; its socket is freed when the answer is not read to its end. */
  sent: Sent | undefined;
  readonly #options: AnswerOptions;
  readonly #settle: (reply: Reply) => void;
  readonly #fail: (fault: Fault) => void;
  #state: 'head' | 'json' | 'events' | 'ignored' | 'done' = 'head';
  #status = 0;
  #head: readonly (string | undefined)[] = [];
  #body: Buffer = Buffer.alloc(0);
  #length = 0;
  #held = 0;
  #events: SseReader | undefined;

  constructor(options: AnswerOptions) {
    this.#options = options;
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    this.promise = promise;
    this.#settle = resolve;
    this.#fail = reject;
    options.abort?.listen(this.#aborted);
  }

  readonly #aborted = (reason: Fault): void => {
    const { kind, message, detail = '' } = reason;
    this.#done(() => this.#fail(new Fault(kind, message, { detail, delivered: 'unknown' })), true);
  };

  onHead(head: ResponseHead): void {
    this.#status = head.status;
    // A head's memory is another message's soon; answers that succeed have little in it that is asked for later.
    this.#head = KEPT_HEADERS.map((name) => head.header(name));
    const type = mediaType(head.header('content-type'));
    if (type === 'text/event-stream' && head.status === 200) {
      this.#state = 'events';
      this.#events = this.#reader();
      this.#options.opened?.();
    } else if (type === 'application/json') {
      this.#state = 'json';
      this.#reserve(Number(head.header('content-length') ?? '0'));
    } else this.#state = 'ignored';
  }

  onData(chunk: Uint8Array): void {
    if (this.#state === 'events') this.#events?.push(chunk);
    else if (this.#state === 'json') this.#append(chunk);
    else if (this.#state === 'ignored') {
      this.#length += chunk.length;
      if (this.#length > MAX_IGNORED) this.#done(() => this.#settle(this.#reply(undefined)), true);
    }
  }

  onEnd(): void {
    if (this.#state === 'json') this.#read(this.#body.subarray(0, this.#length));
    else if (this.#state === 'events') {
      if (this.#options.id === undefined) this.#done(() => this.#settle(this.#reply(undefined)));
      else
        this.onError(
          new Fault('interrupted', 'The server ended its stream before it answered.', { delivered: 'unknown' }),
        );
    } else if (this.#state === 'ignored') this.#done(() => this.#settle(this.#reply(undefined)));
  }

  onError(fault: Fault): void {
    this.#done(() => this.#fail(fault));
  }

  #done(how: () => void, early = false): void {
    if (this.#state === 'done') return;
    this.#state = 'done';
    this.#options.buffered.give(this.#held);
    this.#held = 0;
    if (early) this.sent?.abort();
    this.#options.abort?.ignore(this.#aborted);
    how();
  }

  #reply(message: Message | undefined): Reply {
    return {
      status: this.#status,
      message,
      header: (name) => this.#head[KEPT_HEADERS.findIndex((kept) => kept === name)],
    };
  }

  #broken(detail: string, early: boolean): void {
    const fault = new Fault('broken', 'The server gave an answer that is not valid.', { detail, delivered: 'yes' });
    this.#done(() => this.#fail(fault), early);
  }

  #reserve(length: number): void {
    if (Number.isSafeInteger(length) && length > 0 && length <= this.#options.resultBytes && this.#take(length)) {
      this.#body = Buffer.allocUnsafe(length);
    }
  }

  #take(bytes: number): boolean {
    if (!this.#options.buffered.take(bytes)) {
      this.#done(
        () =>
          this.#fail(
            new Fault('overloaded', 'The gateway holds too many results at once.', {
              delivered: 'yes',
              retryAfterMs: 1000,
            }),
          ),
        true,
      );
      return false;
    }
    this.#held += bytes;
    return true;
  }

  #append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#options.resultBytes) {
      const fault = new Fault('broken', 'The result is larger than this gateway relays (bounds.resultBytes).', {
        delivered: 'yes',
      });
      this.#done(() => this.#fail(fault), true);
      return;
    }
    if (length > this.#body.length) {
      const grown = Math.min(Math.max(length, this.#body.length * 2, 4096), this.#options.resultBytes);
      if (!this.#take(grown - this.#body.length)) return;
      const body = Buffer.allocUnsafe(grown);
      this.#body.copy(body, 0, 0, this.#length);
      this.#body = body;
    }
    this.#body.set(chunk, this.#length);
    this.#length = length;
  }

  #reader(): SseReader {
    return new SseReader({
      maxEventBytes: this.#options.resultBytes,
      onEvent: ({ data }) => {
        // An event without data only says that the stream lives.
        if (data.length > 0 && this.#state === 'events') this.#read(data);
      },
      onError: () => this.#broken('event too large', true),
    });
  }

  /** One JSON text: a message, or in an older revision several. */
  #read(text: Buffer): void {
    const message = readReply(text, this.#options.jsonDepth);
    if (message.form !== 'batch' || message.problem !== undefined) this.#message(message);
    else
      for (const element of elements(text, MAX_BATCH) ?? []) this.#message(readReply(element, this.#options.jsonDepth));
    // A stream may go on; a body has said all that it will.
    if (this.#state === 'json') this.#broken('no response in the body', false);
  }

  #message(message: Message): void {
    const { id } = this.#options;
    const isJson = this.#state === 'json';
    if (message.problem !== undefined || message.form === 'none') {
      // An error status may carry any JSON at all.
      if (isJson && this.#status >= 400) this.#done(() => this.#settle(this.#reply(undefined)));
      else this.#broken(message.problem ?? 'no JSON-RPC', !isJson);
    } else if (message.form === 'response') {
      if (message.id === String(id) || (message.id === undefined && this.#status >= 400))
        this.#done(() => this.#settle(this.#reply(message)), !isJson);
      else if (isJson || id !== undefined) this.#broken('an answer to another id', !isJson);
    } else if (this.#state !== 'done') this.#options.heard(message, id ?? 0);
  }
}

const KEPT_HEADERS = ['mcp-session-id', 'retry-after'] as const;

function mediaType(value: string | undefined): string {
  if (value === undefined || value === 'application/json' || value === 'text/event-stream') return value ?? '';
  return value.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
