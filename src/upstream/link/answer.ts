/** Collects what a server answers to one HTTP request, JSON or event stream, and finds the JSON-RPC response in it. Bounded while reading. */
import type { Abort } from '../../kernel/abort.ts';
import { Fault } from '../../kernel/fault.ts';
import { elements } from '../../kernel/scan.ts';
import type { Skim } from '../../kernel/skim/skim.ts';
import { readReply, type Message } from '../../protocol/jsonrpc.ts';
import type { ResponseHead, ResponseReceiver, Sent } from '../../wire/http1/client.ts';
import { giveBack } from '../../wire/bytes.ts';
import { SseReader } from '../../wire/sse.ts';
import { Blocks, BLOCK_BYTES, type BlockSource } from './blocks.ts';
import { idText, type Reply } from './link.ts';
import { mediaType } from './media-type.ts';
import { Resumption, type Place, type Resuming } from './resumption.ts';

/** What all answers of a link share. */
export interface AnswerBounds extends BlockSource {
  readonly resultBytes: number;
  readonly jsonDepth: number;
  readonly skim: Skim;
}

/** Whoever waits for the answer. */
export interface Listener {
  /** @param id the request's, 0 where there is none. */
  heard(message: Message, id: number): void;
  /** An event stream has begun. */
  readonly opened?: () => void;
  /** It is over, and was left here. */
  readonly left?: (place: Place) => void;
  /** Ends the wait early. */
  readonly abort?: Abort;
  /** Those of its request. */
  readonly headers?: string;
  excuses?(): boolean;
}

/** What is read of an answer that will not be used. */
const MAX_IGNORED = 65_536;
const MAX_BATCH = 1000;

export class Answer implements ResponseReceiver, Reply {
  readonly promise: Promise<Reply>;
  /** What carries the request; its socket is freed when the answer is not read to its end. */
  sent: Sent | undefined;
  /** Where the server may be asked to go on with what was cut. */
  resuming: Resuming | undefined;
  status = 0;
  message: Message | undefined;
  readonly #bounds: AnswerBounds;
  readonly #listener: Listener;
  readonly #id: number | undefined;
  readonly #resolve: (reply: Reply) => void;
  readonly #reject: (fault: Fault) => void;
  #state: 'head' | 'json' | 'events' | 'cut' | 'ignored' | 'ending' | 'done' = 'head';
  #session: string | undefined;
  #retryAfter: string | undefined;
  #body: Buffer = NOTHING;
  /** Instead of the body, once it is long. */
  #blocks: Blocks | undefined;
  #length = 0;
  #held = 0;
  #events: SseReader | undefined;
  /** From the first cut on. */
  #resumption: Resumption | undefined;

  /** @param id the request's; `undefined` where no response is expected. */
  constructor(bounds: AnswerBounds, listener: Listener, id: number | undefined) {
    this.#bounds = bounds;
    this.#listener = listener;
    this.#id = id;
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    this.promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    listener.abort?.listen(this.#aborted);
  }

  excuses(): boolean {
    return this.#listener.excuses?.() === true;
  }

  header(name: 'mcp-session-id' | 'retry-after'): string | undefined {
    return name === 'retry-after' ? this.#retryAfter : this.#session;
  }

  readonly #aborted = (reason: Fault): void => {
    const { kind, message, detail = '' } = reason;
    this.#fail(new Fault(kind, message, { detail, delivered: 'unknown' }), true);
  };

