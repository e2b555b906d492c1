/**
 * A server with a process, or an event stream, for each caller and for what that caller's client can answer, beside one for what is nobody's
 * own: discovery, lists. One process ends with its caller, or after a while without a call. What a server of the revisions without sessions
 * answers depends on no process: it keeps one.
 */
import type { Call } from '../../core/call.ts';
import type { Caller } from '../../core/caller.ts';
import type { Outcome } from '../../core/outcome.ts';
import type {
  Profile,
  ResourceSubscription,
  StartedUpstream,
  UpstreamEvent,
  UpstreamStatus,
} from '../../core/ports/upstream.ts';
import { unlessAborted } from '../../kernel/abort.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Timer } from '../../kernel/time.ts';
import { offerable } from '../../protocol/capabilities.ts';
import { isRevision2025 } from '../../protocol/rev2025/differences.ts';
import type { Environment } from './environment.ts';
import { McpServer, type Open } from './server.ts';

export interface CallerProcessesOptions {
  readonly name: string;
  readonly environment: Environment;
  /** Opens the process that is everybody's. */
  readonly open: Open;
  /** Opens one for a caller whose client can answer `profile`, JSON text. */
  readonly openFor: (profile: string, caller: Caller) => Open;
  /** Whether it is told its client's roots. */
  readonly roots: boolean;
  /** Where they are no processes but streams of one server. */
  readonly streams?: Streams;
}

export interface Streams {
  /** Whether callers need any of their own, which may change. */
  readonly areNeeded: () => boolean;
  /** How many there may be, and what is said when there are. */
  readonly most: number;
  readonly full: string;
}

/** One process of a caller. */
interface Own {
  readonly key: string;
  readonly caller: Caller;
  readonly server: McpServer;
  readonly ended: () => void;
  readonly watching: Map<Subscribed, () => void>;
  calls: number;
  usedMs: number;
  idle: Timer | undefined;
}

interface Subscribed {
  readonly subscription: ResourceSubscription;
}

export class CallerProcesses implements StartedUpstream {
  readonly name: string;
  readonly #options: CallerProcessesOptions;
  readonly #shared: McpServer;
  /** By caller and profile; bounded by `bounds.children`. */
  readonly #own = new Map<string, Own>();
  readonly #subscribed = new Set<Subscribed>();
  /** As many as watch the shared one. */
  readonly #listeners = new Set<(event: UpstreamEvent) => void>();
  readonly #idleMs: number;
  #state: 'open' | 'closed' = 'open';

  constructor(options: CallerProcessesOptions) {
    const { name, environment, open } = options;
    this.name = name;
    this.#options = options;
    this.#shared = new McpServer(name, open, environment);
    // A call that waits for its client is one that goes on.
    this.#idleMs = Math.max(environment.bounds.sessionIdleMs, environment.bounds.parkedTimeoutMs);
  }

  start(): void {
    this.#shared.start();
  }

  status(): UpstreamStatus {
    return this.#shared.status();
  }

  profile(): Promise<Profile> {
    return this.#shared.profile();
  }

  /** That a list has changed may be told by the process in which something was called, and only there. */
  watch(listener: (event: UpstreamEvent) => void): () => void {
    const unwatch = this.#shared.watch(listener);
    this.#listeners.add(listener);
    return () => {
      unwatch();
      this.#listeners.delete(listener);
    };
  }

  readonly serve = (call: Call): Promise<Outcome> => {
    if (call.caller.kind === 'gateway' || call.means.kind !== 'single') return this.#shared.serve(call);
    const { revision } = this.#shared.status();
    if (revision !== undefined) return this.#serve(call, revision);
    // Whether it needs processes of its own is not known before it has been reached once.
    return unlessAborted(this.#shared.profile(), call.abort).then(() =>
      this.#serve(call, this.#shared.status().revision),
    );
  };

