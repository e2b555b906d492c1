/**
 * One configured MCP server over its whole life: starting -> ready <-> unavailable -> closed. Whatever happens to it, the others and the
 * gateway go on; it comes back by itself, later each time it fails. How it is reached is the opener's affair.
 */
import type { Call } from '../../core/call.ts';
import type { Outcome } from '../../core/outcome.ts';
import type {
  Profile,
  ResourceSubscription,
  StartedUpstream,
  UpstreamEvent,
  UpstreamStatus,
} from '../../core/ports/upstream.ts';
import { Abort, unlessAborted } from '../../kernel/abort.ts';
import { Fault, toFault } from '../../kernel/fault.ts';
import type { Timer } from '../../kernel/time.ts';
import type { Connection, ConnectionEvents } from './connection.ts';
import type { Environment } from './environment.ts';

/** An open server: its connection, and how to let go of what carries it. */
export interface Opened {
  readonly connection: Connection;
  readonly close: () => Promise<void>;
  /** Asks whether it is still alive after it has left a call unanswered. */
  readonly suspect?: () => void;
  /** Asks again what it speaks; `false` when that has changed. */
  readonly confirm?: () => Promise<boolean>;
}

/** @param abort fires when the server is no longer wanted; whatever was begun then ends at once. */
export type Open = (events: ConnectionEvents, abort: Abort) => Promise<Opened>;

const NOT_STARTED = 'It has not been started yet.';
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;
/** A server that has lived this long starts with the short waits again. */
const STABLE_MS = 30_000;
const RESUBSCRIBED_AT_ONCE = 16;

type State =
  | { readonly kind: 'starting'; readonly opening: Promise<Opened> }
  | { readonly kind: 'ready'; readonly held: Held; readonly sinceMs: number }
  /** `reason` is for operators, `told` for callers. */
  | { readonly kind: 'unavailable'; readonly reason: string; readonly told: string; readonly retryMs: number }
  | { readonly kind: 'closed' };

/** An open server and the calls that it works on: one that is given up is let go of when the last of them has ended. */
interface Held {
  readonly opened: Opened;
  calls: number;
}

interface Subscribed {
  readonly subscription: ResourceSubscription;
  stop: () => void;
}

export class McpServer implements StartedUpstream {
  readonly name: string;
  readonly #open: Open;
  readonly #environment: Environment;
  readonly #listeners = new Set<(event: UpstreamEvent) => void>();
  #state: State = { kind: 'unavailable', reason: NOT_STARTED, told: NOT_STARTED, retryMs: 0 };
  #revision: string | undefined;
  #retry: Timer | undefined;
  #retryMs = FIRST_RETRY_MS;
  #generation = 0;
  #abort = new Abort();
  #isDoubted = false;
  readonly #subscribed = new Set<Subscribed>();
  /** For operators: why it could last not be opened, or was lost; while it is tried again too. */
  #reason: string | undefined;
  /** What it told callers when it could last not be opened; forgotten once it could. */
  #failure: Fault | undefined;
  /** Given up, with calls that may still be answered. */
  readonly #retired = new Set<Held>();
  #closing: Promise<void> | undefined;

  constructor(name: string, open: Open, environment: Environment) {
    this.name = name;
    this.#open = open;
    this.#environment = environment;
  }

