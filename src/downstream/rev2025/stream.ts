/**
 * One event stream of a session (2025-11-25, "Resumability and Redelivery"): what a GET opened, or a POST whose answer could not be plain JSON. It
 * outlives its connection: what it tells meanwhile is kept for whoever comes back with one of its event ids. States: connected <-> cut, and
 * over once its answer has been told; over, it can still be asked for again.
 */
import { bytesOf, copyParts, joinParts, sizeOf, type Part } from '../../kernel/parts.ts';
import { differences } from '../../protocol/rev2025/differences.ts';
import type { ResponseStream } from '../../wire/http1/serving.ts';
import { sseComment, sseEvent, sseRetry } from '../../wire/sse.ts';
import type { KeepAlive } from '../http/keep-alive.ts';
import { STREAM_HEADERS } from '../http/responder.ts';
import type { Visit } from '../http/visit.ts';
import { cursorText } from './cursor.ts';
import { answerLost, type Question } from './gap.ts';
import type { HttpSession } from './http-session.ts';
import type { Source } from './replay.ts';
import type { Unasked } from './session.ts';

/** How long a client that was cut off waits before it comes back. */
const RETRY_MS = 1000;
/** When the gateway closes all streams, their clients come back spread over this time. */
const SPREAD_MS = 4000;

/** A question as an event. */
interface Told {
  readonly event: number;
  readonly message: readonly Part[];
}

const NOTHING_ASKED: readonly Told[] = [];

export class EventStream implements Source, Unasked {
  readonly number: number;
  /** What it answers; nothing for the stream of a GET. */
  readonly question: Question | undefined;
  readonly #session: HttpSession;
  readonly #keepAlive: KeepAlive;
  #connection: ResponseStream | undefined;
  #last = 0;
  #lostTo = 0;
  /** Those that wait, and perhaps some that were answered since the last was asked. */
  #asked: readonly Told[] = NOTHING_ASKED;
  /** `answered`: its last event is its answer, as it came; `lost`: an error stands in for it. */
  #state: 'open' | 'answered' | 'lost' | 'ended' = 'open';

  constructor(session: HttpSession, keepAlive: KeepAlive, of: Pick<EventStream, 'number' | 'question'>) {
    this.number = of.number;
    this.question = of.question;
    this.#session = session;
    this.#keepAlive = keepAlive;
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  get isOver(): boolean {
    return this.#state !== 'open';
  }

  /** The last event that it told. */
  get last(): number {
    return this.#last;
  }

  /** Its events up to this one are not kept any more. */
  get lostTo(): number {
    return this.#lostTo;
  }

  /** Its first connection. */
  open(visit: Visit): void {
    this.#write(this.#connect(visit), this.#primes() ? [sseRetry(RETRY_MS, this.#id(0))] : []);
  }

  /** Another connection instead of the one before, if that is still there: what came after an event, then whatever comes. */
  resume(visit: Visit, event: number, gap: readonly (readonly Part[])[]): void {
    this.#close();
    const connection = this.#connect(visit);
    // Some clients know a stream only by the last id that they saw on this very connection.
    const first = this.#primes() ? [sseRetry(RETRY_MS, this.#id(event))] : [];
    if (event < this.#lostTo) first.push(sseComment(`${this.#lostTo - event} events are not kept any more`));
    // What is said of a gap stands for the events that are lost, so it ends with the id of the last one.
    const said = gap.flatMap((message, i) =>
      sseEvent([joinParts(message)], i + 1 === gap.length ? this.#id(this.#lostTo) : undefined),
    );
    this.#write(connection, [...first, ...said, ...this.#session.keptOf(this, event)]);
    if (this.isOver) this.#close();
  }

  tell(message: readonly Part[]): void {
    if (!this.isOver) this.#tell(message);
  }

  /** Something that its client must answer. Remembered until then, so that it is told again where it is not kept. `false`: too late. */
  ask(message: readonly Part[]): boolean {
    if (this.isOver) return false;
    this.#tell(message);
    this.#asked = [...this.#asked.filter((asked) => this.#isWanted(asked)), { event: this.#last, message }];
    return true;
  }

  /** Questions that a client which has heard that event has missed, and that are not kept. */
  missed(event: number): (readonly Part[])[] {
    return this.#asked
      .filter((asked) => asked.event > event && asked.event <= this.#lostTo && this.#isWanted(asked))
      .map(({ message }) => message);
  }

  /** The last message; `undefined` for a request that was cancelled. */
  finish(message: readonly Part[] | undefined): void {
    if (this.isOver) return;
    this.#state = message ? 'answered' : 'ended';
    this.#asked = NOTHING_ASKED;
    if (message) this.#tell(message);
    else if (this.#lostTo === this.#last) this.#session.forget(this);
    this.#close();
  }

  /** An answer that is not kept is replaced by an error that says so; once that is gone too, nobody can ask for it any more. */
  lost(event: number): Buffer | undefined {
    if (this.#state === 'answered' && event === this.#last && this.question) {
      this.#state = 'lost';
      this.#lostTo = event - 1;
      return this.#event(event, answerLost(this.question));
    }
    this.#lostTo = Math.max(this.#lostTo, event);
    if (this.isOver && event === this.#last) this.#session.forget(this);
    return undefined;
  }

  /** Closes the connection, not the stream: its client may come back. */
  hangUp(): void {
    const connection = this.#connection;
    if (!connection) return;
    if (this.#primes() && !this.isOver) connection.write(sseRetry(RETRY_MS + this.#session.spread(SPREAD_MS)));
    this.#close();
  }

  #tell(message: readonly Part[]): void {
    this.#last += 1;
    const event = this.#event(this.#last, message);
    this.#session.keep(this, this.#last, event);
    if (this.#connection) this.#write(this.#connection, [event]);
  }

  /** In memory of its own: a small piece of a shared block would keep all of that. */
  #event(event: number, message: readonly Part[]): Buffer {
    const parts = sseEvent(message.map(bytesOf), this.#id(event));
    const bytes = Buffer.allocUnsafeSlow(sizeOf(parts));
    copyParts(parts, bytes, 0);
    return bytes;
  }

  #connect(visit: Visit): ResponseStream {
    const connection = visit.exchange.stream(200, STREAM_HEADERS + visit.cors);
    // A connection that may stay open for days keeps nothing of how it began.
    visit.exchange.context = undefined;
    this.#connection = connection;
    this.#keepAlive.add(connection);
    this.#session.connected();
    visit.exchange.onGone(() => this.#left(connection));
    return connection;
  }

  /** A client that does not read is let go of: the wire has closed the connection by then. It may come back. */
  #write(connection: ResponseStream, parts: readonly Uint8Array[]): void {
    if (!connection.write(...parts)) this.#left(connection);
  }

  #close(): void {
    const connection = this.#connection;
    if (!connection) return;
    this.#left(connection);
    connection.end();
  }

  #left(connection: ResponseStream): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#keepAlive.remove(connection);
    this.#session.disconnected();
  }

  #isWanted({ message }: Told): boolean {
    return this.#session.questions.isOpen(message);
  }

  #primes(): boolean {
    return differences(this.#session.revision).primes;
  }

  #id(event: number): string {
    return cursorText(this.#session.tag, { stream: this.number, event });
  }
}
