/**
 * 2025-11-25 and 2024-11-05: a session from `initialize` on. Questions are requests to the client in the middle of the call; changes go where
 * the transport says that the session's own messages go.
 */
import { fields, notification, Refusal } from '../../fixtures/conformance/message.ts';
import type { Fields, Id, Message } from '../../fixtures/conformance/message.ts';
import { facts } from '../cells.ts';
import type { Revision } from '../cells.ts';
import type { Board } from '../world.ts';
import type { Channel } from './channel.ts';
import { capabilitiesOf, perform, serverInfo } from './offer.ts';
import type { Asked } from './stateless.ts';
import { told, undeclared } from './stateless.ts';
import { judge, violated } from './strict.ts';
import { failed, levels } from './turn.ts';
import type { Ending, Question, Turn } from './turn.ts';

type Answer = Message & { readonly kind: 'answer' };

export class Session {
  readonly #board: Board;
  readonly #revision: Revision;
  readonly #used = new Set<Id>();
  readonly #running = new Map<unknown, AbortController>();
  readonly #tokens = new Set<unknown>();
  readonly #waiting = new Map<Id, (answer: Answer) => void>();
  readonly #subscribed = new Set<unknown>();
  readonly #stop: () => void;
  #able: Fields | undefined;
  #initialized = false;
  #level = 'info';
  #asked = 0;