  /** Begins to connect; returns at once. */
  start(): void {
    if (this.#state.kind === 'unavailable') this.#connect();
  }

  status(): UpstreamStatus {
    const state = this.#state;
    if (state.kind === 'ready') return { state: 'ready', revision: this.#revision, reason: undefined };
    if (state.kind === 'starting') return { state: 'starting', revision: this.#revision, reason: this.#reason };
    const reason = state.kind === 'closed' ? 'It has been closed.' : state.reason;
    return { state: 'unavailable', revision: this.#revision, reason };
  }

  async profile(): Promise<Profile> {
    // One that has failed before is not waited for again: nobody knows how long that takes.
    if (this.#state.kind === 'starting' && this.#failure) throw this.#failure;
    return (await this.#ready()).connection.profile();
  }

  readonly serve = (call: Call): Promise<Outcome> => {
    // It waits where it was left, whatever has become of its server.
    if (call.round?.held !== undefined) return this.#environment.parking.resume(call);
    if (this.#state.kind === 'ready') return this.#ask(this.#state.held, call);
    // One that is starting is waited for, no longer than the call may.
    return unlessAborted(this.#ready(), call.abort).then(() =>
      this.#state.kind === 'ready' ? this.#ask(this.#state.held, call) : Promise.reject(this.#unavailable()),
    );
  };

  async subscribe(subscription: ResourceSubscription): Promise<() => void> {
    const subscribed: Subscribed = {
      subscription,
      stop: await (await this.#ready()).connection.subscribe(subscription),
    };
    this.#subscribed.add(subscribed);
    return () => {
      if (this.#subscribed.delete(subscribed)) subscribed.stop();
    };
  }

  watch(listener: (event: UpstreamEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Lets go of the server and of everything that was started for it. Safe to call twice. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    const state = this.#state;
    this.#state = { kind: 'closed' };
    this.#retry?.cancel();
    this.#subscribed.clear();
    this.#abort.now(new Fault('cancelled', 'The server is no longer wanted.'));
    const retired = [...this.#retired].map(({ opened }) => letGo(opened));
    this.#retired.clear();
    const opening = state.kind === 'starting' ? state.opening.catch(() => undefined) : undefined;
    const opened = state.kind === 'ready' ? state.held.opened : await opening;
    await Promise.all([opened && letGo(opened), ...retired]);
  }

  #ask(held: Held, call: Call): Promise<Outcome> {
    held.calls += 1;
    return held.opened.connection.serve(call).then(
      (outcome) => {
        // One that is parked goes on here when its client is back.
        if (outcome.kind === 'input-required') this.#environment.parking.whenOver(outcome.held, () => this.#done(held));
        else this.#done(held);
        return outcome;
      },
      (error: unknown) => {
        this.#done(held);
        this.#learn(toFault(error), held);
        throw error;
      },
    );
  }

  #done(held: Held): void {
    held.calls -= 1;
    if (held.calls === 0 && this.#retired.delete(held)) void letGo(held.opened);
  }

  #tell(event: UpstreamEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #ready(): Promise<Opened> {
    const state = this.#state;
    if (state.kind === 'ready') return Promise.resolve(state.held.opened);
    if (state.kind === 'starting') return state.opening.catch(() => Promise.reject(this.#unavailable()));
    return Promise.reject(this.#unavailable());
  }

  #unavailable(): Fault {
    const state = this.#state;
    const told = state.kind === 'unavailable' ? ` ${state.told}` : '';
    const wait = state.kind === 'unavailable' && state.retryMs > 0 ? { retryAfterMs: state.retryMs } : {};
    return new Fault('unavailable', `The server "${this.name}" is not available.${told}`, wait);
  }

  #connect(): void {
    this.#generation += 1;
    const generation = this.#generation;
    const events: ConnectionEvents = {
      changed: (list) => this.#tell({ kind: 'changed', list }),
      missed: (list) => this.#tell({ kind: 'missed', list }),
      doubted: () => this.#doubt(generation),
      lost: (reason) => this.#lost(generation, reason),
    };
    this.#abort = new Abort();
    const opening = this.#open(events, this.#abort);
    this.#state = { kind: 'starting', opening };
    this.#tell({ kind: 'status', status: this.status() });
    opening.then(
      (opened) => this.#opened(generation, opened),
      (error: unknown) => this.#failed(generation, toFault(error)),
    );
  }

  #opened(generation: number, opened: Opened): void {
    if (generation !== this.#generation || this.#state.kind !== 'starting') return;
    this.#revision = opened.connection.revision;
    this.#failure = undefined;
    this.#reason = undefined;
    this.#state = {
      kind: 'ready',
      held: { opened, calls: 0 },
      sinceMs: this.#environment.time.elapsed(),
    };
    void this.#resubscribe(opened);
    this.#environment.log.info({ server: this.name, revision: this.#revision }, 'server ready');
    this.#tell({ kind: 'status', status: this.status() });
  }

  #failed(generation: number, fault: Fault): void {
    if (generation !== this.#generation || this.#state.kind === 'closed') return;
    this.#environment.log.warn(
      { server: this.name, reason: fault.message, detail: fault.detail },
      'server unavailable',
    );
    const told = fault.kind === 'unreachable' ? (fault.reason ?? 'It cannot be reached.') : fault.message;
    this.#later(fault.reason ?? told, told);
  }

  #lost(generation: number, reason: string): void {
    const state = this.#state;
    if (generation !== this.#generation || state.kind !== 'ready') return;
    if (this.#environment.time.elapsed() - state.sinceMs > STABLE_MS) this.#retryMs = FIRST_RETRY_MS;
    const { held } = state;
    // Calls that it still works on may well be answered.
    if (held.calls > 0) this.#retired.add(held);
    else void letGo(held.opened);
    this.#environment.log.warn({ server: this.name, reason }, 'server lost');
    const told = `It ${reason.replace(/^it /u, '')}.`;
    this.#later(told, told);
  }

  #later(reason: string, told: string): void {
    const retryMs = this.#retryMs;
    this.#state = { kind: 'unavailable', reason, told, retryMs };
    this.#failure = this.#unavailable();
    this.#reason = reason;
    this.#retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
    this.#retry = this.#environment.time.after(retryMs, () => {
      if (this.#state.kind === 'unavailable') this.#connect();
    });
    this.#tell({ kind: 'status', status: this.status() });
  }

  /** What was watched before is watched again, a few at a time; nobody can know what was missed. */
  async #resubscribe({ connection }: Opened): Promise<void> {
    const again = async (subscribed: Subscribed): Promise<void> => {
      const { subscription } = subscribed;
      try {
        subscribed.stop = await connection.subscribe(subscription);
        subscription.updated(subscription.uri);
        if (!this.#subscribed.has(subscribed)) subscribed.stop();
      } catch (error) {
        const { message: reason } = toFault(error);
        this.#environment.log.warn({ server: this.name, reason }, 'a resource is no longer watched');
      }
    };
    const before = [...this.#subscribed];
    for (let at = 0; at < before.length; at += RESUBSCRIBED_AT_ONCE)
      await Promise.all(before.slice(at, at + RESUBSCRIBED_AT_ONCE).map(again));
  }

  /** Asked once at a time, beside the calls that go on. */
  #doubt(generation: number): void {
    const state = this.#state;
    if (this.#isDoubted || state.kind !== 'ready' || !state.held.opened.confirm) return;
    this.#isDoubted = true;
    state.held.opened
      .confirm()
      .then((same) => {
        if (!same) this.#lost(generation, 'no longer speaks the protocol revision that it did');
      })
      .catch(() => undefined) // it could not be asked: that proves nothing
      .finally(() => (this.#isDoubted = false));
  }

  /** What a failed call says about the server itself. */
  #learn(fault: Fault, held: Held): void {
    if (this.#state.kind !== 'ready' || this.#state.held !== held) return;
    if (fault.kind === 'unreachable') this.#lost(this.#generation, 'it cannot be reached');
    else if (fault.kind === 'timed-out') held.opened.suspect?.();
  }
}

function letGo({ connection, close }: Opened): Promise<void> {
  connection.close();
  return close();
}
