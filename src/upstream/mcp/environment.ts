/** What an MCP upstream is given to live with. One for the process; nothing in it belongs to a single server. */
import type { Log } from '../../core/ports/log.ts';
import type { Budget } from '../../kernel/bounded.ts';
import type { Skim } from '../../kernel/skim/skim.ts';
import type { Time } from '../../kernel/time.ts';
import type { SpareBlocks } from '../link/blocks.ts';
import type { Parking } from './parking.ts';
import type { Guardian } from '../link/process-guardian.ts';
import type { Dial } from '../../wire/http1/client.ts';
import type { Output } from '../../wire/http1/output.ts';
import type { Parsers } from '../../wire/http1/parser.ts';
import type { Processes } from '../link/process.ts';

export interface Environment {
  readonly time: Time;
  readonly log: Log;
  readonly buffered: Budget;
  readonly blocks: SpareBlocks;
  readonly skim: Skim;
  readonly dial: Dial;
  readonly parsers: Parsers;
  readonly output: Output;
  readonly processes: Processes;
  /** What this gateway calls itself towards servers, as JSON text. */
  readonly clientInfo: string;
  /** Ends the children if the gateway is killed. */
  readonly guardian: Pick<Guardian, 'guard' | 'release'>;
  /** What every child process sees besides its own settings. */
  readonly childEnvironment: Readonly<Record<string, string>>;
  readonly bounds: {
    readonly resultBytes: number;
    readonly lineBytes: number;
    readonly jsonDepth: number;
    readonly headerBytes: number;
    readonly headers: number;
    readonly children: number;
    /** Sessions that are open with upstreams at once. */
    readonly sessions: number;
    /** Calls that wait for their client's answer: in all, of one caller, and for how long. */
    readonly parked: number;
    readonly parkedPerCaller: number;
    readonly parkedTimeoutMs: number;
    readonly sessionIdleMs: number;
  };
  /** What is alive now, for metrics and bounds: processes, sessions with servers. */
  readonly counts: { children: number; sessions: number; parked: number; legs: number };
  /** Calls that wait for their clients. */
  readonly parking: Parking;
}
