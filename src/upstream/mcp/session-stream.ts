/** The GET stream of one session, on which the server speaks unasked (2025-11-25, "Transports"). Servers may do without; a broken one is opened again. */
import { Abort } from '../../kernel/abort.ts';
import { Fault } from '../../kernel/fault.ts';
import { within } from '../../kernel/patience.ts';
import type { Timer } from '../../kernel/time.ts';
import type { Message } from '../../protocol/jsonrpc.ts';
import type { HttpLink } from '../link/http.ts';
import { resumeLine, waitMs, type Place } from '../link/resumption.ts';
import type { Environment } from './environment.ts';

export interface SessionStreamOptions {
  readonly link: HttpLink;
  readonly headers: string;
  readonly environment: Environment;
  readonly heard: (message: Message) => void;
  /** It is open again after it was cut, and what was said meanwhile is lost. */
  readonly reopened: () => void;
  /** The server does not know the session any more. */
  readonly gone: () => void;
}

const NOWHERE: Place = { lastEventId: undefined, retryMs: undefined };
/** How long others wait for the stream: some servers say nothing there before something happens. */
const LISTEN_MS = 1000;
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 60_000;

export class SessionStream {
  /** Resolves when the server tells what happens from now on, or has refused to. */
  readonly #begun: Promise<void>;
  #isBegun = false;
  readonly #options: SessionStreamOptions;
  readonly #abort = new Abort();
  #state: 'opening' | 'open' | 'closed' = 'opening';
  #wasOpen = false;
  #retry: Timer | undefined;
  #retryMs = FIRST_RETRY_MS;
  /** Of the last event with an id, over all that it was opened for; from there the server can tell what was missed. */
  #place: Place = NOWHERE;
  readonly #hasBegun: () => void;

  constructor(options: SessionStreamOptions) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#begun = promise;
    this.#hasBegun = () => {
      this.#isBegun = true;
      resolve();
    };
    void this.#open();
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Until what the server says here can be heard, but not for long; `undefined` where there is nothing to wait for. */
  get beginning(): Promise<void> | undefined {
    return this.#isBegun ? undefined : within(this.#begun, LISTEN_MS, this.#options.environment.time);
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#retry?.cancel();
    this.#abort.now(new Fault('cancelled', 'The stream is no longer wanted.'));
  }

  async #open(): Promise<void> {
    const { link, headers, heard } = this.#options;
    const from = resumeLine(this.#place);
    const opened = (): void => {
      if (this.#state !== 'opening') return;
      this.#state = 'open';
      this.#retryMs = FIRST_RETRY_MS;
      if (this.#wasOpen && from === undefined) this.#options.reopened();
      this.#wasOpen = true;
      this.#hasBegun();
    };
    const left = ({ lastEventId, retryMs }: Place): void => {
      this.#place = { lastEventId: lastEventId ?? this.#place.lastEventId, retryMs };
      this.#retryMs = waitMs(this.#place) ?? this.#retryMs;
    };
    try {
      const asked = headers + (from ?? '');
      const { status } = await link.events({ headers: asked, heard, abort: this.#abort, opened, left });
      // 409: it still holds the stream that was cut. 429, 5xx: not now.
      if (status === 200 || status === 409 || status === 429 || status >= 500) this.#again();
      // A session that has just been opened is known: whoever answers so has no such address for GET.
      else if (status === 404 && this.#wasOpen) this.#end();
      else if (from !== undefined) {
        // It cannot go on from there: then it may begin anew, and what was missed stays so.
        this.#place = NOWHERE;
        this.#again();
      }
      // Anything else: this server has no such stream (405, or what it or its proxy makes of that).
    } catch {
      this.#again();
    } finally {
      this.#hasBegun();
    }
  }

  #end(): void {
    if (this.#state === 'closed') return;
    this.close();
    this.#options.gone();
  }

  #again(): void {
    if (this.#state === 'closed') return;
    this.#state = 'opening';
    this.#retry = this.#options.environment.time.after(this.#retryMs, () => void this.#open());
    this.#retryMs = Math.max(Math.min(this.#retryMs * 2, MAX_RETRY_MS), waitMs(this.#place) ?? 0);
  }
}