  /** Updates may be told by the process in which something was changed: all of the caller's are asked for them. */
  async subscribe(subscription: ResourceSubscription): Promise<() => void> {
    // Those of the caller are told later that nobody listens any more, and may have something to say until then.
    const updated = (uri: string): void => {
      if (this.#subscribed.has(subscribed)) subscription.updated(uri);
    };
    const subscribed: Subscribed = { subscription: { ...subscription, updated } };
    const stop = await this.#shared.subscribe(subscription);
    this.#subscribed.add(subscribed);
    for (const own of this.#own.values()) this.#watch(own, subscribed);
    return () => {
      if (!this.#subscribed.delete(subscribed)) return;
      stop();
      for (const { watching } of this.#own.values()) {
        watching.get(subscribed)?.();
        watching.delete(subscribed);
      }
    };
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#subscribed.clear();
    const own = [...this.#own.values()].map((one) => this.#end(one));
    await Promise.all([this.#shared.close(), ...own]);
  }

  #serve(call: Call, revision: string | undefined): Promise<Outcome> {
    if (!isRevision2025(revision) || this.#options.streams?.areNeeded() === false) return this.#shared.serve(call);
    const profile = offerable(call.able, { roots: this.#options.roots });
    const key = `${call.caller.key} ${profile}`;
    const known = this.#own.get(key);
    // Whoever comes back to a call that waits is led to it from anywhere.
    if (!known && call.round?.held !== undefined) return this.#shared.serve(call);
    let own: Own;
    try {
      own = known ?? this.#open(call.caller, key, profile);
    } catch (error) {
      return Promise.reject(error);
    }
    own.calls += 1;
    const done = (): void => {
      own.calls -= 1;
      own.usedMs = this.#options.environment.time.elapsed();
    };
    const served = own.server.serve(call);
    served.then(done, done);
    return served;
  }

  /** @throws Fault where there is no room for another. */
  #open(caller: Caller, key: string, profile: string): Own {
    const { name, environment, openFor } = this.#options;
    if (this.#state === 'closed') throw new Fault('unavailable', 'The server is no longer wanted.');
    this.#makeRoom();
    const own: Own = {
      key,
      caller,
      server: new McpServer(name, openFor(profile, caller), environment),
      ended: () => void this.#end(own),
      watching: new Map(),
      calls: 0,
      usedMs: environment.time.elapsed(),
      idle: undefined,
    };
    this.#own.set(key, own);
    this.#rest(own, this.#idleMs);
    // One server tells the same on every stream.
    if (!this.#options.streams) own.server.watch(this.#heard);
    own.server.start();
    // At once where the caller has ended already: nothing may be left of it then.
    caller.ended?.listen(own.ended);
    for (const subscribed of this.#subscribed) this.#watch(own, subscribed);
    return own;
  }

  /** What becomes of a process of its own is its caller's affair. */
  readonly #heard = (event: UpstreamEvent): void => {
    if (event.kind === 'changed') for (const listener of this.#listeners) listener(event);
  };

  /** Those that could not be started, or were lost, are no processes: they give way. */
  #makeRoom(): void {
    const { environment, streams } = this.#options;
    if (this.#own.size < (streams?.most ?? environment.bounds.children)) return;
    for (const own of this.#own.values()) {
      if (own.calls > 0 || own.server.status().state !== 'unavailable') continue;
      void this.#end(own);
      return;
    }
    throw new Fault('unavailable', streams?.full ?? 'Too many processes are running (bounds.children).');
  }

  #watch(own: Own, subscribed: Subscribed): void {
    const { subscription } = subscribed;
    if (own.caller.key !== subscription.caller.key || own.watching.has(subscribed)) return;
    // One server tells the same on every stream.
    if (this.#options.streams) return;
    own.watching.set(subscribed, () => undefined);
    own.server.subscribe(subscription).then(
      (stop) => {
        if (own.watching.has(subscribed)) own.watching.set(subscribed, stop);
        else stop();
      },
      () => void own.watching.delete(subscribed), // the shared one tells what it can
    );
  }

  /** Ends it once nobody has called for long enough; looked at when that can first be. */
  #rest(own: Own, ms: number): void {
    const { time } = this.#options.environment;
    own.idle = time.after(ms, () => {
      const restMs = own.calls > 0 ? this.#idleMs : own.usedMs + this.#idleMs - time.elapsed();
      if (restMs <= 0) void this.#end(own);
      else this.#rest(own, restMs);
    });
  }

  #end(own: Own): Promise<void> {
    if (this.#own.get(own.key) === own) this.#own.delete(own.key);
    own.idle?.cancel();
    own.caller.ended?.ignore(own.ended);
    own.watching.clear();
    return own.server.close();
  }
}