  onHead(head: ResponseHead): void {
    const type = mediaType(head.header('content-type'));
    const isStream = type === 'text/event-stream' && head.status === 200;
    if (this.#resumption) {
      if (isStream) this.#listen();
      else this.#fail(this.#resumption.cutBy, true);
      return;
    }
    this.status = head.status;
    // A head's memory is another message's soon.
    this.#session = head.header('mcp-session-id');
    this.#retryAfter = head.header('retry-after');
    if (isStream) {
      this.#listen();
      this.#listener.opened?.();
    } else if (type === 'application/json') {
      this.#state = 'json';
      const length = Number(head.header('content-length') ?? '0');
      if (length > this.#bounds.resultBytes) this.#tooLarge();
      else this.#reserve(length);
    } else this.#state = 'ignored';
  }

  onData(chunk: Uint8Array): void {
    if (this.#state === 'events') this.#events?.push(chunk);
    else if (this.#state === 'json') this.#append(chunk);
    else if (this.#state === 'ignored') {
      this.#length += chunk.length;
      if (this.#length > MAX_IGNORED) this.#settle(undefined, true);
    } else if (this.#state === 'ending') {
      this.#length += chunk.length;
      if (this.#length > MAX_IGNORED) this.sent?.abort();
    }
  }

  onEnd(): void {
    if (this.#state === 'json') this.#read(this.#takeBody());
    else if (this.#state === 'events' && this.#id !== undefined) {
      this.#cut(new Fault('interrupted', 'The server ended its stream before it answered.', { delivered: 'unknown' }));
    } else if (this.#state === 'events' || this.#state === 'ignored') {
      if (this.#id !== undefined && this.status < 300) this.sent?.distrust();
      this.#settle(undefined, false);
    }
  }

  onError(fault: Fault): void {
    if (this.#state === 'cut' || (this.#state === 'events' && fault.kind === 'interrupted')) this.#cut(fault);
    else this.#fail(fault, false);
  }

  /** A server may close a stream in order to be asked again later: the answer goes on where it says so. */
  #cut(fault: Fault): void {
    const { resuming } = this;
    if (resuming && !this.#resumption) {
      const { headers = '' } = this.#listener;
      this.#resumption = new Resumption(this, { resuming, headers, cutBy: fault });
    }
    this.#events?.end();
    if (this.#resumption?.begin(this.#state === 'events' ? this.#events : undefined) === true) this.#state = 'cut';
    else this.#fail(this.#resumption?.cutBy ?? fault, false);
  }

  /** @param early whether there is more to come that nobody will read. */
  #settle(message: Message | undefined, early: boolean): void {
    if (!this.#done(early)) return;
    this.message = message;
    this.#resolve(this);
  }

  /** A stream ends with its answer, but for what frames it: a socket that is left to it can carry another request. */
  #answered(message: Message, isJson: boolean): void {
    this.#settle(message, false);
    if (isJson) return;
    this.#state = 'ending';
    this.#length = 0;
    this.sent?.hurry();
  }

  #fail(fault: Fault, early: boolean): void {
    if (this.#done(early)) this.#reject(fault);
  }

  #done(early: boolean): boolean {
    if (this.#state === 'done' || this.#state === 'ending') return false;
    this.#state = 'done';
    if (this.#events) this.#listener.left?.(this.#events);
    this.#events?.end();
    this.#resumption?.stop();
    this.#bounds.buffered.give(this.#held);
    this.#held = 0;
    this.#blocks?.release();
    giveBack(this.#body);
    this.#body = NOTHING;
    if (early) this.sent?.abort();
    this.#listener.abort?.ignore(this.#aborted);
    return true;
  }

  #broken(detail: string, early: boolean): void {
    const fault = new Fault('broken', 'The server gave an answer that is not valid.', { detail, delivered: 'yes' });
    // Whoever answers twice has every later answer come to the request behind its own: a status alone would be believed.
    if (!early) this.sent?.distrust();
    this.#fail(fault, early);
  }

  #reserve(length: number): void {
    if (Number.isSafeInteger(length) && length > 0 && length <= this.#bounds.resultBytes && this.#take(length)) {
      this.#body = Buffer.allocUnsafe(length);
    }
  }

  #tooLarge(): void {
    const message = 'The result is larger than this gateway relays (bounds.resultBytes).';
    this.#fail(new Fault('broken', message, { delivered: 'yes' }), true);
  }

  #take(bytes: number): boolean {
    if (!this.#bounds.buffered.take(bytes)) {
      this.#full();
      return false;
    }
    this.#held += bytes;
    return true;
  }

  #full(): void {
    const how = { delivered: 'yes', retryAfterMs: 1000 } as const;
    this.#fail(new Fault('overloaded', 'The gateway holds too many results at once.', how), true);
  }

  #append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#bounds.resultBytes) {
      this.#tooLarge();
      return;
    }
    if (length > this.#body.length && this.#blocks === undefined && !this.#grow(length)) return;
    if (this.#blocks === undefined) this.#body.set(chunk, this.#length);
    else if (!this.#blocks.append(chunk)) this.#full();
    this.#length = length;
  }

  /** Of a body whose length was not said. */
  #grow(length: number): boolean {
    if (length > BLOCK_BYTES) {
      this.#blocks = new Blocks(this.#body, this.#length, this.#bounds);
      this.#body = NOTHING;
      return true;
    }
    const grown = Math.min(Math.max(length, this.#body.length * 2, 4096), BLOCK_BYTES, this.#bounds.resultBytes);
    if (!this.#take(grown - this.#body.length)) return false;
    const body = Buffer.allocUnsafe(grown);
    this.#body.copy(body, 0, 0, this.#length);
    giveBack(this.#body);
    this.#body = body;
    return true;
  }

  /** What is read is the reader's: its memory is not ours to free any more. */
  #takeBody(): Buffer {
    const body = this.#blocks?.join() ?? this.#body;
    this.#body = NOTHING;
    return this.#length === body.length ? body : body.subarray(0, this.#length);
  }

  #listen(): void {
    this.#state = 'events';
    this.#events = new SseReader({
      maxEventBytes: this.#bounds.resultBytes,
      budget: this.#bounds.buffered,
      onEvent: ({ data }) => {
        this.#resumption?.moved();
        // An event without data only says that the stream lives, and where it is.
        if (data.length > 0 && this.#state === 'events') this.#read(data);
      },
      onError: (problem) => (problem === 'no-room' ? this.#full() : this.#broken('event too large', true)),
    });
  }

  /** One JSON text: a message, or in an older revision several. */
  #read(text: Buffer): void {
    const message = readReply(text, this.#bounds.jsonDepth, this.#bounds.skim.scan);
    if (message.form !== 'batch' || message.problem !== undefined) this.#message(message);
    else
      for (const element of elements(text, MAX_BATCH) ?? [])
        this.#message(readReply(element, this.#bounds.jsonDepth, this.#bounds.skim.scan));
    // A stream may go on; a body has said all that it will.
    if (this.#state === 'json') this.#broken('no response in the body', false);
  }

  #message(message: Message): void {
    const id = this.#id;
    const isJson = this.#state === 'json';
    if (message.problem !== undefined || message.form === 'none') {
      // An error status may carry any JSON at all.
      if (isJson && this.status >= 400) this.#settle(undefined, false);
      else this.#broken(message.problem ?? 'no JSON-RPC', !isJson);
    } else if (message.form === 'response') {
      if ((id !== undefined && message.id === idText(id)) || (message.id === undefined && this.status >= 400))
        this.#answered(message, isJson);
      else if (isJson || id !== undefined) this.#broken('an answer to another id', !isJson);
    } else if (this.#state !== 'done') this.#listener.heard(message, id ?? 0);
  }
}

const NOTHING = Buffer.alloc(0);
