/** One connection of a client: requests on it in order, and what is read of the answers. Ends what was asked on it when it is gone. */
import { EventReader, HttpReader, type Head } from './http.ts';
import type { Ledger, SimCall } from './ledger.ts';
import type { Json } from './offer.ts';
import { ClientSocket } from './sockets.ts';
import type { World } from './world.ts';

/** A request under way. */
export interface Asked {
  /** JSON text; `undefined` for what has no answer of its own: notifications, GET, DELETE. */
  readonly id: string | undefined;
  readonly call: SimCall | undefined;
  readonly token: string | undefined;
  /** Every JSON-RPC message, and the body of a refusal. */
  readonly heard: (message: Json, status: number) => void;
  /** Once, when nothing more will come. @param isWhole whether the answer came to its end. */
  readonly over: (isWhole: boolean) => void;
  /** Stays open. */
  readonly isStream?: boolean;
  readonly onHead?: (head: Head) => void;
}

export interface Owner {
  readonly index: number;
  readonly isAnonymous: boolean;
  readonly world: World;
  readonly ledger: Ledger;
  /** A server asks it something. */
  questioned(message: Json): void;
}

export class ClientConnection {
  readonly socket: ClientSocket;
  /** May carry no further request. */
  isSpoilt = false;
  readonly #owner: Owner;
  readonly #asked: (Asked & { answers?: number })[] = [];
  #status = 0;
  #events: EventReader | undefined;
  #body: Buffer[] = [];

  /** @param gone called once, when the connection is no more. */
  constructor(owner: Owner, address: string, gone: (connection: ClientConnection) => void) {
    this.#owner = owner;
    const reader = new HttpReader({
      onHead: (head) => this.#head(head),
      onBody: (bytes) => this.#bytes(bytes),
      onEnd: () => this.#ended(),
      onWrong: (says) => owner.world.wrong(`client ${owner.index} reads ${says}`),
    });
    this.socket = new ClientSocket(owner.world, address, (bytes) => reader.push(bytes));
    this.socket.once('close', () => {
      gone(this);
      for (const asked of this.#asked.splice(0)) this.#over(asked, false);
    });
  }

  get isIdle(): boolean {
    return this.#asked.length === 0 && !this.isSpoilt && !this.socket.destroyed;
  }

  /** Whether another request would be answered after the one that is under way. */
  get mayPipeline(): boolean {
    return this.#asked.length === 1 && this.#asked[0]?.isStream !== true && !this.isSpoilt && !this.socket.destroyed;
  }

  send(bytes: string, asked: Asked): void {
    this.#asked.push(asked);
    this.socket.flow.put(bytes);
  }

  /** The client goes, without a word. */
  leave(): void {
    this.isSpoilt = true;
    this.socket.destroy();
  }

  #head(head: Head): void {
    this.#status = Number(head.start.split(' ')[1]);
    const isStream = head.headers.get('content-type') === 'text/event-stream';
    this.#events = isStream ? new EventReader((data) => this.#heard(data)) : undefined;
    this.#body = [];
    if (head.headers.get('connection') === 'close') this.isSpoilt = true;
    this.#owner.ledger.heard([head.start, ...head.headers].join(' '), this.#owner);
    this.#asked[0]?.onHead?.(head);
  }

  #bytes(bytes: Buffer): void {
    if (this.#events) this.#events.push(bytes);
    else this.#body.push(Buffer.from(bytes));
  }

  #ended(): void {
    const text = Buffer.concat(this.#body).toString('utf8');
    if (!this.#events && text !== '') this.#heard(text);
    const asked = this.#asked.shift();
    if (asked) this.#over(asked, true);
    // What nobody asked for is the last word to a request that could not be read.
    else if (!this.isSpoilt || this.#status < 400)
      this.#owner.world.wrong(`client ${this.#owner.index} is answered what it has not asked`);
  }

  #heard(text: string): void {
    const { world, ledger } = this.#owner;
    const asked = this.#asked[0];
    ledger.heard(text, this.#owner, text.includes('"notifications/message"'));
    if (!asked) return;
    const message = JSON.parse(text) as Json;
    const isAnswer = !('method' in message);
    if (isAnswer && asked.id !== undefined && this.#status < 400 && JSON.stringify(message['id']) !== asked.id)
      world.wrong(`client ${this.#owner.index} is answered under ${JSON.stringify(message['id'])} to ${asked.id}`);
    if (message['method'] === 'notifications/progress') this.#progress(asked, message['params'] as Json);
    if (asked.answers !== undefined && asked.id !== undefined)
      world.wrong(`client ${this.#owner.index} hears more after its answer`);
    if (isAnswer) asked.answers = 1;
    if (isAnswer && asked.call) ledger.answered(asked.call, message);
    if (message['method'] === 'elicitation/create') this.#owner.questioned(message);
    asked.heard(message, this.#status);
  }

  #progress({ call, token }: Asked, { progress, progressToken }: Json): void {
    const { world, index } = this.#owner;
    if (token === undefined || token !== progressToken)
      world.wrong(`client ${index} hears the progress of something else`);
    if (!call) return;
    if (!(Number(progress) > call.progress)) world.wrong(`${call.canary} makes no progress`);
    call.progress = Number(progress);
  }

  #over(asked: Asked & { readonly answers?: number }, isWhole: boolean): void {
    const { call, answers } = asked;
    if (call?.state === 'open' && answers === undefined) {
      if (isWhole) this.#owner.world.wrong(`${call.canary} ends without an answer`);
      call.state = 'gone';
    }
    asked.over(isWhole);
  }
}
