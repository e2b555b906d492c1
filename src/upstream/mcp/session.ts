/**
 * One session with a server of the 2025 revisions (2025-11-25, "Lifecycle"): opened by `initialize`, without any client capability, so that
 * a well-behaved server never asks back. States: opening -> open -> lost (the server forgot it; opened anew for the next call) -> closed.
 * A call is sent again only after a 404 to its session id: such a request was not processed.
 */
import type { Call } from '../../core/call.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { ResourceSubscription } from '../../core/ports/upstream.ts';
import { Abort, unlessAborted } from '../../kernel/abort.ts';
import { Fault, toFault } from '../../kernel/fault.ts';
import { member, type JsonObject } from '../../kernel/json.ts';
import { within } from '../../kernel/patience.ts';
import { REPLY, type Fields, type Message } from '../../protocol/jsonrpc.ts';
import { isLogLevel, LOG_LEVELS, type LogLevel } from '../../protocol/methods.ts';
import { NEWEST_2025 } from '../../protocol/rev2025/differences.ts';
import type { HttpLink } from '../link/http.ts';
import type { Reply } from '../link/link.ts';
import type { SseLink } from '../link/sse.ts';
import type { StdioLink } from '../link/stdio.ts';
import type { ConnectionEvents } from './connection.ts';
import type { Environment } from './environment.ts';
import { Notes } from './notes.ts';
import { PeerRequests } from './peer-requests.ts';
import { answered } from './replies.ts';
import { callParams, greetingOf, outcomeOf, type Greeting } from './session-messages.ts';
import { Watched } from './resources.ts';
import { SessionStream } from './session-stream.ts';

export interface SessionOptions {
  readonly link: HttpLink | SseLink | StdioLink;
  readonly environment: Environment;
  readonly events: ConnectionEvents;
  /** Whether several callers share this session. */
  readonly isShared: boolean;
  /** How long the server may take for what only the session needs: greeting, levels, subscriptions. */
  readonly openMs: number;
}

interface Opened {
  readonly greeting: Greeting;
  /** Header lines of every request in this session. */
  readonly headers: string;
}

/** How long a subscription waits for the stream: some servers say nothing there before something happens. */
const LISTEN_MS = 1000;

