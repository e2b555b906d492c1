/** What a cell may ask of a client, whatever it speaks. What comes is judged on the way; a fault fails the request, or waits in `faults`. */
import type { Fields } from '../../fixtures/conformance/message.ts';
import type { Face } from '../cells.ts';

export interface Ask {
  readonly method: string;
  readonly params?: Fields;
  readonly progress?: (params: Fields) => void;
  /** Which log messages are wanted; a session keeps what was wanted last. */
  readonly level?: string;
  readonly log?: (params: Fields) => void;
  /** Nothing where the question is not for this request. An `Error` is told as a JSON-RPC error, by clients who have that. */
  readonly answer?: (method: string, params: Fields) => Fields | Error | undefined;
  /** Cancels, in the way of the revision. */
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly result: Fields | undefined;
  readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } | undefined;
}

export interface Wanted {
  readonly lists: boolean;
  readonly uris: readonly string[];
}

export type HearChange = (method: string, params: Fields) => void;

export interface Client {
  readonly face: Face;
  /** What the other side says that it can do. */
  open(able: Fields): Promise<Fields>;
  request(ask: Ask): Promise<Answered>;
  /** Resolves once it is listening. Gives back how to stop. */
  watch(wanted: Wanted, hear: HearChange): Promise<() => Promise<void>>;
  /** What was wrong beside any request, since the last time. */
  faults(): readonly string[];
  close(): Promise<void>;
}

/** Both kinds of ids, zero among them, and `"1"` beside `1`. */
export function idOf(count: number): string | number {
  return count % 2 === 0 ? count / 2 : String((count - 1) / 2);
}

export class Cancelled extends Error {
  constructor() {
    super('cancelled');
  }
}
