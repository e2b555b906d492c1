/**
 * The way in over a pair of pipes (MCP, "stdio", in both families): one client, one message a line. Each message is judged by itself: one with
 * an envelope of its own is stateless, `initialize` opens the session to which all others belong, answers included, and both may go on at once.
 * States: open -> draining (end of input, or told to) -> ended.
 */
import type { Readable, Writable } from 'node:stream';
import type { Caller } from '../../core/caller.ts';
import type { Budget } from '../../kernel/bounded.ts';
import { Fault, toFault } from '../../kernel/fault.ts';
import { Lines } from '../../wire/lines.ts';
import { within } from '../../kernel/patience.ts';
import { classify, type Family } from '../../protocol/classify.ts';
import { errorMessage } from '../../protocol/code.ts';
import { readIncoming, type Message } from '../../protocol/jsonrpc.ts';
import { METHODS } from '../../protocol/methods.ts';
import type { Envelope } from '../../protocol/rev2026/envelope.ts';
import type { Edge } from '../edge.ts';
import { judge, refusedAs } from '../refused.ts';
import { Dialogue } from '../rev2025/dialogue.ts';
import { cancelledBy } from '../rev2025/post.ts';
import { acceptBare } from '../rev2026/accept.ts';
import { answer } from '../rev2026/answer.ts';
import { listen } from '../rev2026/listen.ts';
import { Outbox } from './outbox.ts';
import { Reply } from './reply.ts';

export interface FrontOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly edge: Edge;
  readonly bounds: {
    readonly bodyBytes: number;
    readonly inFlight: number;
    readonly streamQueueBytes: number;
    readonly drainTimeoutMs: number;
  };
  readonly buffered: Budget;
  readonly requestId: () => string;
}

/** All servers, under public names. */
const ADDRESS = '/mcp';
const LOCAL: Caller = { key: 'local', kind: 'anonymous', share: 'local' };

export class Front {
  /** Resolves when the client has said all it will, or is gone. */
  readonly left: Promise<void>;
  readonly #options: FrontOptions;
  readonly #outbox: Outbox;
  /** Requests that nothing has ended yet. */
  readonly #open = new Set<Reply>();
  #state: 'open' | 'draining' | 'ended' = 'open';
  /** What the client spoke last; a line that cannot be read is answered in it. */
  #family: Family = 'rev2025';
  readonly #dialogue: Dialogue;
  #leave: () => void = () => undefined;
  /** Called when no call is open any more, or nobody waits for them. */
  #quiet: () => void = () => undefined;
  #isCut = false;

