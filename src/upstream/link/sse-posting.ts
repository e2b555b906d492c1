/** A message on its way to a server that answers elsewhere: what its POST is answered with says only whether it was taken. */
import type { Fault } from '../../kernel/fault.ts';
import type { ResponseHead, ResponseReceiver, Sent } from '../../wire/http1/client.ts';
import { notTaken, type Reply } from './link.ts';
import type { Waiting } from './waiting.ts';

/** What is read of an answer that will not be used. */
const MAX_IGNORED = 65_536;

export class SsePosting implements ResponseReceiver, Reply {
  status = 0;
  readonly message = undefined;
  sent: Sent | undefined;
  /** Hears that a message which brings about nothing was not taken. */
  failed: ((fault: Fault) => void) | undefined;
  /** Who waits for what the message will bring about; a notification brings about nothing. */
  #waiting: Waiting | undefined;
  readonly #refused: () => void;
  #retryAfter: string | undefined;
  #ignored = 0;

  /** @param refused the server knows nothing of the session any more. */
  constructor(refused: () => void) {
    this.#refused = refused;
  }

  serve(waiting: Waiting): void {
    this.#waiting = waiting;
    // When the request is over, its POST is of no more interest.
    waiting.promise.then(
      () => this.sent?.hurry(),
      () => this.sent?.abort(),
    );
  }

  header(name: string): string | undefined {
    return name === 'retry-after' ? this.#retryAfter : undefined;
  }

  onHead(head: ResponseHead): void {
    this.status = head.status;
    if (head.status < 200 || head.status > 299) {
      this.#retryAfter = head.header('retry-after');
      this.#waiting?.refuse(this);
      this.failed?.(notTaken(head.status));
      if (head.status === 404 || head.status === 410) this.#refused();
    }
    this.sent?.hurry();
  }

  onData(chunk: Uint8Array): void {
    this.#ignored += chunk.length;
    if (this.#ignored > MAX_IGNORED) this.sent?.abort();
  }

  onEnd(): void {}

  onError(fault: Fault): void {
    // A server that leaves its POSTs open is none the worse for it: the answer has deadlines of its own.
    if (this.status !== 0 || (fault.kind === 'timed-out' && fault.delivered === 'unknown')) return;
    this.#waiting?.fail(fault);
    this.failed?.(fault);
  }
}
