/**
 * The way back of one request where all go back one way: a pipe, or the stream of HTTP+SSE. States: open -> done, by its answer, by its end, or
 * cancelled: then nothing follows.
 */
import { Fault } from '../../kernel/fault.ts';
import type { Part } from '../../kernel/parts.ts';
import { errorMessage } from '../../protocol/code.ts';
import { idKey, type Message } from '../../protocol/jsonrpc.ts';
import { wireError } from '../../protocol/rev2026/errors.ts';
import type { Answerer, Origin, WayBack } from '../origin.ts';
import type { Outbox } from './outbox.ts';

export interface ReplyOptions {
  readonly visit: Origin;
  readonly message: Message;
  readonly outbox: Pick<Outbox, 'send' | 'insist' | 'note' | 'tell'>;
  /** Called once, when nothing follows any more. */
  readonly over: () => void;
}

export class Reply implements WayBack {
  readonly visit: Origin;
  readonly message: Message;
  /** What a cancellation calls it; a batch has no name, and a greeting is never cancelled. */
  readonly key: string | undefined;
  /** Open for as long as its client wants, and no reason to wait. */
  readonly isStanding: boolean;
  answerer: Answerer | undefined;
  readonly #options: ReplyOptions;
  #state: 'open' | 'done' = 'open';

  constructor(options: ReplyOptions) {
    const { visit, message } = options;
    this.visit = visit;
    this.message = message;
    this.key = message.id === undefined || message.method === 'initialize' ? undefined : idKey(message.id);
    this.isStanding = message.method === 'subscriptions/listen';
    this.#options = options;
  }

  get isStreaming(): boolean {
    return this.#state === 'open';
  }

  note(message: readonly Part[]): void {
    if (this.#state === 'done') return;
    if (this.isStanding) this.#options.outbox.tell(message);
    else this.#options.outbox.note(message);
  }

  /** Something that its client must answer, or need not answer any more. `false`: it cannot be sent. */
  ask(message: readonly Part[]): boolean {
    return this.#state === 'open' && this.#options.outbox.send(message);
  }

  answer(_status: number, message: readonly Part[]): void {
    if (this.#state === 'done') return;
    const { outbox } = this.#options;
    if (!outbox.send(message)) outbox.insist([errorMessage(this.message.id ?? 'null', wireError(UNREAD))]);
    this.end();
  }

  end(): void {
    if (this.#state === 'done') return;
    this.#state = 'done';
    this.#options.over();
  }

  /** Its client does not want it any more, or is gone. */
  cancel(): void {
    if (this.#state === 'done') return;
    this.end();
    this.answerer?.left();
  }
}

const UNREAD = new Fault(
  'overloaded',
  'The answer could not be kept: too little of what was sent before has been read.',
  {
    delivered: 'yes',
  },
);