  /** @param tell where what belongs to no request goes. */
  constructor(board: Board, revision: Revision, tell: (message: Fields) => void) {
    this.#board = board;
    this.#revision = revision;
    this.#stop = board.listen((change) => {
      if (change.kind === 'resource' && !this.#subscribed.has(change.uri)) return;
      tell(notification(...told(change)));
    });
  }

  /** The result of a request, or a Refusal thrown; nothing where it was cancelled and no answer may follow. */
  async answer({ request, raw, channel }: Asked): Promise<Fields | undefined> {
    judge(request, this.#revision, this.#board);
    if (this.#used.has(request.id)) throw violated(this.#board, `the id ${JSON.stringify(request.id)} a second time`);
    this.#used.add(request.id);
    const token = fields(request.params['_meta'])?.['progressToken'];
    if (token !== undefined && this.#tokens.has(token))
      throw violated(this.#board, `the progress token ${JSON.stringify(token)} twice`);
    this.#tokens.add(token);
    if (request.method === 'initialize') return this.#initialize(request.params);
    if (!this.#able) throw violated(this.#board, `${request.method} before initialize`);
    if (!this.#initialized && request.method !== 'ping')
      throw violated(this.#board, `${request.method} before notifications/initialized`);
    const cancelled = new AbortController();
    this.#running.set(request.id, cancelled);
    const signal = AbortSignal.any([channel.signal, cancelled.signal]);
    try {
      const result =
        this.#own(request.method, request.params) ??
        (await this.#converse({ request, raw, channel: { ...channel, signal } }));
      if (signal.aborted) this.#board.report({ kind: 'cancelled', text: String(signal.reason) });
      return cancelled.signal.aborted ? undefined : result;
    } catch (error) {
      if (cancelled.signal.aborted) return undefined;
      throw error;
    } finally {
      this.#running.delete(request.id);
    }
  }

  /** What needs no answer: notifications, and the client's answers to our questions. */
  accept(message: Message): void {
    judge(message, this.#revision, this.#board);
    if (message.kind === 'answer') {
      const waiting = this.#waiting.get(message.id);
      if (waiting) waiting(message);
      else violated(this.#board, `an answer to ${JSON.stringify(message.id)}, which nobody asked`);
    }
    if (message.kind !== 'notification') return;
    if (message.method === 'notifications/initialized') this.#initialized = true;
    if (message.method === 'notifications/cancelled') {
      this.#running.get(message.params['requestId'])?.abort('notifications/cancelled');
    }
  }

  end(): void {
    this.#stop();
    for (const running of this.#running.values()) running.abort('the end of the session');
  }

  #initialize(params: Fields): Fields {
    const able = fields(params['capabilities']);
    if (!able || !fields(params['clientInfo'])) throw violated(this.#board, 'initialize lacks a member');
    if (
      able['elicitation'] !== undefined &&
      !facts[this.#revision].elicitation &&
      params['protocolVersion'] === this.#revision
    ) {
      throw violated(this.#board, `elicitation, asked for ${this.#revision}`);
    }
    this.#able = able;
    return { protocolVersion: this.#revision, capabilities: capabilitiesOf(this.#revision), serverInfo };
  }

  /** The methods that only sessions have. */
  #own(method: string, params: Fields): Fields | undefined {
    switch (method) {
      case 'ping':
        return {};
      case 'logging/setLevel':
        if (!levels.includes(String(params['level']))) throw violated(this.#board, 'an unknown level');
        this.#level = String(params['level']);
        return {};
      case 'resources/subscribe':
        this.#subscribed.add(params['uri']);
        return {};
      case 'resources/unsubscribe':
        this.#subscribed.delete(params['uri']);
        return {};
      default:
        return undefined;
    }
  }

  async #converse(asked: Asked): Promise<Fields> {
    const { method } = asked.request;
    let turn = this.#toTurn(asked);
    for (;;) {
      const ending = await perform(method, turn, { board: this.#board, revision: this.#revision }).catch(
        (error: unknown) => {
          throw asOfSessions(error, method);
        },
      );
      if (ending.kind === 'result') return ending.result;
      const answers = await this.#askAll(ending, asked.channel);
      if (typeof answers === 'string') return unable(method, answers);
      turn = { ...turn, answers, state: ending.state };
    }
  }

  /** A text where there is no way on. */
  async #askAll({ questions }: Ending & { kind: 'ask' }, channel: Channel): Promise<Fields | string> {
    const missing = undeclared(questions, this.#able ?? {});
    if (missing.length > 0) return `The client did not declare: ${missing.join()}`;
    if (
      !facts[this.#revision].elicitation &&
      Object.values(questions).some(({ method }) => method === 'elicitation/create')
    ) {
      return `The client did not declare: elicitation, which ${this.#revision} does not know`;
    }
    const answers: Record<string, unknown> = {};
    for (const [key, question] of Object.entries(questions)) {
      const { result, error } = await this.#ask(question, channel);
      if (error) return `The client refused: ${JSON.stringify(error)}`;
      answers[key] = result;
    }
    return answers;
  }

  #ask({ method, params }: Question, { signal, send }: Channel): Promise<Answer> {
    this.#asked += 1;
    // Both kinds of ids, zero among them.
    const id = this.#asked % 2 === 0 ? `question-${this.#asked}` : this.#asked - 1;
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(id, resolve);
      signal.addEventListener('abort', () => reject(new Refusal(-32603, 'Cancelled')), { once: true });
      send({ jsonrpc: '2.0', id, method, ...(Object.keys(params).length > 0 ? { params } : {}) });
    }).finally(() => this.#waiting.delete(id));
  }

  #toTurn({ request, raw, channel }: Asked): Turn {
    const token = fields(request.params['_meta'])?.['progressToken'];
    return {
      server: this.#board.name,
      params: request.params,
      raw,
      able: this.#able ?? {},
      answers: {},
      state: undefined,
      signal: channel.signal,
      progress: (progress, total, message) => {
        if (token === undefined) return;
        const said = facts[this.#revision].progressMessage ? { message } : {};
        channel.send(notification('notifications/progress', { progressToken: token, progress, total, ...said }));
      },
      log: (level, data) => {
        if (levels.indexOf(level) < levels.indexOf(this.#level)) return;
        channel.send(notification('notifications/message', { level, logger: this.#board.name, data }));
      },
    };
  }
}

function unable(method: string, why: string): Fields {
  if (method !== 'tools/call') throw new Refusal(-32603, why);
  const ending = failed(why);
  return ending.kind === 'result' ? ending.result : {};
}

/** A resource that is not there had a code of its own. */
function asOfSessions(error: unknown, method: string): unknown {
  if (!(error instanceof Refusal) || method !== 'resources/read' || error.code !== -32602) return error;
  return new Refusal(-32002, error.message, error.data ? { data: error.data } : {});
}
