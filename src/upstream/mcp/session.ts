/**
 * One session with a server of the 2025 revisions (2025-11-25, "Lifecycle"): opened by `initialize` with exactly the capabilities that it is
 * for. States: idle -> open -> (the server forgot it: opened anew for the next call) -> closed. A call is sent again only after a 404 to its
 * session id: such a request was not processed.
 */
import type { Call } from '../../core/call.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { ResourceSubscription } from '../../core/ports/upstream.ts';
import { Abort, unlessAborted } from '../../kernel/abort.ts';
import { Fault, toFault } from '../../kernel/fault.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { Roll } from '../../kernel/roll.ts';
import { REPLY, type Fields, type Message } from '../../protocol/jsonrpc.ts';
import { NEWEST_2025 } from '../../protocol/rev2025/differences.ts';
import type { HttpLink } from '../link/http.ts';
import type { Reply } from '../link/link.ts';
import type { SseLink } from '../link/sse.ts';
import type { StdioLink } from '../link/stdio.ts';
import type { ConnectionEvents } from './connection.ts';
import type { Environment } from './environment.ts';
import type { Ground } from './ground.ts';
import { Leg } from './leg.ts';
import { PONG, replyTo, UNRELATED, unsupported } from './peer-requests.ts';
import { answered } from './replies.ts';
import { greetingOf, type Greeting } from './session-messages.ts';
import { SessionLevel } from './session-level.ts';
import { SessionResources } from './session-resources.ts';
import { SessionStream } from './session-stream.ts';
import { isRefusal, withReason, type Lister } from './unlisted.ts';
import { NOBODY } from './unmet.ts';

export interface SessionOptions {
  readonly link: HttpLink | SseLink | StdioLink;
  readonly environment: Environment;
  readonly events: ConnectionEvents;
  /** Whether several callers share this session. */
  readonly isShared: boolean;
  /** What it is offered that a client can answer, as `offerable` writes it. */
  readonly offered: string;
  readonly relaysRoots: boolean;
  /** By which a client may name it. */
  readonly handle?: string;
  /** How long the server may take for what only the session needs: greeting, levels, subscriptions. */
  readonly openMs: number;
}

interface Opened extends Ground {
  readonly greeting: Greeting;
}

