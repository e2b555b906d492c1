/**
 * A server of the 2025 revisions. Over HTTP each client session has a session of its own with it, and all who have none share one; over a pipe
 * there is one for all, since the process is the session.
 */
import type { Call } from '../../core/call.ts';
import type { Caller } from '../../core/caller.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Profile, ResourceSubscription } from '../../core/ports/upstream.ts';
import { isObject, member } from '../../kernel/json.ts';
import type { Message } from '../../protocol/jsonrpc.ts';
import type { HttpLink } from '../link/http.ts';
import type { SseLink } from '../link/sse.ts';
import type { StdioLink } from '../link/stdio.ts';
import type { Connection, ConnectionEvents } from './connection.ts';
import type { Environment } from './environment.ts';
import type { Greeting } from './session-messages.ts';
import { UpstreamSession } from './session.ts';

export interface Options2025 {
  readonly link: HttpLink | SseLink | StdioLink;
  readonly environment: Environment;
  readonly events: ConnectionEvents;
  readonly openMs: number;
}

export class Connection2025 implements Connection {
  readonly #options: Options2025;
  readonly #shared: UpstreamSession;
  /** By caller; a caller's session ends with it, so there are never more of them than sessions. */
  readonly #own = new Map<string, UpstreamSession>();
  /** Stops hearing of a caller's end. */
  readonly #forget = new Map<string, () => void>();
  readonly #greeting: Greeting;

  private constructor(options: Options2025, shared: UpstreamSession, greeting: Greeting) {
    this.#options = options;
    this.#shared = shared;
    this.#greeting = greeting;
  }

  /** Opens the shared session. @throws Fault when the server does not greet back. */
  static async open(options: Options2025, early: (session: UpstreamSession) => void): Promise<Connection2025> {
    const shared = new UpstreamSession({ ...options, isShared: true });
    early(shared);
    return new Connection2025(options, shared, await shared.greet());
  }

  get revision(): string {
    return this.#greeting.revision;
  }

  profile(): Profile {
    const { result } = this.#greeting;
    const capabilities = member(result, 'capabilities');
    const info = member(result, 'serverInfo');
    const instructions = member(result, 'instructions');
    return {
      capabilities: isObject(capabilities) ? capabilities : {},
      serverInfo: isObject(info) ? info : {},
      instructions: typeof instructions === 'string' ? instructions : undefined,
      live:
        this.#shared.live && ['tools', 'prompts', 'resources'].every((feature) => tellsChanges(capabilities, feature)),
      // A process or a stream is one session for all.
      listsVary: 'end' in this.#options.link,
    };
  }

  heard(message: Message): void {
    this.#shared.heard(message);
  }

  readonly serve = (call: Call): Promise<Outcome> => this.#sessionOf(call.caller).serve(call);

  subscribe(subscription: ResourceSubscription): Promise<() => void> {
    return this.#sessionOf(subscription.caller).subscribe(subscription);
  }

  close(): void {
    for (const session of this.#own.values()) session.close();
    this.#own.clear();
    for (const forget of this.#forget.values()) forget();
    this.#forget.clear();
    this.#shared.close();
  }

  #sessionOf(caller: Caller): UpstreamSession {
    if (caller.kind !== 'session' || !('end' in this.#options.link)) return this.#shared;
    const known = this.#own.get(caller.key);
    if (known) return known;
    const session = new UpstreamSession({ ...this.#options, isShared: false });
    this.#own.set(caller.key, session);
    const ended = (): void => {
      this.#own.delete(caller.key);
      this.#forget.delete(caller.key);
      session.close();
    };
    this.#forget.set(caller.key, () => caller.ended?.ignore(ended));
    // At once where the caller has ended already: nothing may be left of it then.
    caller.ended?.listen(ended);
    return session;
  }
}

/** Whether a feature is either absent or tells when its list changes. */
function tellsChanges(capabilities: unknown, feature: string): boolean {
  const offered = member(capabilities, feature);
  return offered === undefined || member(offered, 'listChanged') === true;
}