  constructor(options: FrontOptions) {
    this.#options = options;
    const { input, output, edge, bounds, buffered } = options;
    this.left = new Promise((done) => (this.#leave = done));
    this.#outbox = new Outbox({
      output,
      queueBytes: bounds.streamQueueBytes,
      buffered,
      log: edge.log,
      paced: (isBehind) => (isBehind && this.#state === 'open' ? input.pause() : input.resume()),
    });
    this.#dialogue = new Dialogue({
      edge,
      address: ADDRESS,
      remote: LOCAL.share,
      tell: (change) => this.#outbox.tell(change),
    });
    const tooLong = new Fault('too-large', 'The message is larger than bounds.bodyBytes allows; it was left out.');
    const lines = new Lines(
      bounds.bodyBytes,
      (line) => this.#line(line),
      () => this.#refuse(undefined, this.#family, tooLong),
    );
    output.on('error', () => this.#gone());
    output.on('close', () => this.#gone());
    input.on('error', () => this.#leave());
    input.on('data', (chunk: Buffer) => lines.push(chunk));
    input.on('end', () => {
      lines.end();
      this.#dialogue.silent();
      this.#leave();
    });
  }

  get isDraining(): boolean {
    return this.#state !== 'open';
  }

  get sessions(): number {
    return this.#dialogue.isOpen ? 1 : 0;
  }

  /** Subscriptions that are open. */
  get streams(): number {
    return [...this.#open].filter(({ isStanding }) => isStanding).length;
  }

  /** Takes nothing new, lets calls end and be read within the drain time, and cancels what is left. */
  async drain(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'draining';
    const { edge, bounds, input } = this.#options;
    // What still comes is not wanted, but its end says that nobody waits.
    input.resume();
    const begun = edge.time.elapsed();
    await within(this.#calls(), bounds.drainTimeoutMs, edge.time);
    this.#cancelAll();
    const rest = bounds.drainTimeoutMs - (edge.time.elapsed() - begun);
    if (!this.#isCut) await within(this.#outbox.flushed(), Math.max(rest, LAST_READ_MS), edge.time);
    this.#outbox.close();
    this.#state = 'ended';
    this.#leave();
  }

  /** Nobody waits for calls any more: what is open is cancelled, and a drain goes on at once. */
  cut(): void {
    this.#isCut = true;
    this.#cancelAll();
    this.#quiet();
  }

  #calls(): Promise<void> {
    return new Promise((done) => {
      this.#quiet = done;
      this.#settled();
    });
  }

  #settled(): void {
    if (this.#isCut || [...this.#open].every(({ isStanding }) => isStanding)) this.#quiet();
  }

  #cancelAll(): void {
    this.#dialogue.end();
    for (const reply of this.#open) reply.cancel();
  }

  /** Nobody reads any more. */
  #gone(): void {
    this.cut();
    this.#outbox.close();
    this.#leave();
  }

  #line(line: Buffer): void {
    if (line.length === 0 || this.#state === 'ended') return;
    const { edge } = this.#options;
    // A view on what was read would keep all of that in memory.
    const message = readIncoming(Buffer.from(line), edge.bounds.jsonDepth, edge.skim.strict);
    // Calls that end may still wait for an answer.
    if (message.form === 'response') return this.#heard(message);
    if (this.#state !== 'open') return;
    const family = this.#familyOf(message);
    try {
      judge(message, family);
      if (message.form === 'notification') this.#heard(message);
      else this.#asked(message, family);
    } catch (error) {
      this.#refuse(message, family, error);
    }
  }

  /** Nothing here but the message itself can say which family it is of; what exists in one family alone says so too. */
  #familyOf(message: Message): Family {
    if (message.form !== 'request' && message.form !== 'batch') return this.#family;
    const means = METHODS.get(message.method)?.kind;
    const isOwn = !this.#dialogue.isOpen && (means === 'discover' || means === 'listen');
    this.#family = isOwn ? 'rev2026' : classify(message, undefined);
    return this.#family;
  }

  #asked(message: Message, family: Family): void {
    const envelope = family === 'rev2026' ? acceptBare(message) : undefined;
    const reply = this.#begin(message);
    this.#run(reply, family, envelope ? this.#stateless(reply, envelope) : this.#inSession(reply));
  }

  /** @throws Fault `overloaded` */
  #begin(message: Message): Reply {
    const { edge, bounds, buffered, requestId } = this.#options;
    const endpoint = edge.snapshots.current.endpoints.get(ADDRESS);
    if (!endpoint) throw new Fault('unavailable', 'There is nothing behind this gateway.');
    const bytes = message.fields.scan.bytes.length;
    if (this.#open.size >= bounds.inFlight || !buffered.take(bytes))
      throw new Fault('overloaded', 'Too many calls at once.', { retryAfterMs: 1000 });
    const exchange = { id: requestId(), from: { network: LOCAL.share } };
    const reply = new Reply({
      visit: { exchange, endpoint, caller: LOCAL, clientRequestId: undefined },
      message,
      outbox: this.#outbox,
      over: () => {
        this.#open.delete(reply);
        buffered.give(bytes);
        if (this.#state === 'draining') this.#settled();
      },
    });
    this.#open.add(reply);
    return reply;
  }

  async #stateless(reply: Reply, envelope: Envelope): Promise<void> {
    const { edge } = this.#options;
    const { message } = reply;
    if (reply.isStanding) await listen(edge, reply, message);
    else await answer(edge, reply, { message, envelope });
  }

  async #inSession(reply: Reply): Promise<void> {
    await this.#dialogue.asked(reply, reply.message);
  }

  #heard(message: Message): void {
    this.#dialogue.heard(message);
    const id = cancelledBy(message);
    if (id === undefined) return;
    for (const reply of this.#open) if (reply.key === id) reply.cancel();
  }

  #run(reply: Reply, family: Family, work: Promise<void>): void {
    work.catch((error: unknown) => {
      const fault = toFault(error);
      if (fault.kind === 'internal')
        this.#options.edge.log.error(
          { request: reply.visit.exchange.id, fault: fault.id, detail: fault.detail ?? fault.message },
          'a mistake of the gateway',
        );
      const refused = refusedAs(reply.message, family, fault);
      reply.answer(refused.error.status, [errorMessage(refused.id, refused.error)]);
    });
  }

  /** A notification is never answered, not even to say what is wrong with it. */
  #refuse(message: Message | undefined, family: Family, error: unknown): void {
    if (message?.form === 'notification') return;
    const refused = refusedAs(message, family, error);
    this.#outbox.insist([errorMessage(refused.id, refused.error)]);
  }
}

/** At least this long for what was sent last. */
const LAST_READ_MS = 1000;
