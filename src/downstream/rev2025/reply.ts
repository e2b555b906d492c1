/**
 * Answers one POST of a session: with JSON if nothing happens before the answer, else on an event stream that ends with it. A client that goes
 * away has not cancelled anything; once it has an event id it can come back for the answer (2025-11-25, "Sending Messages to the Server").
 */
import type { Part } from '../../kernel/parts.ts';
import type { Place } from '../../kernel/roll.ts';
import type { Message } from '../../protocol/jsonrpc.ts';
import { differences } from '../../protocol/rev2025/differences.ts';
import { STREAM_HEADERS } from '../http/responder.ts';
import type { Visit } from '../http/visit.ts';
import type { Asker } from './answer.ts';
import type { HttpSession } from './http-session.ts';
import type { EventStream } from './stream.ts';

export class Reply implements Asker {
  readonly visit: Visit;
  readonly session: HttpSession;
  readonly #requests: readonly Message[];
  readonly #isBatch: boolean;
  #stream: EventStream | undefined;
  #state: 'waiting' | 'streaming' | 'done' = 'waiting';
  /** Among those that may take long. */
  #place: Place<Reply> | undefined;
  #isOverdue = false;

  constructor(
    visit: Visit,
    session: HttpSession,
    of: { readonly requests: readonly Message[]; readonly isBatch: boolean },
  ) {
    this.visit = visit;
    this.session = session;
    this.#requests = of.requests;
    this.#isBatch = of.isBatch;
    // Before the first event a client cannot ask for the rest: nothing is kept for it.
    visit.exchange.onGone(() => this.#become('done'));
    // Where an event may come without data, a stream can begin before there is anything to say.
    if (differences(session.revision).primes) this.#place = session.waiting.add(this);
  }

  /** Called every few seconds while nothing has happened. What takes long becomes a stream, so that its client can come back for it. */
  remind(): void {
    if (this.#isOverdue) this.#open();
    this.#isOverdue = true;
  }

  /** Something that comes before the answer. */
  note(message: readonly Part[]): void {
    this.#open();
    this.#stream?.tell(message);
  }

  /** The client's stream keeps it until it is read, also while there is no connection. */
  ask(message: readonly Part[]): boolean {
    this.#open();
    return this.#stream?.ask(message) === true;
  }

  /** One JSON-RPC message, or an array of them; `undefined` where nobody expects an answer any more. */
  answer(status: number, message: readonly Part[] | undefined): void {
    if (this.#state === 'waiting') {
      if (message) this.visit.json(status, message);
      else this.visit.exchange.stream(200, STREAM_HEADERS + this.visit.cors).end();
    } else this.#stream?.finish(message);
    this.#become('done');
  }

  #open(): void {
    if (this.#state !== 'waiting') return;
    this.#become('streaming');
    // The messages themselves are large, and not needed any more.
    const requests = this.#requests.map(({ id, method }) => ({ id, method }));
    this.#stream = this.session.answers({ requests, isBatch: this.#isBatch });
    this.#stream.open(this.visit);
  }

  #become(state: 'streaming' | 'done'): void {
    this.#state = state;
    this.#place?.leave();
  }
}
