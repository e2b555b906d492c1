/**
 * How an answer whose event stream was cut is gone on with: the server is asked for what comes after the last event that it gave an id, when
 * the time has passed that it asks for (HTML Living Standard section 9.2.3; MCP, "Resumability and Redelivery"). Nothing is sent anew.
 */
import type { Fault } from '../../kernel/fault.ts';
import type { Time, Timer } from '../../kernel/time.ts';
import type { ResponseReceiver, Sent } from '../../wire/http1/client.ts';

/** Where a stream was left. */
export interface Place {
  readonly lastEventId: string | undefined;
  /** What the server wants to have passed before it is asked. */
  readonly retryMs: number | undefined;
}

/** Asks the server to go on with an answer. */
export interface Resuming {
  readonly time: Time;
  /** Whether it may still ask anything. */
  readonly canResume: boolean;
  /** @param headers whose session it is, and from where. */
  resume(answer: ResponseReceiver, headers: string): Sent;
}

export interface Resumable extends ResponseReceiver {
  sent: Sent | undefined;
}

/** In a row, without an event since. */
const MAX_ATTEMPTS = 10;
const RETRY_MS = 1000;
/** Who asks to be asked at once would be asked without a rest. */
const MIN_RETRY_MS = 100;
const MAX_RETRY_MS = 10 * 60_000;
const MAX_ID_LENGTH = 1024;

/** One answer's, from its first cut on: waiting -> asked -> waiting …, until it is stopped or has been tried too often. */
export class Resumption {
  /** What is told when nothing more can come: later ones say nothing about the request. */
  readonly cutBy: Fault;
  readonly #answer: Resumable;
  readonly #resuming: Resuming;
  readonly #headers: string;
  #place: Place = { lastEventId: undefined, retryMs: undefined };
  #attempts = 0;
  #timer: Timer | undefined;

  constructor(answer: Resumable, { resuming, headers, cutBy }: { resuming: Resuming; headers: string; cutBy: Fault }) {
    this.cutBy = cutBy;
    this.#answer = answer;
    this.#resuming = resuming;
    this.#headers = headers;
  }

  /** An event has come. */
  moved(): void {
    this.#attempts = 0;
  }

  /**
   * `false`: there is nothing to go on from, or it was tried often enough.
   * @param place where the stream was left; `undefined` where none came since.
   */
  begin(place: Place | undefined): boolean {
    if (place)
      this.#place = {
        lastEventId: place.lastEventId ?? this.#place.lastEventId,
        retryMs: place.retryMs ?? this.#place.retryMs,
      };
    const line = resumeLine(this.#place);
    if (line === undefined || this.#attempts >= MAX_ATTEMPTS || !this.#resuming.canResume) return false;
    this.#attempts += 1;
    this.#timer = this.#resuming.time.after(waitMs(this.#place) ?? RETRY_MS, () => {
      this.#answer.sent = this.#resuming.resume(this.#answer, this.#headers + line);
    });
    return true;
  }

  stop(): void {
    this.#timer?.cancel();
  }
}

/** The header line that asks for what comes after it; none where there was no id, or one that no header can hold. */
export function resumeLine({ lastEventId = '' }: Place): string | undefined {
  if (lastEventId.length > MAX_ID_LENGTH || !/^[\u0020-\u007E]+$/u.test(lastEventId)) return undefined;
  return `Last-Event-ID: ${lastEventId}\r\n`;
}

/** How long to wait where the server has said it, within reason. */
export function waitMs({ retryMs }: Place): number | undefined {
  return retryMs === undefined ? undefined : Math.min(Math.max(retryMs, MIN_RETRY_MS), MAX_RETRY_MS);
}
