/** What the connections of one server share. */
import type { RequestGrammar } from './grammar.ts';
import type { Output } from './output.ts';
import type { ServerOptions } from './serving.ts';

export interface Site {
  readonly options: ServerOptions;
  readonly grammar: RequestGrammar;
  readonly output: Output;
  /** Counts the server's sweeps. */
  tick: number;
  /** A ready header line. */
  date: string;
  isDraining: boolean;
}

/** A connection as it is accepted. */
export interface Arrival {
  readonly address: string;
  readonly site: Site;
  /** Called once, when the connection is no more. */
  readonly gone: () => void;
}
