/** What the connections of one server share. */
import type { Arrival } from './arrival.ts';
import type { RequestGrammar } from './grammar.ts';
import type { ServerOptions } from './serving.ts';

export interface Site {
  readonly options: ServerOptions;
  readonly grammar: RequestGrammar;
  /** Counts the server's sweeps. */
  tick: number;
  /** Called once for each connection, when it is no more. */
  readonly gone: (arrival: Arrival) => void;
  /** A ready header line. */
  date: string;
  /** The end is near: idle connections are not kept. */
  isDraining: boolean;
  /** Each answer is the last one on its connection. */
  isClosing: boolean;
}
