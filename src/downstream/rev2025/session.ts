/**
 * Sessions of the 2025 revisions (2025-11-25, "Transports", session management). A session belongs to the endpoint that opened it: at any
 * other its id is unknown. Without authentication the session is the caller. States: open -> ended.
 */
import { randomBytes } from 'node:crypto';
import type { Caller } from '../../core/caller.ts';
import type { Listening } from '../../core/ports/changes.ts';
import { Abort } from '../../kernel/abort.ts';
import { BoundedMap } from '../../kernel/bounded.ts';
import type { Part } from '../../kernel/parts.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Time } from '../../kernel/time.ts';
import type { LogLevel } from '../../protocol/methods.ts';
import type { Revision2025 } from '../../protocol/rev2025/differences.ts';

/** The GET stream of a session. */
export interface OpenStream {
  tell(message: readonly Part[]): void;
  end(): void;
}

export class Session {
  readonly id: string;
  readonly address: string;
  readonly revision: Revision2025;
  readonly caller: Caller;
  readonly ended = new Abort();
  /** Requests in flight by the JSON text of their id, for `notifications/cancelled`. */
  readonly inFlight = new Map<string, Abort>();
  readonly uris = new Set<string>();
  level: LogLevel | undefined;
  stream: OpenStream | undefined;
  listening: Listening | undefined;
  usedMs: number;

  constructor(options: {
    readonly address: string;
    readonly revision: Revision2025;
    readonly remote: string;
    readonly nowMs: number;
  }) {
    this.id = randomBytes(24).toString('base64url');
    this.address = options.address;
    this.revision = options.revision;
    this.caller = { key: `session ${this.id}`, kind: 'session', share: options.remote, ended: this.ended };
    this.usedMs = options.nowMs;
  }

  /** Whether nobody would notice its end now. */
  get isIdle(): boolean {
    return this.stream === undefined && this.inFlight.size === 0;
  }

  end(): void {
    const reason = new Fault('cancelled', 'The session has ended.');
    this.ended.now(reason);
    for (const abort of this.inFlight.values()) abort.now(reason);
    this.listening?.close();
    this.stream?.end();
  }
}

const SWEEP_MS = 30_000;

export class Sessions {
  readonly #sessions: BoundedMap<string, Session>;
  readonly #max: number;
  readonly #time: Time;
  readonly #stopSweep: () => void;

  constructor(bounds: { readonly sessions: number; readonly sessionIdleMs: number }, time: Time) {
    this.#sessions = new BoundedMap(bounds.sessions, (_, session) => session.end());
    this.#max = bounds.sessions;
    this.#time = time;
    const timer = time.every(Math.min(SWEEP_MS, bounds.sessionIdleMs), () => this.#sweep(bounds.sessionIdleMs));
    this.#stopSweep = () => timer.cancel();
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** @throws Fault `overloaded` when all that are open are in use. */
  open(options: { readonly address: string; readonly revision: Revision2025; readonly remote: string }): Session {
    if (this.#sessions.size >= this.#max) this.#makeRoom();
    const session = new Session({ ...options, nowMs: this.#time.elapsed() });
    this.#sessions.set(session.id, session);
    return session;
  }

  /** The session with this id at this endpoint. @throws Fault `unknown-session`. */
  find(id: string, address: string): Session {
    const session = this.#sessions.peek(id);
    if (session?.address !== address) throw new Fault('unknown-session', 'Unknown session; initialize again.');
    this.#sessions.get(id); // counts as use
    session.usedMs = this.#time.elapsed();
    return session;
  }

  end(session: Session): void {
    this.#sessions.delete(session.id);
    session.end();
  }

  /** Sessions of endpoints that are no longer there. */
  endWhere(isGone: (address: string) => boolean): void {
    for (const session of this.#sessions.values()) if (isGone(session.address)) this.end(session);
  }

  /** The sessions go on without them. */
  endStreams(): void {
    for (const { stream } of this.#sessions.values()) stream?.end();
  }

  close(): void {
    this.#stopSweep();
    this.endWhere(() => true);
  }

  #makeRoom(): void {
    for (const session of this.#sessions.values()) {
      if (!session.isIdle) continue;
      this.end(session);
      return;
    }
    throw new Fault('overloaded', 'Too many sessions are open.', { retryAfterMs: 5000 });
  }

  /** Whoever has a stream or a call open is using its session. */
  #sweep(idleMs: number): void {
    const now = this.#time.elapsed();
    for (const session of this.#sessions.values()) {
      if (!session.isIdle) session.usedMs = now;
      else if (now - session.usedMs >= idleMs) this.end(session);
    }
  }
}
