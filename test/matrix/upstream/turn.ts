/**
 * One turn of a tool, prompt or resource, the same for every revision: where it needs something of the client it ends with `ask` and is run
 * anew with the answers. What it remembers until then is its state.
 */
import type { Fields } from '../../fixtures/conformance/message.ts';

export const levels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];

export interface Turn {
  /** The fixture's own name, which stands in all that it says. */
  readonly server: string;
  readonly params: Fields;
  /** The message as it came. */
  readonly raw: string;
  /** What the client declared to this server. */
  readonly able: Fields;
  readonly answers: Fields;
  readonly state: string | undefined;
  /** Fires when the call is cancelled; the reason says how that was told. */
  readonly signal: AbortSignal;
  progress(done: number, total: number, message: string): void;
  log(level: string, data: unknown): void;
}

export interface Question {
  readonly method: 'elicitation/create' | 'sampling/createMessage' | 'roots/list';
  readonly params: Fields;
}

export type Questions = Readonly<Record<string, Question>>;

export type Ending =
  | { readonly kind: 'result'; readonly result: Fields }
  | { readonly kind: 'ask'; readonly questions: Questions; readonly state?: string };

/** The capability that a question needs. */
export function needed({ method }: Question): string {
  return method.slice(0, method.indexOf('/'));
}

export function text(value: string): Ending {
  return { kind: 'result', result: { content: [{ type: 'text', text: value }] } };
}

export function failed(value: string): Ending {
  return { kind: 'result', result: { content: [{ type: 'text', text: value }], isError: true } };
}
