/**
 * Whose a question is that a peer asks where nothing says so: that of the only request which can have caused it, else nobody's, and then it is
 * refused (2025-11-25 gives no way to tell on a pipe). Learns that a peer asks, and gives its requests their turns from then on. What any request
 * of its caller can carry is answered before the next one is sent, so that the peer works on that with what it asked for.
 */
import { unlessAborted } from '../../kernel/abort.ts';
import { toFault, type Fault } from '../../kernel/fault.ts';
import { within } from '../../kernel/patience.ts';
import type { Time } from '../../kernel/time.ts';
import { CODE, errorMessage } from '../../protocol/code.ts';
import type { Message } from '../../protocol/jsonrpc.ts';
import { HeldQuestions } from './held-questions.ts';
import type { Ask, Link } from './link.ts';
import { Turns, type Habits } from './turns.ts';
import type { Waiting, WaitingTable } from './waiting.ts';

export interface Questions {
  readonly habits: Habits;
  /** Requests that may wait for their turn. */
  readonly waiting: number;
  /** Whether a method is a question that the peer may put to a client. */
  readonly asks: (method: string) => boolean;
  /** The one that any request can carry, since all are of one caller; `undefined` where there is none. */
  readonly anyones: string | undefined;
}

/** How long a peer that is open is given to ask what any request can carry, before it gets the first. */
const FIRST_MS = 250;
/** How long it is given to take in an answer before it gets what came after: servers answer what they can at once. */
const TAKES_IN_MS = 50;
const MAX_CARRIED = 8;

export class Attribution {
  readonly #questions: Questions;
  readonly #time: Time;
  readonly #turns: Turns;
  readonly #held: HeldQuestions;
  readonly #peer: Pick<Link, 'notify'>;
  /** Resolves when the peer has asked once what any request can carry. */
  readonly #first = Promise.withResolvers<true>();
  /** Whether that has come, or been waited for in vain. */
  #isBegun: boolean;
  /** Requests that are sent when what was asked before is answered. Never more than one caller has calls. */
  readonly #prepared = new Set<Prepared>();
  /** Questions that any request can carry, by their ids, and which of those that run carries each. */
  readonly #carried = new Map<string, { readonly question: Message; readonly by: Waiting }>();

  constructor(questions: Questions, time: Time, peer: Pick<Link, 'notify'>) {
    this.#questions = questions;
    this.#time = time;
    this.#peer = peer;
    this.#isBegun = questions.anyones === undefined;
    this.#turns = new Turns({ time, habits: questions.habits, waiting: questions.waiting });
    this.#held = new HeldQuestions(time, (question) => this.#refuse(question));
  }

  /** Whether any request waits for its turn. */
  get isWaitedFor(): boolean {
    return this.#turns.waiting > 0;
  }

