/** The log level of one session: it is the session's, not a request's (2025-11-25, "Logging"), so the most verbose that was asked for counts. */
import type { Call } from '../../core/call.ts';
import { member, type JsonObject } from '../../kernel/json.ts';
import { isLogLevel, LOG_LEVELS, type LogLevel } from '../../protocol/methods.ts';

export class SessionLevel {
  readonly #isShared: boolean;
  readonly #set: (level: LogLevel) => Promise<unknown>;
  #level: LogLevel | undefined;

  /** @param isShared several callers have it in common: then it never becomes less verbose. */
  constructor(isShared: boolean, set: (level: LogLevel) => Promise<unknown>) {
    this.#isShared = isShared;
    this.#set = set;
  }

  /** The server is another now, or has forgotten. */
  forget(): void {
    this.#level = undefined;
  }

  /** Asks the server for what a call wants; `undefined` where there is nothing to ask. @param greeting the answer to `initialize`. */
  reach(wanted: Call['logLevel'], greeting: JsonObject): Promise<unknown> | undefined {
    if (!isLogLevel(wanted) || member(member(greeting, 'capabilities'), 'logging') === undefined) return undefined;
    const level = this.#level;
    const isSet =
      level !== undefined &&
      (this.#isShared ? LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(wanted) : level === wanted);
    if (isSet) return undefined;
    this.#level = wanted;
    // A server that refuses a level still answers calls.
    return this.#set(wanted).catch(() => undefined);
  }
}
