/**
 * JSON-RPC with a server over one event stream, and a POST for each message to it (MCP, "HTTP with SSE"). Answers come on the stream like all
 * else, so it is a pipe in all but name; the stream is the session. Relays no header of anybody else.
 */
import type { Part } from '../../kernel/parts.ts';
import type { Budget } from '../../kernel/bounded.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Pool } from '../../wire/http1/pool.ts';
import { Conversation, type ConversationOptions, type Way } from './conversation.ts';
import type { Ask, Link, Reply } from './link.ts';
import { SsePosting } from './sse-posting.ts';
import { SseStream } from './sse-stream.ts';
import type { Waiting } from './waiting.ts';

export interface SseLinkOptions extends ConversationOptions {
  readonly pool: Pool;
  /** For the stream, which stays open. */
  readonly streams: Pool;
  readonly url: URL;
  /** How an address of this server stands in a request line. */
  readonly target: (url: URL) => string;
  /** Ready header lines that every request carries: Host and what the configuration adds. */
  readonly headers: string;
  readonly resultBytes: number;
  readonly buffered: Budget;
  /** The stream is lost, and the session with it. */
  readonly ended: (reason: string) => void;
  /** The server answered as one that does not know the session. */
  readonly doubted: () => void;
}

const PLAIN = 'accept-encoding: identity\r\n';
const POST_HEADERS = `content-type: application/json\r\n${PLAIN}`;

export class SseLink implements Link, Way {
  readonly #options: SseLinkOptions;
  readonly #conversation: Conversation;
  readonly #stream: SseStream;
  /** Where requests go, while there is a stream on which they could be answered. */
  #target: string | undefined;
  #posting: SsePosting | undefined;

  constructor(options: SseLinkOptions) {
    this.#options = options;
    const { url, resultBytes, buffered } = options;
    const conversation = new Conversation(options, this);
    this.#conversation = conversation;
    const heard = (text: Buffer): void => conversation.hear(text);
    this.#stream = new SseStream({ url, resultBytes, buffered, heard, ended: (...how) => this.#ended(...how) });
  }

  get isOpen(): boolean {
    return this.#target !== undefined;
  }

  /** Requests without an answer yet. */
  get pending(): number {
    return this.#conversation.pending;
  }

  /** Opens the stream. Gives back the status where the answer is no event stream. @throws Fault where it comes to nothing. */
  async open(withinMs: number): Promise<number | undefined> {
    const { streams, headers, target, url, time } = this.#options;
    const lines = `${headers}accept: text/event-stream\r\n${PLAIN}`;
    this.#stream.sent = streams.send({ method: 'GET', path: target(url), headers: lines, body: [] }, this.#stream);
    const late = new Fault('unavailable', 'It did not say in time where requests are sent (connectTimeout).');
    const timer = time.after(withinMs, () => this.#stream.close(late));
    try {
      const beginning = await this.#stream.begun;
      if (beginning.kind === 'refused') return beginning.status;
      if (!this.#stream.isOpen) throw new Fault('unavailable', 'It ended its event stream at once.');
      this.#target = target(beginning.endpoint);
      return undefined;
    } finally {
      timer.cancel();
    }
  }

  /** The stream is given up. @param reason what the server did. */
  lose(reason: string): void {
    this.#stream.close();
    this.#ended(reason, reason);
  }

  close(): void {
    this.#target = undefined;
    this.#stream.close();
    this.#conversation.end('The connection to the server was lost.', 'closed by us');
  }

  request(ask: Ask): Promise<Reply> {
    return this.#conversation.request(ask);
  }

  // What the conversation asks of it.

  notify(message: string, headers: string, failed?: (fault: Fault) => void): void {
    if (this.#target !== undefined) this.#post(this.#target, [message], headers).failed = failed;
    this.#conversation.said(message);
  }

  write(request: readonly Part[], { headers }: Ask): Fault | undefined {
    if (this.#target === undefined)
      return new Fault('unavailable', 'The server is not connected.', { retryAfterMs: 1000 });
    this.#posting = this.#post(this.#target, request, headers);
    return undefined;
  }

  awaited(waiting: Waiting): void {
    this.#posting?.serve(waiting);
    this.#posting = undefined;
  }

  #post(path: string, body: readonly Part[], headers: string): SsePosting {
    const posting = new SsePosting(this.#options.doubted);
    const lines = this.#options.headers + POST_HEADERS + headers;
    posting.sent = this.#options.pool.send({ method: 'POST', path, headers: lines, body }, posting);
    return posting;
  }

  #ended(reason: string, detail: string): void {
    if (this.#target === undefined) return;
    this.#target = undefined;
    this.#conversation.end('The connection to the server was lost.', detail);
    this.#options.ended(reason);
  }
}
