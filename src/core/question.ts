/**
 * What a server asks a client in the middle of a call (elicitation, sampling, roots), and what comes back; without a word about how it
 * travels. A client is asked while its call goes on, or by ending the call: then it makes another, which is the next round of the same one.
 */
import type { Abort } from '../kernel/abort.ts';

export interface Question {
  readonly method: string;
  /** JSON text of its params. */
  readonly params: string;
}

/** As the client gave it: the JSON text of a result, or of a JSON-RPC error. */
export interface ClientAnswer {
  readonly kind: 'result' | 'error';
  readonly json: string;
}

/**
 * Asks the client while the call goes on. Rejects with a Fault when the client cannot be asked, has not answered in time, or `abort` fires, and
 * then the client has been told that nobody waits for its answer any more.
 */
export type Ask = (question: Question, abort: Abort) => Promise<ClientAnswer>;

/** What a client brings when it makes a call again to answer what it was asked. */
export interface Round {
  /** Results by the keys of the questions, a JSON object's text; absent where it brings none. */
  readonly answers: string | undefined;
  /** The server's own state, a JSON string's text, as the server gave it. */
  readonly state: string | undefined;
  /** What `Outcome.held` was: the call that waits in the gateway. */
  readonly held: string | undefined;
}
