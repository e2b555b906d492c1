/**
 * A server of the 2025 revisions. The gateway has a session of its own with it, which is offered all that can be carried, since what a server
 * lists may depend on it; callers have others over HTTP. Over a pipe there is one for all, since the process is the session.
 */
import type { Call } from '../../core/call.ts';
import type { Caller } from '../../core/caller.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Profile, ResourceSubscription } from '../../core/ports/upstream.ts';
import type { Affinity } from '../../core/settings.ts';
import { BoundedMap } from '../../kernel/bounded.ts';
import { isObject, member } from '../../kernel/json.ts';
import { EVERYTHING_BUT_ROOTS, offerable } from '../../protocol/capabilities.ts';
import { withCompletions } from '../../protocol/completion.ts';
import type { Message } from '../../protocol/jsonrpc.ts';
import { differences } from '../../protocol/rev2025/differences.ts';
import type { HttpLink } from '../link/http.ts';
import type { SseLink } from '../link/sse.ts';
import type { StdioLink } from '../link/stdio.ts';
import { orNone, withoutItsContext } from './completion.ts';
import type { Connection, ConnectionEvents } from './connection.ts';
import type { Environment } from './environment.ts';
import { MissedLists } from './missed-lists.ts';
import type { Greeting } from './session-messages.ts';
import { unknownState } from './parking.ts';
import { UpstreamSession, type SessionOptions } from './session.ts';
import { Sessions } from './sessions.ts';
import { NOBODY } from './unmet.ts';

export interface Options2025 {
  readonly link: HttpLink | SseLink | StdioLink;
  readonly environment: Environment;
  readonly events: ConnectionEvents;
  readonly openMs: number;
  readonly affinity: Affinity;
  readonly relaysRoots: boolean;
  /** What the gateway's own session is offered; all that can be carried where it is left out. */
  readonly offered?: string;
  /** Of the only caller that it serves over a pipe: hears that its client's roots have changed. */
  readonly rootsChanged?: Caller['rootsChanged'];
}

/** Distinct texts of capabilities whose profile is remembered, and how long one may be. Characters. */
const MAX_PROFILES = 256;
const MAX_PROFILE_LENGTH = 1024;

export class Connection2025 implements Connection {
  readonly #relaysRoots: boolean;
  readonly #main: UpstreamSession;
  /** None over a pipe. */
  readonly #sessions: Sessions | undefined;
  readonly #profiles = new BoundedMap<string, string>(MAX_PROFILES);
  readonly #greeting: Greeting;
  /** By callers' sessions. */
  readonly #missed: MissedLists;
  readonly #roots: { leave(): void } | undefined;

  private constructor(options: Options2025, main: UpstreamSession, greeting: Greeting) {
    const { environment, affinity, link, events } = options;
    this.#relaysRoots = options.relaysRoots;
    this.#main = main;
    this.#greeting = greeting;
    this.#roots = options.rootsChanged?.add(() => main.rootsChanged());
    const { time, bounds, counts } = environment;
    const make = (how: Pick<SessionOptions, 'isShared' | 'offered' | 'handle'>): UpstreamSession =>
      new UpstreamSession({ ...options, events: { ...events, missed: this.#missed.missed }, ...how });
    this.#missed = new MissedLists(time, events.missed);
    this.#sessions = 'end' in link ? new Sessions({ affinity, time, bounds, counts, make }) : undefined;
  }

  /** Opens the gateway's own session. @throws Fault when the server does not greet back. */
  static async open(options: Options2025, early: (session: UpstreamSession) => void): Promise<Connection2025> {
    const main = new UpstreamSession({ offered: EVERYTHING_BUT_ROOTS, ...options, isShared: true });
    early(main);
    return new Connection2025(options, main, await main.greet());
  }

  get revision(): string {
    return this.#greeting.revision;
  }

  profile(): Profile {
    const { result, revision } = this.#greeting;
    const said = member(result, 'capabilities');
    const offered = isObject(said) ? said : {};
    const capabilities = differences(revision).completions ? offered : withCompletions(offered);
    const info = member(result, 'serverInfo');
    const instructions = member(result, 'instructions');
    return {
      capabilities,
      serverInfo: isObject(info) ? info : {},
      instructions: typeof instructions === 'string' ? instructions : undefined,
      live:
        this.#main.live && ['tools', 'prompts', 'resources'].every((feature) => tellsChanges(capabilities, feature)),
      // A process is one session for all.
      listsVary: this.#sessions !== undefined,
    };
  }

  heard(message: Message): void {
    this.#main.heard(message);
  }

  readonly serve = (call: Call): Promise<Outcome> => {
    // What was given out here comes back as the call that is held; no server of these revisions gives anything of its own.
    if (call.round?.state !== undefined) return Promise.reject(unknownState());
    return call.method === 'completion/complete' ? this.#complete(call) : this.#ask(call);
  };

  subscribe(subscription: ResourceSubscription): Promise<() => void> {
    return (this.#sessions?.some(subscription.caller) ?? this.#main).subscribe(subscription);
  }

  close(): void {
    this.#roots?.leave();
    this.#sessions?.close();
    this.#missed.close();
    this.#main.close();
  }

  #ask(call: Call): Promise<Outcome> {
    const able = this.#profileOf(call.able);
    if (!this.#sessions || (call.caller.kind === 'gateway' && able === EVERYTHING_BUT_ROOTS))
      return this.#main.serve(call, able);
    if (call.caller.kind === 'gateway') return this.#sessions.of(call.caller, able).serve(call, able);
    return this.#sessions.serve(call, able);
  }

  async #complete(call: Call): Promise<Outcome> {
    const { completions, completionContext } = differences(this.#greeting.revision);
    const outcome = await this.#ask(completionContext ? call : withoutItsContext(call));
    return completions ? outcome : orNone(outcome);
  }

  /** What of a client's capabilities is carried to this server. */
  #profileOf(able: string): string {
    if (able === NOBODY) return NOBODY;
    const known = this.#profiles.peek(able);
    if (known !== undefined) return known;
    const profile = offerable(able, { roots: this.#relaysRoots });
    if (able.length <= MAX_PROFILE_LENGTH) this.#profiles.set(able, profile);
    return profile;
  }
}

/** Whether a feature is either absent or tells when its list changes. */
function tellsChanges(capabilities: unknown, feature: string): boolean {
  const offered = member(capabilities, feature);
  return offered === undefined || member(offered, 'listChanged') === true;
}
