/**
 * The sessions that the callers of one server have with it, over HTTP: whose calls share one is the server's `affinity`, and what one was
 * opened with is the profile of the calls that it is for. They end with their caller, after a long rest, or to make room.
 */
import { randomBytes } from 'node:crypto';
import type { Call } from '../../core/call.ts';
import type { Caller } from '../../core/caller.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Affinity } from '../../core/settings.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Time, Timer } from '../../kernel/time.ts';
import { tellingRoots } from '../../protocol/capabilities.ts';
import { handleOf } from './session-messages.ts';
import type { SessionOptions, UpstreamSession } from './session.ts';
import { NOBODY } from './unmet.ts';

export interface SessionsOptions {
  readonly affinity: Affinity;
  readonly time: Time;
  readonly bounds: { readonly sessions: number; readonly sessionIdleMs: number };
  readonly counts: { readonly sessions: number };
  readonly make: (how: Pick<SessionOptions, 'isShared' | 'offered' | 'handle'>) => UpstreamSession;
}

/** What one caller has here. */
interface Owned {
  readonly caller: Caller;
  /** By profile, or by handle. */
  readonly sessions: Map<string, UpstreamSession>;
  readonly ended: () => void;
  /** Hears that its client's roots have changed. */
  readonly roots: { leave(): void } | undefined;
}

/** Sessions that one caller may have under handles of its own. */
const HANDLES = 64;
const LOOK_MS = 30_000;
const EVERYBODY: Caller = { key: 'everybody', kind: 'anonymous', share: 'everybody' };

export class Sessions {
  readonly #options: SessionsOptions;
  /** A caller's entry ends with it, or with its last session. */
  readonly #owned = new Map<string, Owned>();
  #sweep: Timer | undefined;
  #isClosed = false;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** @param able what of the client's capabilities is carried to this server. */
  serve(call: Call, able: string): Promise<Outcome> {
    const { affinity } = this.#options;
    if (this.#isClosed) return Promise.reject(closed());
    if (affinity === 'ephemeral') return this.#once(call, able);
    if (affinity === 'handle') return this.#named(call, able);
    return this.of(call.caller, able).serve(call, able);
  }

  /** The session that a caller's calls of this profile have in common. */
  of(caller: Caller, able: string): UpstreamSession {
    // What a caller says about its own folders is for no session of others.
    const isEverybodys = this.#options.affinity === 'shared' && !able.includes('"roots"');
    const owner = isEverybodys ? EVERYBODY : caller;
    const known = this.#owned.get(owner.key)?.sessions.get(able);
    return known ?? this.#add(owner, able, { isShared: owner.kind !== 'session', offered: able });
  }

  /** Any that the caller has, rather than another. @throws Fault where they have been closed. */
  some(caller: Caller): UpstreamSession {
    const owner = this.#options.affinity === 'shared' ? EVERYBODY : caller;
    const [first] = this.#owned.get(owner.key)?.sessions.values() ?? [];
    return first ?? this.of(caller, NOBODY);
  }

  close(): void {
    this.#isClosed = true;
    this.#sweep?.cancel();
    for (const owned of this.#owned.values()) this.#end(owned);
  }

  async #once(call: Call, able: string): Promise<Outcome> {
    this.#makeRoom();
    const session = this.#options.make({ isShared: false, offered: able });
    try {
      return await session.serve(call, able);
    } finally {
      session.retire();
    }
  }

  async #named(call: Call, able: string): Promise<Outcome> {
    const given = handleOf(call);
    if (given !== undefined) {
      const known = typeof given === 'string' ? this.#owned.get(call.caller.key)?.sessions.get(given) : undefined;
      if (!known)
        throw new Fault('unknown-name', 'params._meta["gatehouse/session"] is not one that was given out here.');
      return known.serve(call, able);
    }
    const handle = randomBytes(16).toString('base64url');
    const session = this.#add(call.caller, handle, { isShared: false, offered: able, handle });
    let isTold = false;
    try {
      const outcome = await session.serve(call, able);
      // An error names no session.
      isTold = outcome.kind !== 'error';
      return outcome;
    } finally {
      if (!isTold) this.#drop(call.caller.key, handle);
    }
  }

  #add(owner: Caller, name: string, how: Parameters<SessionsOptions['make']>[0]): UpstreamSession {
    if (this.#isClosed) throw closed();
    this.#makeRoom();
    const owned = this.#owned.get(owner.key) ?? this.#own(owner);
    if (owned.sessions.size >= HANDLES) this.#dropLongestResting([owned]);
    const offered = owner.rootsChanged ? tellingRoots(how.offered) : how.offered;
    const session = this.#options.make({ ...how, offered });
    owned.sessions.set(name, session);
    this.#sweep ??= this.#options.time.every(LOOK_MS, () => this.#look());
    // At once where the caller has ended already: nothing may be left of it then.
    if (owned.sessions.size === 1) owner.ended?.listen(owned.ended);
    return session;
  }

  #own(caller: Caller): Owned {
    const sessions: Owned['sessions'] = new Map();
    const roots = caller.rootsChanged?.add(() => {
      for (const session of sessions.values()) session.rootsChanged();
    });
    const owned: Owned = { caller, sessions, roots, ended: () => this.#end(owned) };
    this.#owned.set(caller.key, owned);
    return owned;
  }

  #end({ caller, sessions, ended, roots }: Owned): void {
    this.#owned.delete(caller.key);
    roots?.leave();
    caller.ended?.ignore(ended);
    for (const session of sessions.values()) session.close();
    sessions.clear();
  }

  #drop(owner: string, name: string): void {
    const owned = this.#owned.get(owner);
    owned?.sessions.get(name)?.retire();
    owned?.sessions.delete(name);
    if (owned?.sessions.size === 0) this.#end(owned);
  }

  /** Sessions of callers that end by themselves end with them, whatever their rest. */
  #look(): void {
    const { time, bounds } = this.#options;
    for (const owned of this.#owned.values()) {
      if (owned.caller.ended) continue;
      for (const [name, { restsSinceMs = Infinity }] of owned.sessions)
        if (time.elapsed() - restsSinceMs >= bounds.sessionIdleMs) this.#drop(owned.caller.key, name);
    }
    if (this.#owned.size > 0) return;
    this.#sweep?.cancel();
    this.#sweep = undefined;
  }

  #makeRoom(): void {
    const { bounds, counts } = this.#options;
    if (counts.sessions < bounds.sessions) return;
    const all = [...this.#owned.values()];
    if (!this.#dropLongestResting(all.filter(({ caller }) => !caller.ended))) this.#dropLongestResting(all);
  }

  #dropLongestResting(among: readonly Owned[]): boolean {
    let longest: { readonly owner: string; readonly name: string; readonly sinceMs: number } | undefined;
    for (const { caller, sessions } of among) {
      for (const [name, { restsSinceMs: sinceMs, isOpen }] of sessions)
        if (isOpen && sinceMs !== undefined && sinceMs < (longest?.sinceMs ?? Infinity))
          longest = { owner: caller.key, name, sinceMs };
    }
    if (longest) this.#drop(longest.owner, longest.name);
    return longest !== undefined;
  }
}

const closed = (): Fault => new Fault('unavailable', 'The sessions with the server have ended.');
