/**
 * What one client says in a session where one way back carries everything, a pipe or the stream of HTTP+SSE: `initialize` opens the session, all
 * else belongs to it, and a second one begins anew (2025-11-25, "Lifecycle"). How messages come and go is left to whoever carries them.
 */
import { toFault, Fault } from '../../kernel/fault.ts';
import type { Part } from '../../kernel/parts.ts';
import type { Message } from '../../protocol/jsonrpc.ts';
import { resultMessage } from '../../protocol/messages.ts';
import type { Edge } from '../edge.ts';
import type { Origin, WayBack } from '../origin.ts';
import { batchOf } from './accept.ts';
import { answer, type Asker } from './answer.ts';
import { listening } from './changes.ts';
import { greet } from './open.ts';
import { batchAnswer, heard } from './post.ts';
import { Session } from './session.ts';

/** The way back of one message. */
export interface Way extends WayBack {
  /** Something that the client must answer, or need not answer any more. `false`: it cannot be sent. */
  ask(message: readonly Part[]): boolean;
}

export interface DialogueOptions {
  readonly edge: Edge;
  /** The endpoint's. */
  readonly address: string;
  /** What its calls are counted for. */
  readonly remote: string;
  /** Says what nobody has asked for. */
  readonly tell: (message: readonly Part[]) => void;
}

export class Dialogue {
  readonly #options: DialogueOptions;
  #session: Session | undefined;
  /** A session that is being opened; what belongs to it waits. */
  #opening: Promise<void> | undefined;
  #isSilent = false;

  constructor(options: DialogueOptions) {
    this.#options = options;
  }

  /** Whether there is a session. */
  get isOpen(): boolean {
    return this.#session !== undefined;
  }

  /** A request or a batch. Rejects with a Fault that answers it. @throws the same where that can be told at once. */
  asked(way: Way, message: Message): Promise<void> {
    if (message.method === 'initialize') return this.#initialize(way, message);
    return this.#opening ? this.#opening.then(() => this.#answer(way, message)) : this.#answer(way, message);
  }

  /** What is not answered. */
  heard(message: Message): void {
    if (message.problem === undefined && this.#session) heard(this.#session, message);
    if (message.method === 'notifications/initialized') void this.#tellChanges();
  }

  /** The client says nothing any more, and hears what is left. */
  silent(): void {
    this.#isSilent = true;
    this.#session?.silent();
  }

  /** Who still waits is answered. */
  end(): void {
    this.#session?.end();
  }

  /** Nobody waits any more. */
  abandon(): void {
    this.#session?.abandon();
  }

  #initialize(way: Way, message: Message): Promise<void> {
    const opening = this.#open(way, message);
    const opened = opening
      .catch(() => undefined)
      .then(() => {
        if (this.#opening === opened) this.#opening = undefined;
      });
    this.#opening = opened;
    return opening;
  }

  async #open(way: Way, message: Message): Promise<void> {
    const { edge, address, remote, tell } = this.#options;
    const { revision, able, answer: greeting } = await greet(edge, way.visit, message);
    if (!way.isStreaming) return;
    this.#session?.abandon();
    const session = new Session({ address, revision, able, remote });
    if (this.#isSilent) session.silent();
    session.stream = { tell, hangUp: () => undefined };
    this.#session = session;
    way.answer(200, greeting);
  }

  #answer(way: Way, message: Message): Promise<void> {
    if (!way.isStreaming) return Promise.resolve();
    const { edge } = this.#options;
    const session = this.#session;
    if (!session) return beforeSession(way, message);
    const asker = new WayAsker(way, session);
    const answered =
      message.form === 'batch'
        ? this.#batch(way, asker, batchOf(edge, session, message.fields.scan.bytes))
        : answer(edge, asker, message);
    return answered.then(() => way.end());
  }

  async #batch(way: Way, asker: Asker, messages: readonly Message[]): Promise<void> {
    for (const one of messages) if (one.form !== 'request') this.heard(one);
    const requests = messages.filter(({ form }) => form === 'request');
    const answers = await batchAnswer(this.#options.edge, asker, requests);
    if (answers) way.answer(200, answers);
  }

  /** A session hears of changes unasked. */
  async #tellChanges(): Promise<void> {
    await this.#opening;
    const { edge } = this.#options;
    if (!this.#session) return;
    await listening(edge, this.#session).catch((error: unknown) =>
      edge.log.debug({ reason: toFault(error).message }, 'nothing to listen to'),
    );
  }
}

class WayAsker implements Asker {
  readonly session: Session;
  readonly #way: Way;

  constructor(way: Way, session: Session) {
    this.#way = way;
    this.session = session;
  }

  get visit(): Origin {
    return this.#way.visit;
  }

  note(message: readonly Part[]): void {
    this.#way.note(message);
  }

  ask(message: readonly Part[]): boolean {
    return this.#way.ask(message);
  }

  answer(status: number, message: Part[] | undefined): void {
    if (message) this.#way.answer(status, message);
  }
}

/** Only whether there is anybody. @throws Fault */
function beforeSession(way: WayBack, { method, id = 'null' }: Message): Promise<void> {
  if (method !== 'ping') throw new Fault('not-a-request', 'Send initialize first.');
  way.answer(200, resultMessage(id, ['{}']));
  return Promise.resolve();
}
