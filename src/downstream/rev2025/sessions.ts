/** All sessions of one listener, bounded. One that nobody uses ends after a while, or earlier where another needs its room (`guests.ts`). */
import { BoundedMap, Share } from '../../kernel/bounded.ts';
import { Fault } from '../../kernel/fault.ts';
import { Roll } from '../../kernel/roll.ts';
import type { Time, Timer } from '../../kernel/time.ts';
import type { HttpEdge } from '../edge.ts';
import type { KeepAlive } from '../http/keep-alive.ts';
import { Guests } from './guests.ts';
import { HttpSession, type Home } from './http-session.ts';
import { Replay, type Ring } from './replay.ts';
import type { Reply } from './reply.ts';
import type { SessionOf } from './session.ts';

const SWEEP_MS = 30_000;
/** A call that is not answered after one to two of these is answered on a stream. */
const REMIND_MS = 10_000;
/** What all events that are kept may take of the budget for what is buffered: bodies and results come first. */
const KEPT_SHARE = 0.25;

export class Sessions implements Home {
  readonly keepAlive: KeepAlive;
  /** Never more than calls in flight. */
  readonly waiting = new Roll<Reply>();
  readonly #sessions: BoundedMap<string, HttpSession>;
  /** Those that nobody is using, the longest idle one first. */
  readonly #resting = new Roll<HttpSession>();
  readonly #guests: Guests;
  readonly #max: number;
  readonly #time: Time;
  readonly #replay: Replay;
  readonly #timers: readonly Timer[];
  #elsewhere = 0;

  constructor({ bounds, buffered, time, keepAlive }: HttpEdge) {
    this.keepAlive = keepAlive;
    this.#sessions = new BoundedMap(bounds.sessions);
    this.#guests = new Guests(bounds.sessions);
    this.#max = bounds.sessions;
    this.#time = time;
    this.#replay = new Replay(new Share(buffered, buffered.max * KEPT_SHARE), bounds.replayBytes);
    this.#timers = [
      time.every(Math.min(SWEEP_MS, bounds.sessionIdleMs), () => this.#sweep(bounds.sessionIdleMs)),
      time.every(REMIND_MS, () => {
        for (const reply of this.waiting.values()) reply.remind();
      }),
    ];
  }

  get size(): number {
    return this.#sessions.size + this.#elsewhere;
  }

  /** @throws Fault `overloaded` when there are too many and none that could end for this one. */
  open(of: SessionOf): HttpSession {
    if (this.size >= this.#max) this.#makeRoom(of.remote);
    const session = new HttpSession(this, of);
    this.#sessions.set(session.id, session);
    this.#guests.opened(session);
    this.resting(session);
    return session;
  }

  /** One more that is kept elsewhere, and is in use until it leaves. @throws Fault as `open` does. */
  enter(remote: string): void {
    if (this.size >= this.#max) this.#makeRoom(remote);
    this.#elsewhere += 1;
    this.#guests.opened({ remote });
  }

  leave(remote: string): void {
    this.#elsewhere -= 1;
    this.#guests.left(remote);
  }

  /** The session with this id at this endpoint. @throws Fault `unknown-session`. */
  find(id: string, address: string): HttpSession {
    const session = this.#sessions.peek(id);
    if (session?.address !== address) throw new Fault('unknown-session', 'Unknown session; initialize again.');
    if (session.isIdle) this.resting(session);
    return session;
  }

  end(session: HttpSession): void {
    if (!this.#sessions.delete(session.id)) return;
    session.end();
    session.amongIdle.leave();
    this.#guests.ended(session);
  }

  /** Sessions of endpoints that are no longer there. */
  endWhere(isGone: (address: string) => boolean): void {
    for (const session of this.#sessions.values()) if (isGone(session.address)) this.end(session);
  }

  /** The sessions go on without their streams, and so do calls with theirs. */
  endStreams(): void {
    for (const { stream } of this.#sessions.values()) stream?.hangUp();
  }

  /** Answers of clients have no way in any more. */
  silence(): void {
    for (const session of this.#sessions.values()) session.silent();
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel();
    this.endWhere(() => true);
  }

  ring(): Ring {
    return this.#replay.ring();
  }

  busy(session: HttpSession): void {
    session.amongIdle.leave();
    this.#guests.busy(session);
  }

  resting(session: HttpSession): void {
    if (session.ended.reason) return;
    session.usedMs = this.#time.elapsed();
    this.#resting.enter(session.amongIdle);
    this.#guests.resting(session);
  }

  #makeRoom(remote: string): void {
    const yielding = this.#guests.yielding(remote);
    if (!yielding) throw new Fault('overloaded', 'Too many sessions are open.', { retryAfterMs: 5000 });
    this.end(yielding);
  }

  /** Whoever has a stream or a call open is using its session. */
  #sweep(idleMs: number): void {
    const now = this.#time.elapsed();
    for (let idle = this.#resting.first; idle && now - idle.usedMs >= idleMs; idle = this.#resting.first)
      this.end(idle);
  }
}
