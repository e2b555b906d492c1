/** A session over HTTP (2025-11-25, "Transports", session management): it owns the streams that were opened in it, and what is kept of them. */
import { randomBytes } from 'node:crypto';
import { Place, type Roll } from '../../kernel/roll.ts';
import type { KeepAlive } from '../http/keep-alive.ts';
import { TAG_LENGTH, type Cursor } from './cursor.ts';
import type { Question } from './gap.ts';
import type { Ring } from './replay.ts';
import type { Reply } from './reply.ts';
import { Session, type InFlight, type SessionOf } from './session.ts';
import { EventStream } from './stream.ts';

/** Where sessions live. */
export interface Home {
  readonly keepAlive: KeepAlive;
  /** Answers that may take long. */
  readonly waiting: Roll<Reply>;
  ring(): Ring;
  /** It is in use. */
  busy(session: HttpSession): void;
  /** Nobody is using it now. */
  resting(session: HttpSession): void;
}

export class HttpSession extends Session {
  /** Begins the ids of all its events. */
  readonly tag = randomBytes((TAG_LENGTH * 3) / 4).toString('base64url');
  usedMs = 0;
  /** Where it stands while nobody is using it: among all, and among those of its address. */
  readonly amongIdle = new Place<HttpSession>(this);
  readonly amongOwn = new Place<HttpSession>(this);
  readonly #home: Home;
  /** What the last GET without an event id opened; also while it has no connection. */
  #listening: EventStream | undefined;
  /** Streams of POSTs by their number: those in flight, and those of which something is kept. */
  #answers: Map<number, EventStream> | undefined;
  #ring: Ring | undefined;
  #streams = 0;
  #connections = 0;

  constructor(home: Home, of: SessionOf) {
    super(of);
    this.#home = home;
  }

  override get isIdle(): boolean {
    return this.#connections === 0 && super.isIdle;
  }

  /** The address that it is counted for. */
  get remote(): string {
    return this.caller.share;
  }

  get waiting(): Roll<Reply> {
    return this.#home.waiting;
  }

  get listeningStream(): EventStream | undefined {
    return this.#listening;
  }

  override begun(request: InFlight): Place<InFlight> {
    if (this.isIdle) this.#home.busy(this);
    return super.begun(request);
  }

  override done(place: Place<InFlight>): void {
    super.done(place);
    if (this.isIdle) this.#home.resting(this);
  }

  /** The stream of a GET, in place of the one before. */
  listen(): EventStream {
    this.#listening = this.#open(undefined);
    this.stream = this.#listening;
    return this.#listening;
  }

  /** The stream of a POST. */
  answers(question: Question): EventStream {
    const stream = this.#open(question);
    this.#answers ??= new Map();
    this.#answers.set(stream.number, stream);
    return stream;
  }

  /** Nothing of a stream of `answers` is kept any more. */
  forget(stream: EventStream): void {
    this.#answers?.delete(stream.number);
  }

  /** The stream that has told the event of that cursor. */
  streamAt(cursor: Cursor): EventStream | undefined {
    const stream = this.#listening?.number === cursor.stream ? this.#listening : this.#answers?.get(cursor.stream);
    return stream && cursor.event <= stream.last ? stream : undefined;
  }

  keep(stream: EventStream, event: number, bytes: Buffer): void {
    if (this.ended.reason) return;
    this.#ring ??= this.#home.ring();
    this.#ring.keep(stream, event, bytes);
  }

  /** What is kept of a stream after an event. */
  keptOf(stream: EventStream, event: number): Buffer[] {
    return this.#ring?.after(stream, event) ?? [];
  }

  connected(): void {
    this.#connections += 1;
    this.#home.busy(this);
  }

  disconnected(): void {
    this.#connections -= 1;
    if (this.isIdle) this.#home.resting(this);
  }

  /** A share of `ms` that differs from session to session. */
  spread(ms: number): number {
    return Math.floor((ms * this.tag.charCodeAt(0)) / 128);
  }

  /** Streams of POSTs end by themselves, with the answers that the end brings about. */
  override end(): void {
    super.end();
    this.#ring?.close();
    this.#ring = undefined;
  }

  #open(question: Question | undefined): EventStream {
    this.#streams += 1;
    return new EventStream(this, this.#home.keepAlive, { number: this.#streams, question });
  }
}
