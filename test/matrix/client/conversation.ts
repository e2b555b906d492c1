/** What every client keeps of its requests: who waits for which id, whose progress is whose, and what must not come any more. */
import { fields } from '../../fixtures/conformance/message.ts';
import type { Fields, Id } from '../../fixtures/conformance/message.ts';
import type { Revision } from '../cells.ts';
import { Cancelled, idOf } from './client.ts';
import type { Answered, Ask } from './client.ts';
import { noteFault, resultFault } from './strict.ts';
import { WireFault } from './wire.ts';
import type { Sending, Wire } from './wire.ts';

export interface Pending {
  readonly id: Id;
  readonly ask: Ask;
  /** The progress token, which is never the id: neither may be taken for the other. */
  readonly token: Id;
  progress: number;
  readonly settle: (answered: Answered) => void;
  readonly fail: (error: Error) => void;
}

export class Conversation {
  readonly #revision: Revision;
  readonly #wire: Wire;
  readonly #pending = new Map<Id, Pending>();
  readonly #over = new Set<Id>();
  readonly faults: string[] = [];
  #count = 0;

  constructor(revision: Revision, wire: Wire) {
    this.#revision = revision;
    this.#wire = wire;
  }

  get pending(): readonly Pending[] {
    return [...this.#pending.values()];
  }

  find(id: Id): Pending | undefined {
    return this.#pending.get(id);
  }

  /** @param write makes the params from id and token; `cancel` tells the other side, where that is told. */
  async request(ask: Ask, { write, cancel }: Writing): Promise<Answered> {
    const id = idOf(this.#count);
    this.#count += 1;
    const token = typeof id === 'number' ? `token-${id}` : 1_000 + Number(id);
    const cancelled = (): void => {
      this.#close(id);
      void cancel(id);
    };
    const answered = new Promise<Answered>((settle, fail) => {
      this.#pending.set(id, { id, ask, token, progress: -1, settle, fail });
      ask.signal?.addEventListener('abort', () => (cancelled(), fail(new Cancelled())), { once: true });
    });
    const message = { jsonrpc: '2.0', id, method: ask.method, params: write(token) };
    const sending: Sending = { headers: ask.headers, signal: ask.signal };
    const ended = this.#wire.send(message, sending).then(
      () => this.#wire.exchanges && this.#missing(id),
      (error: Error) => this.#pending.get(id)?.fail(error),
    );
    try {
      return await answered;
    } finally {
      this.#close(id);
      // What is written behind an answer is read too, and judged.
      if (this.#wire.exchanges && !ask.signal?.aborted) await ended;
    }
  }

  /** An answer to one of our requests. */
  answer(message: Fields, origin: Id | undefined): void {
    const id = message['id'] as Id;
    const pending = this.#pending.get(id);
    if (!pending || (origin !== undefined && origin !== id)) {
      this.faults.push(
        this.#over.has(id)
          ? `a second answer to ${JSON.stringify(id)}, or one after cancelling`
          : `an answer to ${JSON.stringify(id)}`,
      );
      return;
    }
    const odd = Object.keys(message).find((key) => !['jsonrpc', 'id', 'result', 'error'].includes(key));
    const result = fields(message['result']);
    const error = fields(message['error']) as Answered['error'];
    const fault = odd ?? (result ? resultFault(this.#revision, pending.ask.method, result) : undefined);
    if (fault !== undefined) pending.fail(new WireFault(fault));
    else if ((result === undefined) === (error === undefined)) pending.fail(new WireFault('neither result nor error'));
    else pending.settle({ result, error });
    this.#close(id);
  }

  /** Progress and logs; true if it was one of them. */
  note(method: string, params: Fields, origin: Id | undefined): boolean {
    const fault = noteFault(this.#revision, method, params);
    if (fault !== undefined) this.faults.push(fault);
    if (method === 'notifications/progress') {
      this.#progress(params, origin);
      return true;
    }
    if (method !== 'notifications/message') return false;
    const heard = origin === undefined ? this.pending : this.pending.filter(({ id }) => id === origin);
    for (const { ask } of heard) ask.log?.(params);
    if (heard.length === 0 && origin !== undefined) this.faults.push('a log message after the answer');
    return true;
  }

  #progress(params: Fields, origin: Id | undefined): void {
    const pending = this.pending.find(({ token }) => token === params['progressToken']);
    if (!pending?.ask.progress) {
      this.faults.push(`progress of nothing: ${JSON.stringify(params)}`);
      return;
    }
    const progress = Number(params['progress']);
    if (origin !== undefined && origin !== pending.id) this.faults.push('progress on the stream of another request');
    if (!(progress > pending.progress)) this.faults.push(`progress ${progress} after ${pending.progress}`);
    pending.progress = progress;
    pending.ask.progress(params);
  }

  #missing(id: Id): void {
    this.#pending.get(id)?.fail(new WireFault('the exchange ended without an answer'));
  }

  #close(id: Id): void {
    this.#pending.delete(id);
    this.#over.add(id);
  }
}

export interface Writing {
  readonly write: (token: Id) => Fields;
  readonly cancel: (id: Id) => Promise<void>;
}