  /** When a request may be written; `undefined`: at once. Whoever takes a turn gives it back, by `unsent` or `left`. */
  take(ask: Ask): Promise<void> | undefined {
    const { turn } = ask;
    if (turn === undefined) return undefined;
    if (turn === 'alone' && !this.#isBegun) return this.#begin(ask);
    const come = this.#turns.take(turn, ask);
    if (turn === 'together' || (come === undefined && this.#held.isEmpty)) return come;
    return this.#questions.anyones === undefined ? come : this.#prepare(ask, come);
  }

  unsent({ turn }: Ask): void {
    if (turn !== undefined) this.#turns.give(turn, true);
  }

  left(waiting: Waiting): void {
    const { ask, message } = waiting;
    if (ask.turn === undefined) return;
    if (this.#carried.size > 0) this.#handOver(waiting);
    this.#turns.give(ask.turn, message !== undefined);
  }

  /** `false`: it is no question to a client. */
  heard(message: Message, all: Pick<WaitingTable, 'values'>): boolean {
    const { habits, asks, anyones } = this.#questions;
    const { form, method } = message;
    if (form !== 'request' || !asks(method)) return false;
    if (method === anyones) {
      this.#anyones(message, all);
      return true;
    }
    habits.asks = true;
    const [first, another] = all.values().filter(({ ask }) => ask.turn !== undefined);
    if (first && !another && !this.#turns.lingers) first.ask.heard(message, first.id);
    else this.#refuse(message);
    return true;
  }

  /** Something was written to the peer: perhaps an answer that a request waits for. */
  said(message: string): void {
    for (const id of this.#carried.keys()) if (answers(message, id)) this.#carried.delete(id);
    for (const { open, later, ready } of this.#prepared) {
      for (const questions of [open, later])
        for (const id of questions.keys()) if (answers(message, id)) questions.delete(id);
      if (open.size === 0) ready();
    }
  }

  /** The peer is gone. */
  close(reason: Fault): void {
    this.#held.close();
    this.#carried.clear();
    this.#turns.close(reason);
    for (const { failed } of this.#prepared) failed(reason);
  }

  #anyones(message: Message, all: Pick<WaitingTable, 'values'>): void {
    this.#first.resolve(true);
    const [prepared] = this.#prepared;
    const running = all.values().find(({ ask }) => ask.turn === 'alone');
    if (prepared && message.id !== undefined && prepared.later.size < MAX_CARRIED) {
      prepared.later.set(message.id, message);
      prepared.ask.heard(message, 0);
    } else if (prepared) this.#refuse(message);
    else if (!running) this.#held.add(message);
    else if (message.id !== undefined && this.#carried.size < MAX_CARRIED) {
      this.#carried.set(message.id, { question: message, by: running });
      running.ask.heard(message, running.id);
    } else this.#refuse(message);
  }

  async #begin(ask: Ask): Promise<void> {
    await unlessAborted(within(this.#first.promise, FIRST_MS, this.#time), ask.abort);
    this.#isBegun = true;
    await this.#prepare(ask, this.#turns.take('alone', ask));
  }

  /** Once its turn has come, its client is asked what the peer has asked meanwhile. */
  async #prepare(ask: Ask, come: Promise<void> | undefined): Promise<void> {
    await come;
    const questions = this.#held.taken();
    if (questions.length === 0) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const open = new Map(questions.map((question) => [question.id ?? '', question]));
    const prepared: Prepared = { ask, open, later: new Map(), ready: resolve, failed: reject };
    this.#prepared.add(prepared);
    try {
      for (const question of questions) ask.heard(question, 0);
      await unlessAborted(promise, ask.abort);
      await unlessAborted(this.#rest(TAKES_IN_MS), ask.abort);
    } catch (error) {
      this.unsent(ask);
      // The next one carries what it leaves without an answer, unless nobody is left to be answered.
      if (ask.abort.reason)
        for (const question of [...open.values(), ...prepared.later.values()]) this.#held.add(question);
      throw toFault(error);
    } finally {
      this.#prepared.delete(prepared);
    }
  }

  /** Nobody answers any more through a request that is over: the next one carries its questions. */
  #handOver(waiting: Waiting): void {
    for (const [id, { question, by }] of this.#carried) {
      if (by !== waiting) continue;
      this.#carried.delete(id);
      this.#held.add(question);
    }
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => this.#time.after(ms, resolve));
  }

  #refuse({ id }: Message): void {
    if (id === undefined) return;
    this.#peer.notify(errorMessage(id, { code: CODE.internal, message: 'No associated client request.' }), '');
  }
}

interface Prepared {
  readonly ask: Ask;
  /** Questions without an answer, by their ids: those that it waits for, and those that came while it did. */
  readonly open: Map<string, Message>;
  readonly later: Map<string, Message>;
  readonly ready: () => void;
  readonly failed: (reason: Fault) => void;
}

const answers = (message: string, id: string): boolean => message.startsWith(`{"jsonrpc":"2.0","id":${id},`);