export class UpstreamSession {
  readonly #options: SessionOptions;
  readonly #watched = new Watched();
  readonly #peer: PeerRequests;
  /** What is being unsubscribed from: on sockets of their own a later question may arrive before an earlier one. */
  readonly #leaving = new Map<string, Promise<unknown>>();
  #session: Promise<Opened> | undefined;
  #headers = '';
  #stream: SessionStream | undefined;
  #level: LogLevel | undefined;
  #state: 'idle' | 'open' | 'closed' = 'idle';

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#peer = new PeerRequests(options.link, () => this.#headers);
  }

  get live(): boolean {
    return this.#stream === undefined ? this.#state === 'open' : this.#stream.isOpen;
  }

  /** Opens the session if it is not. @throws Fault when the server does not greet back. */
  async greet(): Promise<Greeting> {
    return (await this.#opened()).greeting;
  }

  async serve(call: Call): Promise<Outcome> {
    const session = await unlessAborted(this.#opened(), call.abort);
    await unlessAborted(this.#levelFor(call, session), call.abort);
    const outcome = await this.#attempt(call, session);
    if (outcome) return outcome;
    const again = await this.#attempt(call, await this.#reopened(session));
    if (again) return again;
    throw new Fault('unavailable', 'The server does not keep its sessions.', { retryAfterMs: 1000 });
  }

  async subscribe(subscription: ResourceSubscription): Promise<() => void> {
    const { uri } = subscription;
    await this.#watched.add(subscription, () => this.#watch(uri));
    let watching = true;
    return () => {
      if (!watching) return;
      watching = false;
      if (!this.#watched.remove(subscription) || this.#state === 'closed') return;
      this.#unwatch(uri);
    };
  }

  /** What the server says outside of any request of ours. */
  heard(message: Message): void {
    if (message.form === 'request') this.#peer.answer(message);
    else if (message.method === 'notifications/tools/list_changed') this.#options.events.changed('tools');
    else if (message.method === 'notifications/prompts/list_changed') this.#options.events.changed('prompts');
    else if (message.method === 'notifications/resources/list_changed') this.#options.events.changed('resources');
    else if (message.method === 'notifications/resources/updated') {
      const uri = message.fields.text(REPLY.uri);
      if (uri !== undefined) this.#watched.updated(uri);
    }
  }

  /** Ends the session at the server too. */
  close(): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'open') this.#options.environment.counts.sessions -= 1;
    this.#state = 'closed';
    this.#stream?.close();
    if (this.#headers !== '' && 'end' in this.#options.link) this.#options.link.end(this.#headers);
  }

  /** Not before there is a stream on which the server can tell: what happens in between would be lost. */
  async #watch(uri: string): Promise<void> {
    await this.#opened();
    if (this.#stream) await within(this.#stream.begun, LISTEN_MS, this.#options.environment.time);
    await this.#leaving.get(uri);
    await this.#ask('resources/subscribe', { uri });
  }

  /** Only who asks for the same again waits for this; a server that refuses it goes on telling, and nobody listens. */
  #unwatch(uri: string): void {
    const left = this.#ask('resources/unsubscribe', { uri })
      .catch(() => undefined)
      .finally(() => this.#leaving.delete(uri));
    this.#leaving.set(uri, left);
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
      this.#level = undefined;
      const opened = this.#opened();
      void opened.then(() => this.#resubscribe()).catch(() => undefined);
    }
    return this.#opened();
  }

  async #resubscribe(): Promise<void> {
    for (const uri of this.#watched.uris()) await this.#ask('resources/subscribe', { uri });
    this.#missed();
  }

  /** For a while nobody could hear what the server said. */
  #missed(): void {
    for (const list of ['tools', 'prompts', 'resources'] as const) this.#options.events.missed(list);
    for (const uri of this.#watched.uris()) this.#watched.updated(uri);
  }

  async #open(): Promise<Opened> {
    const { link, environment } = this.#options;
    if (this.#state === 'idle' && environment.counts.sessions >= environment.bounds.sessions)
      throw new Fault('overloaded', 'Too many sessions with servers are open.', { retryAfterMs: 5000 });
    this.#headers = '';
    const params = { protocolVersion: NEWEST_2025, capabilities: {}, clientInfo: 'X' };
    const text = JSON.stringify(params).replace('"X"', environment.clientInfo);
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
    const session = { greeting, headers: this.#headers };
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

  /** `undefined` when the server did not know the session. */
  async #attempt(call: Call, session: Opened): Promise<Outcome | undefined> {
    const { link } = this.#options;
    const notes = new Notes(call);
    let sentId: number | undefined;
    let asked: string | undefined;
    const cancel = (): void => {
      // Closing the connection does not cancel in these revisions; saying so does.
      if (sentId !== undefined && 'end' in link)
        link.notify(
          `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${sentId}}}`,
          session.headers,
        );
    };
    call.abort.listen(cancel);
    try {
      const reply = await link.request({
        method: call.method,
        headers: session.headers,
        abort: call.abort,
        params: (id) => {
          sentId = id;
          return callParams(call, id);
        },
        heard: (message, id) => {
          if (message.form === 'request') {
            if (message.method !== 'ping') asked = message.method;
            this.#peer.answer(message);
          } else if (message.method.endsWith('changed') || message.method.endsWith('updated')) this.heard(message);
          else notes.hear(message, id);
        },
        wantsLogs: call.logLevel !== 'off',
        resumes: true,
        owner: call.caller.key,
      });
      if (reply.status === 404 && session.headers.startsWith('Mcp-Session-Id')) return undefined;
      return outcomeOf(answered(reply), asked);
    } finally {
      call.abort.ignore(cancel);
      notes.close();
    }
  }

  /** Levels are a session's, not a request's: the session takes the most verbose one that was asked for. */
  async #levelFor(call: Call, session: Opened): Promise<void> {
    const { logLevel } = call;
    if (!isLogLevel(logLevel) || member(member(session.greeting.result, 'capabilities'), 'logging') === undefined)
      return;
    const isSet =
      this.#level !== undefined &&
      (this.#options.isShared
        ? LOG_LEVELS.indexOf(this.#level) <= LOG_LEVELS.indexOf(logLevel)
        : this.#level === logLevel);
    if (isSet) return;
    this.#level = logLevel;
    // A server that refuses a level still answers calls.
    await this.#ask('logging/setLevel', { level: logLevel }).catch(() => undefined);
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
        heard: (message) => this.heard(message),
      });
    } finally {
      timer.cancel();
    }
  }
}
