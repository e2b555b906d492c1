/**
 * JSON-RPC over streamable HTTP (MCP, "Streamable HTTP"): one POST a request, answered by one JSON object or by an event stream that carries
 * what happens on the way and ends with the answer. Also the GET stream of the session revisions. Relays no header of anybody else.
 */
import type { Part } from '../../kernel/parts.ts';
import type { Abort } from '../../kernel/abort.ts';
import { BoundedMap } from '../../kernel/bounded.ts';
import { toFault, type Fault } from '../../kernel/fault.ts';
import type { Time } from '../../kernel/time.ts';
import type { Message } from '../../protocol/jsonrpc.ts';
import type { ClientRequest, ResponseReceiver, Sent } from '../../wire/http1/client.ts';
import type { Pool } from '../../wire/http1/pool.ts';
import { Answer, type AnswerBounds } from './answer.ts';
import { notTaken, requestParts, type Ask, type Link, type Reply } from './link.ts';
import type { Place, Resuming } from './resumption.ts';

export interface HttpLinkOptions extends AnswerBounds {
  readonly pool: Pool;
  /** For streams that stay open: they must not take the slots of calls. */
  readonly streams: Pool;
  readonly path: string;
  /** Ready header lines that every request carries: Host and what the configuration adds. */
  readonly headers: string;
  readonly time: Time;
}

export interface EventStream {
  readonly headers: string;
  readonly abort: Abort;
  readonly opened: () => void;
  readonly left: (place: Place) => void;
  readonly heard: (message: Message) => void;
}

/** Distinct header texts that are remembered, and how long one may be. Characters. */
const MAX_HEADS = 1024;
const MAX_HEAD_LENGTH = 1024;

/** Compression would cost more than it saves on the way to the next machine; it is undone where it comes all the same. */
const PLAIN = 'accept-encoding: identity\r\n';
const POST_HEADERS = `content-type: application/json\r\naccept: application/json, text/event-stream\r\n${PLAIN}`;

export class HttpLink implements Link, Resuming {
  readonly #options: HttpLinkOptions;
  readonly #heads = new BoundedMap<string, string>(MAX_HEADS);
  #lastId = 0;
  #untold = 0;
  /** Headers of sessions that end when the server has taken what was said in them. As many as there are sessions. */
  #ending: string[] = [];

  constructor(options: HttpLinkOptions) {
    this.#options = options;
  }

  request(ask: Ask, pool: Pool = this.#options.pool): Promise<Reply> {
    this.#lastId += 1;
    const id = this.#lastId;
    if (ask.abort.reason) return Promise.reject(ask.abort.reason);
    const request = this.#post(requestParts(id, ask.method, ask.params(id)), ask.headers);
    const answer = new Answer(this.#options, ask, id);
    if (ask.resumes === true) answer.resuming = this;
    return this.#answer(request, answer, pool);
  }

  /** The same on a socket that may stay open for long. */
  listen(ask: Ask): Promise<Reply> {
    return this.request(ask, this.#options.streams);
  }

  /** Messages that nobody waits to see answered, and which the server may not have taken yet. */
  get untold(): number {
    return this.#untold;
  }

  notify(message: string, headers: string, failed?: (fault: Fault) => void): void {
    this.#forget(this.#post([message], headers), failed);
  }

  /** Opens a GET stream; settles with its status, or when the stream has ended. */
  events(stream: EventStream): Promise<Reply> {
    if (stream.abort.reason) return Promise.reject(stream.abort.reason);
    const answer = new Answer(this.#options, stream, undefined);
    return this.#answer(this.#get(stream.headers), answer, this.#options.streams);
  }

  // What an answer of which a part is missing asks of it.

  get time(): Time {
    return this.#options.time;
  }

  get canResume(): boolean {
    return !this.#options.pool.isClosed;
  }

  resume(answer: ResponseReceiver, headers: string): Sent {
    return this.#options.pool.send(this.#get(headers), answer);
  }

  /** Ends a session at the upstream; nobody waits for the answer. On another socket it could arrive before what was said last. */
  end(headers: string): void {
    this.#ending.push(headers);
    if (this.#untold === 0) this.#endAll();
  }

  #endAll(): void {
    const { path, headers: own } = this.#options;
    const ending = this.#ending;
    this.#ending = [];
    for (const headers of ending) this.#forget({ method: 'DELETE', path, headers: own + headers, body: [] });
  }

  /** Sends what nobody waits to see answered; the pool's deadlines end it. */
  #forget(request: ClientRequest, failed?: (fault: Fault) => void): void {
    this.#untold += 1;
    const answer = new Answer(this.#options, NOBODY, undefined);
    this.#answer(request, answer, this.#options.pool)
      .then(({ status }) => (status < 300 ? undefined : failed?.(notTaken(status))))
      .catch((error: unknown) => {
        const fault = toFault(error);
        // What is wrong with the answer to what it took is all the same, and so is that it gives none.
        const isTaken = answer.status !== 0 || (fault.kind === 'timed-out' && fault.delivered === 'unknown');
        if (!isTaken || answer.status >= 300) failed?.(fault);
      })
      .finally(() => {
        this.#untold -= 1;
        if (this.#untold === 0) this.#endAll();
      });
  }

  #get(headers: string): ClientRequest {
    const { path, headers: own } = this.#options;
    return { method: 'GET', path, headers: `${own}accept: text/event-stream\r\n${PLAIN}${headers}`, body: [] };
  }

  #post(body: readonly Part[], headers: string): ClientRequest {
    return { method: 'POST', path: this.#options.path, headers: this.#lines(headers), body };
  }

  /** All header lines of a POST. Most are the same again: one flat text, instead of one put together for each. */
  #lines(headers: string): string {
    const known = this.#heads.peek(headers);
    if (known !== undefined) return known;
    const joined = this.#options.headers + POST_HEADERS + headers;
    const flat = Buffer.from(joined, 'latin1').toString('latin1');
    if (headers.length <= MAX_HEAD_LENGTH) this.#heads.set(headers, flat);
    return flat;
  }

  #answer(request: ClientRequest, answer: Answer, pool: Pool): Promise<Reply> {
    answer.sent = pool.send(request, answer);
    return answer.promise;
  }
}

const NOBODY = { heard: () => undefined };
