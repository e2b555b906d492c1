/** What every way in needs: the Snapshot in force, the bounds that concern callers, and the counts behind them. One a listener or pipe. */
import type { Load } from '../core/load.ts';
import type { Changes } from '../core/ports/changes.ts';
import type { Identity } from '../core/ports/identity.ts';
import type { Log } from '../core/ports/log.ts';
import type { Snapshots } from '../core/snapshot.ts';
import type { Budget } from '../kernel/bounded.ts';
import type { Shares } from '../kernel/shares.ts';
import type { Skim } from '../kernel/skim/skim.ts';
import type { Time } from '../kernel/time.ts';
import type { KeepAlive } from './http/keep-alive.ts';

export interface Edge {
  readonly snapshots: Snapshots;
  readonly changes: Changes;
  readonly time: Time;
  readonly log: Log;
  readonly skim: Skim;
  readonly bounds: {
    readonly jsonDepth: number;
    readonly sessions: number;
    readonly sessionIdleMs: number;
    readonly parked: number;
    readonly parkedPerCaller: number;
    readonly parkedTimeoutMs: number;
  };
  /** All that is held for clients and servers at once. */
  readonly buffered: Budget;
  /** Questions that wait for an answer of their client. */
  readonly counts: { parked: number };
  /** Calls that run now, of all those that may; long-lived streams are not counted. */
  readonly calls: Shares;
  readonly load: Load;
}

/** What ways in over HTTP need besides. */
export interface HttpEdge extends Edge {
  readonly keepAlive: KeepAlive;
  readonly identity: Identity;
  readonly bounds: Edge['bounds'] & { readonly replayBytes: number };
}
