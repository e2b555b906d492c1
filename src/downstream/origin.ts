/** Where a request came from and where what concerns it goes: an HTTP exchange, or a line on a pipe. All that the revisions need of either. */
import type { Caller } from '../core/caller.ts';
import type { Endpoint } from '../core/endpoint.ts';
import type { Part } from '../kernel/parts.ts';

export interface Origin {
  readonly exchange: { readonly id: string; readonly from: { readonly network: string } };
  readonly endpoint: Endpoint;
  /** Who asks where the request itself has to say it; a session knows its own. */
  readonly caller: Caller;
  readonly clientRequestId: string | undefined;
}

/**
 * Who works on the answer. An object that is there anyway: of a closure written straight into a property V8 thinks that it is a method, and puts
 * it among the old at once (until the code around is hot), so that it and its call stayed until the next great collection: 25 MB.
 */
export interface Answerer {
  /** Called once, when nobody waits for the answer any more. */
  left(): void;
}

/** The way back of one request. */
export interface WayBack {
  readonly visit: Origin;
  answerer: Answerer | undefined;
  /** Whether there is somebody to hear more, once something was said before the answer. */
  readonly isStreaming: boolean;
  /** Sends something that comes before the answer. */
  note(message: readonly Part[]): void;
  /** Sends the answer: one JSON-RPC message, or an array of them. `status` is HTTP's. */
  answer(status: number, message: readonly Part[]): void;
  /** Ends without an answer. */
  end(): void;
}
