/**
 * One client of HTTP+SSE: a stream and the POSTs that belong to it (2024-11-05, "Transports"). The stream is the session: what goes on ends with
 * it, and nobody comes back to it. States: open -> draining (nothing new is begun, or nobody said hello) -> over, when nothing is asked any more
 * or the client is gone.
 */
import { randomBytes } from 'node:crypto';
import { Fault, toFault } from '../../kernel/fault.ts';
import type { Timer } from '../../kernel/time.ts';
import { errorMessage } from '../../protocol/code.ts';
import type { Message } from '../../protocol/jsonrpc.ts';
import type { HttpEdge } from '../edge.ts';
import { refusedAs } from '../refused.ts';
import { Dialogue } from '../rev2025/dialogue.ts';
import { cancelledBy } from '../rev2025/post.ts';
import { Reply } from '../stdio/reply.ts';
import { SseStream } from './stream.ts';
import type { SseVisit } from './visit.ts';

/** Requests of one client that have no answer yet; those that are calls are bounded together with everybody's besides. */
const MAX_OPEN = 1000;
/** For a client that has opened its stream to begin its session. */
const HELLO_MS = 60_000;

export class Channel {
  /** Whoever knows it may speak here, so nobody can guess it. */
  readonly id = randomBytes(24).toString('base64url');
  readonly path: string;
  /** The endpoint's. */
  readonly address: string;
  /** The address that it is counted for. */
  readonly remote: string;
  readonly #edge: HttpEdge;
  readonly #stream: SseStream;
  readonly #dialogue: Dialogue;
  readonly #open = new Set<Reply>();
  readonly #over: (channel: Channel) => void;
  #state: 'open' | 'draining' | 'over' = 'open';
  #hello: Timer | undefined;

  /** Opens the stream. @param over called once, when it is over. */
  constructor(edge: HttpEdge, visit: SseVisit, over: (channel: Channel) => void) {
    const { exchange, endpoint, place } = visit;
    this.path = place.path;
    this.address = endpoint.address;
    this.remote = exchange.from.network;
    this.#edge = edge;
    this.#over = over;
    exchange.onGone(() => this.#gone());
    this.#stream = new SseStream(visit, edge);
    // A connection that may stay open for days keeps nothing of how it began.
    exchange.context = undefined;
    this.#dialogue = new Dialogue({
      edge,
      address: this.address,
      remote: this.remote,
      tell: (message) => this.#stream.tell(message),
    });
    this.#stream.begin(`${place.messages}?session=${this.id}`);
    this.#awaitHello();
  }

  /** A message of the client's, which is taken. @throws Fault where it is not. */
  post(visit: SseVisit, message: Message): void {
    if (message.form === 'request' || message.form === 'batch') this.#asked(visit, message);
    else this.#heard(message);
  }

  /** Ends as soon as nothing is asked any more. */
  drain(): void {
    if (this.#state === 'open') this.#state = 'draining';
    this.#settle();
  }

  /** Its client can say nothing any more. */
  silence(): void {
    this.#dialogue.silent();
  }

  /** Who still waits is answered, and then it ends. */
  end(): void {
    this.#dialogue.end();
    this.drain();
  }

  /** A stream in which nothing was begun takes the room of one in which something is. What is still being answered may begin it. */
  #awaitHello(): void {
    this.#hello = this.#edge.time.after(HELLO_MS, () => {
      if (this.#dialogue.isOpen) return;
      if (this.#open.size > 0) this.#awaitHello();
      else this.drain();
    });
  }

  #asked(visit: SseVisit, message: Message): void {
    const reply = this.#begin(visit, message);
    try {
      this.#run(reply, this.#dialogue.asked(reply, message));
    } catch (error) {
      reply.end();
      throw error;
    }
  }

  /** The POST is answered at once and gives its bytes back, so they are charged anew for as long as they are needed. @throws Fault */
  #begin(visit: SseVisit, message: Message): Reply {
    if (this.#state !== 'open')
      throw new Fault('draining', 'The session is ending; open another.', { retryAfterMs: 1000 });
    const { buffered } = this.#edge;
    const bytes = message.fields.scan.bytes.length;
    if (this.#open.size >= MAX_OPEN || !buffered.take(bytes))
      throw new Fault('overloaded', 'Too many requests at once.', { retryAfterMs: 1000 });
    const reply = new Reply({
      visit,
      message,
      outbox: this.#stream,
      over: () => {
        this.#open.delete(reply);
        buffered.give(bytes);
        this.#settle();
      },
    });
    this.#open.add(reply);
    return reply;
  }

  #heard(message: Message): void {
    this.#dialogue.heard(message);
    const id = cancelledBy(message);
    if (id === undefined) return;
    for (const reply of this.#open) if (reply.key === id) reply.cancel();
  }

  #run(reply: Reply, work: Promise<void>): void {
    work.catch((error: unknown) => {
      const fault = toFault(error);
      if (fault.kind === 'internal')
        this.#edge.log.error(
          { request: reply.visit.exchange.id, fault: fault.id, detail: fault.detail ?? fault.message },
          'a mistake of the gateway',
        );
      const refused = refusedAs(reply.message, 'rev2025', fault);
      reply.answer(refused.error.status, [errorMessage(refused.id, refused.error)]);
    });
  }

  #settle(): void {
    if (this.#state !== 'draining' || this.#open.size > 0) return;
    this.#finish();
    this.#dialogue.abandon();
    this.#stream.end();
    this.#over(this);
  }

  #gone(): void {
    if (this.#state === 'over') return;
    this.#finish();
    this.#stream.left();
    this.#dialogue.abandon();
    for (const reply of this.#open) reply.cancel();
    this.#over(this);
  }

  #finish(): void {
    this.#state = 'over';
    this.#hello?.cancel();
  }
}
