/**
 * JSON-RPC over one way that carries everything, many requests at once: a child's pipes, or an event stream with POSTs beside it. Answers are
 * told apart by our own ids, progress by our own tokens; a log message or a question of the peer's belongs to nobody there unless exactly one
 * request could have caused it. How messages are written is the link's affair.
 */
import type { Log } from '../../core/ports/log.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Part } from '../../kernel/parts.ts';
import type { Skim } from '../../kernel/skim/skim.ts';
import { elements } from '../../kernel/scan.ts';
import type { Time } from '../../kernel/time.ts';
import { readReply, REPLY, type Message } from '../../protocol/jsonrpc.ts';
import { Attribution, type Questions } from './attribution.ts';
import { idText, requestParts, type Ask, type Link, type Reply } from './link.ts';
import { Waiting, WaitingTable, type WaitingRoom } from './waiting.ts';

export interface ConversationOptions {
  readonly jsonDepth: number;
  readonly skim: Skim;
  readonly name: string;
  readonly log: Log;
  readonly time: Time;
  /** Without a word about a request, before the first and after it. */
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Notifications and requests that belong to no request of ours. */
  readonly heard: (message: Message) => void;
  /** Where the peer may ask clients something; without it whatever it asks is `heard`. */
  readonly questions?: Questions | undefined;
}

/** What carries a conversation. */
export interface Way extends Pick<Link, 'notify'> {
  /** Gives back why a request cannot be written; nothing of it was then. */
  write(request: readonly Part[], ask: Ask): Fault | undefined;
  /** The request that was written last is waited for now. */
  readonly awaited?: (waiting: Waiting) => void;
}

interface Ended {
  readonly owner: string | undefined;
  endedMs: number;
}

const MAX_BATCH = 1000;
/** How long the peer may still log something about a request that is over, unless it must not. */
const LATE_LOG_MS = 1000;

export class Conversation implements WaitingRoom {
  readonly #options: ConversationOptions;
  readonly #way: Way;
  readonly #waiting = new WaitingTable();
  readonly #attribution: Attribution | undefined;
  /** Whose request that may still be logged about ended last, and when one of anybody else did. */
  #last: Ended | undefined;
  #lastOfOthers: Ended | undefined;

  constructor(options: ConversationOptions, way: Way) {
    this.#options = options;
    this.#way = way;
    const { questions, time } = options;
    this.#attribution = questions && new Attribution(questions, time, way);
  }

  /** Requests without an answer yet. */
  get pending(): number {
    return this.#waiting.size;
  }

  request(ask: Ask): Promise<Reply> {
    if (ask.abort.reason) return Promise.reject(ask.abort.reason);
    const turn = this.#attribution?.take(ask);
    if (turn === undefined) return this.#send(ask);
    this.#press();
    return turn.then(() => {
      const reply = this.#send(ask);
      this.#press();
      return reply;
    });
  }

  /** An answer to something that the peer has asked. */
  said(message: string): void {
    this.#attribution?.said(message);
  }

