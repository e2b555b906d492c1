/** A client of the session revisions: `initialize` once, questions answered while the call goes on, changes told without being asked for. */
import { fields } from '../../fixtures/conformance/message.ts';
import type { Fields, Id } from '../../fixtures/conformance/message.ts';
import type { Face } from '../cells.ts';
import type { Answered, Ask, Client, HearChange, Wanted } from './client.ts';
import { Conversation } from './conversation.ts';
import { questionFault } from './strict.ts';
import { WireFault } from './wire.ts';
import type { Wire } from './wire.ts';

export class SessionsClient implements Client {
  readonly face: Face;
  readonly #wire: Wire;
  readonly #conversation: Conversation;
  readonly #watching = new Set<HearChange>();
  #able: Fields = {};
  #level: string | undefined;
  /** The level is the session's: those who want another take turns. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(face: Face, wire: Wire) {
    this.face = face;
    this.#wire = wire;
    this.#conversation = new Conversation(face.revision, wire);
  }

  async open(able: Fields): Promise<Fields> {
    this.#able = able;
    await this.#wire.open((message, origin) => this.#take(message, origin));
    const params = {
      protocolVersion: this.face.revision,
      capabilities: able,
      clientInfo: { name: 'matrix', version: '1.0.0' },
    };
    const { result, error } = await this.#once({ method: 'initialize', params });
    if (result?.['protocolVersion'] !== this.face.revision)
      throw new WireFault(`initialize: ${JSON.stringify(result ?? error)}`);
    await this.#notify('notifications/initialized');
    await this.#wire.begin();
    return fields(result['capabilities']) ?? {};
  }

  request(ask: Ask): Promise<Answered> {
    const { level } = ask;
    if (level === undefined) return this.#once(ask);
    const turn = this.#turn.then(async () => {
      await this.#setLevel(level);
      return await this.#once(ask);
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async watch({ lists, uris }: Wanted, hear: HearChange): Promise<() => Promise<void>> {
    // An update that nobody wanted is heard as well: whoever looks finds it.
    const mine: HearChange = (method, params) => {
      if (method === 'notifications/resources/updated' ? uris.length > 0 : lists) hear(method, params);
    };
    this.#watching.add(mine);
    for (const uri of uris) await this.#done({ method: 'resources/subscribe', params: { uri } });
    return async () => {
      for (const uri of uris) await this.#done({ method: 'resources/unsubscribe', params: { uri } });
      this.#watching.delete(mine);
    };
  }

  faults(): readonly string[] {
    return this.#conversation.faults.splice(0);
  }

  close(): Promise<void> {
    return this.#wire.close();
  }

  async #setLevel(level: string): Promise<void> {
    if (this.#level === level) return;
    await this.#done({ method: 'logging/setLevel', params: { level } });
    this.#level = level;
  }

  /** A request that is answered with nothing. */
  async #done(ask: Ask): Promise<void> {
    const { result, error } = await this.#once(ask);
    if (!result) throw new WireFault(`${ask.method}: ${JSON.stringify(error)}`);
  }

  #once(ask: Ask): Promise<Answered> {
    return this.#conversation.request(ask, {
      write: (token) => {
        const meta = { ...fields(ask.params?.['_meta']), ...(ask.progress ? { progressToken: token } : {}) };
        return { ...ask.params, ...(Object.keys(meta).length > 0 ? { _meta: meta } : {}) };
      },
      cancel: (id) => this.#notify('notifications/cancelled', { requestId: id, reason: 'the matrix says so' }),
    });
  }

  #notify(method: string, params?: Fields): Promise<void> {
    return this.#wire.send({ jsonrpc: '2.0', method, ...(params && { params }) });
  }

  #take(message: Fields, origin: Id | undefined): void {
    const { method, id } = message;
    if (typeof method !== 'string') return this.#conversation.answer(message, origin);
    const params = fields(message['params']) ?? {};
    if (id !== undefined) return this.#asked(id as Id, { method, params, origin });
    if (this.#conversation.note(method, params, origin)) return;
    const isRequests = origin !== undefined && method !== 'notifications/cancelled';
    if (isRequests) this.#conversation.faults.push(`${method} on the stream of a request`);
    for (const hear of this.#watching) hear(method, params);
  }

  #asked(id: Id, { method, params, origin }: Question): void {
    const fault = questionFault(this.face.revision, method, this.#able);
    if (fault !== undefined) this.#conversation.faults.push(fault);
    const asked = origin === undefined ? this.#conversation.pending : [this.#conversation.find(origin)];
    let result: Fields | Error | undefined = method === 'ping' ? {} : undefined;
    for (const pending of asked) result ??= pending?.ask.answer?.(method, params);
    const answer =
      result && !(result instanceof Error)
        ? { result }
        : { error: { code: -1, message: result?.message ?? 'Not here.' } };
    if (!result)
      this.#conversation.faults.push(`asked ${method}, and has no answer: ${JSON.stringify(params).slice(0, 200)}`);
    this.#wire
      .send({ jsonrpc: '2.0', id, ...answer })
      .catch((error: unknown) => this.#conversation.faults.push(`the answer to ${method}: ${String(error)}`));
  }
}

interface Question {
  readonly method: string;
  readonly params: Fields;
  readonly origin: Id | undefined;
}
