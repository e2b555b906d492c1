/** What the connections of one server share. */
import type { X509Certificate } from 'node:crypto';
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
  /** The client's own, verified. */
  readonly certificate: X509Certificate | undefined;
  readonly site: Site;
  /** Called once, when the connection is no more. */
  readonly gone: () => void;
}