  /** Nothing more will be heard: nobody waits any longer. */
  end(message: string, detail: string): void {
    this.#attribution?.close(new Fault('unavailable', message, { detail, retryAfterMs: 1000 }));
    for (const waiting of this.#waiting.values())
      waiting.fail(new Fault('interrupted', message, { detail, delivered: 'unknown' }));
  }

  /** One JSON text from the peer: a message, or several. */
  hear(text: Buffer): void {
    const first = text[0];
    if (first !== 0x7b && first !== 0x5b && first !== 0x20) {
      if (text.length > 0) this.#noise(text);
      return;
    }
    const message = readReply(text, this.#options.jsonDepth, this.#options.skim.scan);
    if (message.form === 'batch' && message.problem === undefined) {
      for (const element of elements(text, MAX_BATCH) ?? [])
        this.#message(readReply(element, this.#options.jsonDepth, this.#options.skim.scan));
    } else this.#message(message, text);
  }

  // What its waiting requests ask of it.

  get time(): Time {
    return this.#options.time;
  }

  left(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    this.#attribution?.left(waiting);
    const { ask, message } = waiting;
    // One that was given up may be worked on for a moment more.
    if (ask.logs === undefined || (ask.logs === 'until-answered' && message !== undefined)) return;
    const endedMs = this.#options.time.elapsed();
    const last = this.#last;
    if (last && last.owner === ask.owner) last.endedMs = endedMs;
    else {
      if (last) this.#lastOfOthers = last;
      this.#last = { owner: ask.owner, endedMs };
    }
  }

  cancel(id: number): void {
    const headers = this.#waiting.get(id)?.ask.headers ?? '';
    this.#way.notify(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}`, headers);
  }

  /** Those who have their turns hear that somebody waits. */
  #press(): void {
    if (this.#attribution?.isWaitedFor) for (const { ask } of this.#waiting.values()) ask.pressed?.();
  }

  #send(ask: Ask): Promise<Reply> {
    const id = this.#waiting.nextId();
    const refused = ask.abort.reason ?? this.#way.write(requestParts(id, ask.method, ask.params(id)), ask);
    if (refused) {
      this.#attribution?.unsent(ask);
      return Promise.reject(refused);
    }
    const waiting = new Waiting(this, ask, id);
    this.#waiting.add(waiting);
    waiting.expectWithin(this.#options.firstByteTimeoutMs);
    this.#way.awaited?.(waiting);
    return waiting.promise;
  }

  #message(message: Message, text?: Buffer): void {
    if (message.form === 'response') this.#response(message);
    else if (message.form === 'notification' || message.form === 'request') this.#heard(message);
    else if (message.id === undefined || !this.#broken(message.id)) this.#noise(text ?? Buffer.alloc(0));
  }

  #response(message: Message): void {
    const id = Number(message.id);
    const waiting = this.#waiting.get(id);
    // Cancelled, or never asked: nobody's business.
    if (!waiting || message.id !== idText(id)) return;
    if (message.problem === undefined) waiting.settle(message);
    else
      waiting.fail(
        new Fault('broken', 'The server gave an answer that is not valid.', {
          detail: message.problem,
          delivered: 'yes',
        }),
      );
  }

  /** An answer that can be told to be somebody's although it is none. */
  #broken(id: string): boolean {
    const waiting = this.#waiting.get(Number(id));
    if (!waiting) return false;
    waiting.fail(new Fault('broken', 'The server gave an answer that is not valid.', { delivered: 'yes' }));
    return true;
  }

  #heard(message: Message): void {
    if (message.problem !== undefined) return;
    const { fields, method } = message;
    if (method === 'notifications/progress') {
      const id = Number(fields.raw(REPLY.progressToken)?.toString('latin1'));
      const waiting = this.#waiting.get(id);
      if (!waiting) return;
      waiting.expectWithin(this.#options.idleTimeoutMs);
      waiting.ask.heard(message, id);
      return;
    }
    if (method === 'notifications/message') {
      const [sole, another] = this.#waiting.values().filter(({ ask }) => ask.logs !== undefined);
      if (sole && !another && this.#isAlone(sole.ask.owner)) {
        sole.ask.heard(message, sole.id);
        return;
      }
    }
    if (!this.#attribution?.heard(message, this.#waiting)) this.#options.heard(message);
  }

  /** Whether nothing can be about a request of anybody else's that is over. */
  #isAlone(owner: string | undefined): boolean {
    const last = this.#last && this.#last.owner === owner ? this.#lastOfOthers : this.#last;
    return last === undefined || this.#options.time.elapsed() - last.endedMs > LATE_LOG_MS;
  }

  #noise(text: Buffer): void {
    this.#options.log.debug({ server: this.#options.name, bytes: text.length }, 'noise instead of a message');
  }
}
