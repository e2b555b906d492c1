/**
 * JSON-RPC over streamable HTTP (MCP, "Streamable HTTP"): one POST a request, answered by one JSON object or by an event stream that carries
 * what happens on the way and ends with the answer. Also the GET stream of the session revisions. Relays no header of anybody else.
 */
import type { Part } from '../../kernel/parts.ts';
import type { Abort } from '../../kernel/abort.ts';
import type { Budget } from '../../kernel/bounded.ts';
import type { Message } from '../../protocol/jsonrpc.ts';
import type { ClientRequest } from '../../wire/http1/client.ts';
import type { Pool } from '../../wire/http1/pool.ts';
import { Answer } from './answer.ts';
import { requestParts, type Ask, type Link, type Reply } from './link.ts';

export interface HttpLinkOptions {
  readonly pool: Pool;
  /** For streams that stay open: they must not take the slots of calls. */
  readonly streams: Pool;
  readonly path: string;
  /** Ready header lines that every request carries: Host and what the configuration adds. */
  readonly headers: string;
  readonly resultBytes: number;
  readonly jsonDepth: number;
  readonly buffered: Budget;
}

export interface EventStream {
  readonly headers: string;
  readonly abort: Abort;
  readonly opened: () => void;
  readonly heard: (message: Message) => void;
}

const POST_HEADERS = 'content-type: application/json\r\naccept: application/json, text/event-stream\r\n';

export class HttpLink implements Link {
  readonly #options: HttpLinkOptions;
  #lastId = 0;

  constructor(options: HttpLinkOptions) {
    this.#options = options;
  }

  request(ask: Ask, pool: Pool = this.#options.pool): Promise<Reply> {
    this.#lastId += 1;
    const id = this.#lastId;
    const request = this.#post(requestParts(id, ask.method, ask.params(id)), ask.headers);
    return this.#answer(request, { id, abort: ask.abort, heard: ask.heard, opened: undefined }, pool);
  }

  /** The same on a socket that may stay open for long. */
  listen(ask: Ask): Promise<Reply> {
    return this.request(ask, this.#options.streams);
  }

  notify(message: string, headers: string): void {
    this.#forget(this.#post([message], headers));
  }

  /** Opens a GET stream; settles with its status, or when the stream has ended. */
  events(stream: EventStream): Promise<Reply> {
    const request = {
      method: 'GET',
      path: this.#options.path,
      headers: `${this.#options.headers}accept: text/event-stream\r\n${stream.headers}`,
      body: [],
    };
    return this.#answer(
      request,
      { id: undefined, abort: stream.abort, heard: stream.heard, opened: stream.opened },
      this.#options.streams,
    );
  }

  /** Ends a session at the upstream; nobody waits for the answer. */
  end(headers: string): void {
    const { path, headers: own } = this.#options;
    this.#forget({ method: 'DELETE', path, headers: own + headers, body: [] });
  }

  /** Sends what nobody waits to see answered; the pool's deadlines end it. */
  #forget(request: ClientRequest): void {
    const { pool, resultBytes, jsonDepth, buffered } = this.#options;
    const nobody = { id: undefined, heard: () => undefined, opened: undefined, abort: undefined };
    const answer = new Answer({ ...nobody, resultBytes, jsonDepth, buffered });
    answer.promise.catch(() => undefined);
    pool.send(request, answer);
  }

  #post(body: readonly Part[], headers: string): ClientRequest {
    return { method: 'POST', path: this.#options.path, headers: this.#options.headers + POST_HEADERS + headers, body };
  }

  #answer(request: ClientRequest, to: Receiving, pool: Pool): Promise<Reply> {
    if (to.abort.reason) return Promise.reject(to.abort.reason);
    const { resultBytes, jsonDepth, buffered } = this.#options;
    const { id, abort, heard, opened } = to;
    const answer = new Answer({ id, heard, opened, resultBytes, jsonDepth, buffered, abort });
    answer.sent = pool.send(request, answer);
    return answer.promise;
  }
}

interface Receiving {
  readonly id: number | undefined;
  readonly abort: Abort;
  readonly heard: (message: Message, id: number) => void;
  readonly opened: (() => void) | undefined;
}