export class UpstreamSession {
  readonly #options: SessionOptions;
  readonly #resources: SessionResources;
  #session: Promise<Opened> | undefined;
  #headers = '';
  #stream: SessionStream | undefined;
  readonly #level: SessionLevel;
  #state: 'idle' | 'open' | 'closed' = 'idle';
  readonly #legs = new Roll<Leg>();
  #calls = 0;
  #restsSinceMs: number;
  #isLast = false;
  readonly #lister: Lister;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#restsSinceMs = options.environment.time.elapsed();
    this.#lister = { offered: options.offered, ask: (method, params) => this.#ask(method, params) };
    this.#resources = new SessionResources({
      listening: () => this.#listening(),
      ask: (method, uri) => this.#ask(method, { uri }),
      isClosed: () => this.#isClosed(),
    });
    this.#level = new SessionLevel(options.isShared, (level) => this.#ask('logging/setLevel', { level }));
  }

  /** Since when it has had neither a call nor anything that it watches; `undefined` while it has. */
  get restsSinceMs(): number | undefined {
    return this.#calls > 0 || this.#resources.watched.uris().length > 0 ? undefined : this.#restsSinceMs;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get live(): boolean {
    return this.#stream?.isOpen ?? this.isOpen;
  }

  /** Opens the session if it is not. @throws Fault when the server does not greet back. */
  async greet(): Promise<Greeting> {
    return (await this.#opened()).greeting;
  }

  /** @param able what of the client's capabilities is carried to this server, as `offerable` writes it. */
  async serve(call: Call, able: string): Promise<Outcome> {
    this.#calls += 1;
    try {
      const session = await unlessAborted(this.#opened(), call.abort);
      const levelled = this.#level.reach(call.logLevel, session.greeting.result);
      if (levelled) await unlessAborted(levelled, call.abort);
      // Some servers ask on the stream whatever belongs to a call, and what nobody hears there is lost.
      const beginning = able === NOBODY ? undefined : this.#stream?.beginning;
      if (beginning) await unlessAborted(beginning, call.abort);
      const outcome = await this.#attempt(session, call, able);
      if (outcome) return isRefusal(outcome, call) ? await withReason(outcome, call, this.#lister) : outcome;
      const again = await this.#attempt(await this.#reopened(session), call, able);
      if (again) return again;
      throw new Fault('unavailable', 'The server does not keep its sessions.', { retryAfterMs: 1000 });
    } finally {
      this.#left();
    }
  }

  /** It serves no call after those that it has. */
  retire(): void {
    this.#isLast = true;
    if (this.#calls === 0) this.close();
  }

  subscribe(subscription: ResourceSubscription): Promise<() => void> {
    return this.#resources.subscribe(subscription);
  }

  /** What the server says outside of any request of ours. */
  heard(message: Message): void {
    if (message.form === 'request') this.#asked(message);
    else if (message.method === 'notifications/cancelled') this.#legs.values().some((leg) => leg.withdrawn(message));
    else if (message.method === 'notifications/tools/list_changed') this.#options.events.changed('tools');
    else if (message.method === 'notifications/prompts/list_changed') this.#options.events.changed('prompts');
    else if (message.method === 'notifications/resources/list_changed') this.#options.events.changed('resources');
    else if (message.method === 'notifications/resources/updated') {
      const uri = message.fields.text(REPLY.uri);
      if (uri !== undefined) this.#resources.watched.updated(uri);
    }
  }

  /** Said where the server was told that it would be; one that is opened later asks anew. */
  rootsChanged(): void {
    if (this.#state === 'open' && this.#options.offered.includes('"listChanged"'))
      this.#options.link.notify('{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}', this.#headers);
  }

  /** Ends the session at the server too. */
  close(): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'open') this.#options.environment.counts.sessions -= 1;
    this.#state = 'closed';
    this.#stream?.close();
    for (const leg of this.#legs.values()) leg.lost();
    if (this.#headers !== '' && 'end' in this.#options.link) this.#options.link.end(this.#headers);
  }

  async #attempt(session: Opened, call: Call, able: string): Promise<Outcome | undefined> {
    this.#calls += 1;
    return new Leg(session, call, able).run();
  }

  #left(): void {
    this.#calls -= 1;
    if (this.#calls > 0) return;
    this.#restsSinceMs = this.#options.environment.time.elapsed();
    if (this.#isLast) this.close();
  }

  /** A request that came beside all calls belongs to the only one that can have caused it, or to none. */
  #asked(message: Message): void {
    const { id, method } = message;
    const [sole, another] = method === 'ping' ? [] : this.#legs.values();
    if (sole && !another) sole.asked(message);
    else if (id !== undefined) {
      const answer = this.#options.offered === NOBODY ? unsupported(method) : UNRELATED;
      this.#options.link.notify(replyTo(id, method === 'ping' ? PONG : answer), this.#headers);
    }
  }

  /** Before there is a stream on which the server can tell, what happens would be lost. */
  async #listening(): Promise<void> {
    await this.#opened();
    await this.#stream?.beginning;
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #opened(): Promise<Opened> {
    if (this.#state === 'closed')
      return Promise.reject(new Fault('unavailable', 'The session with the server has ended.'));
    this.#session ??= this.#open().catch((error: unknown) => {
      this.#session = undefined;
      throw error;
    });
    return this.#session;
  }

  /** Opens another session, once for all who found that this one is gone. */
  async #reopened(gone: Opened): Promise<Opened> {
    if ((await this.#session) === gone) {
      this.#session = undefined;
      this.#stream?.close();
      for (const leg of this.#legs.values()) leg.lost();
      this.#level.forget();
      void this.#opened()
        .then(() => this.#resources.again())
        .then(() => this.#missed())
        .catch(() => undefined);
    }
    return this.#opened();
  }

  /** For a while nobody could hear what the server said. */
  #missed(): void {
    for (const list of ['tools', 'prompts', 'resources'] as const) this.#options.events.missed(list);
    this.#resources.missed();
  }

  async #open(): Promise<Opened> {
    const { link, environment, offered, relaysRoots, handle } = this.#options;
    if (this.#state === 'idle' && environment.counts.sessions >= environment.bounds.sessions)
      throw new Fault('overloaded', 'Too many sessions with servers are open.', { retryAfterMs: 5000 });
    this.#headers = '';
    const text = `{"protocolVersion":"${NEWEST_2025}","capabilities":${offered},"clientInfo":${environment.clientInfo}}`;
    const reply = await this.#request('initialize', Buffer.from(text));
    const greeting = greetingOf(reply);
    const id = reply.header('mcp-session-id');
    this.#headers = `${id === undefined ? '' : `Mcp-Session-Id: ${id}\r\n`}MCP-Protocol-Version: ${greeting.revision}\r\n`;
    if (this.#isClosed()) {
      // Nobody wants it any more: its owner went while it was opened.
      if ('end' in link) link.end(this.#headers);
      throw new Fault('unavailable', 'The session with the server has ended.');
    }
    link.notify('{"jsonrpc":"2.0","method":"notifications/initialized"}', this.#headers);
    if (this.#state === 'idle') {
      this.#state = 'open';
      environment.counts.sessions += 1;
    }
    const session: Opened = {
      greeting,
      link,
      environment,
      headers: this.#headers,
      revision: greeting.revision,
      offered,
      relaysRoots,
      handle,
      legs: this.#legs,
      heard: (message) => this.heard(message),
      left: () => this.#left(),
    };
    if ('events' in link)
      this.#stream = new SessionStream({
        link,
        headers: this.#headers,
        environment,
        heard: (message) => this.heard(message),
        gone: () => this.#forget(session),
        reopened: () => this.#missed(),
      });
    return session;
  }

  /** The server has forgotten the session: the next call opens another. */
  #forget(gone: Opened): void {
    void this.#reopened(gone).catch((error: unknown) => {
      const fault = toFault(error);
      if (fault.kind === 'unreachable') this.#options.events.lost('it cannot be reached');
    });
  }

  async #ask(method: string, params: JsonObject): Promise<Fields> {
    await this.#opened();
    const fields = answered(await this.#request(method, Buffer.from(JSON.stringify(params))));
    if (!fields.has(REPLY.error)) return fields;
    throw new Fault('broken', 'The server refused the request.', {
      detail: fields.raw(REPLY.error)?.toString('utf8', 0, 500) ?? '',
      delivered: 'yes',
    });
  }

  async #request(method: string, params: Buffer): Promise<Reply> {
    const abort = new Abort();
    const timer = this.#options.environment.time.after(this.#options.openMs, () =>
      abort.now(new Fault('timed-out', 'The server did not answer in time.')),
    );
    try {
      return await this.#options.link.request({
        method,
        headers: this.#headers,
        abort,
        params: () => [params],
        resumes: this.#headers !== '',
        logs: method.startsWith('resources/') ? 'later-too' : undefined, // it names what a caller watches
        heard: (message) => this.heard(message),
      });
    } finally {
      timer.cancel();
    }
  }
}
