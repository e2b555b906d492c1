/**
 * The one stream on which a 2026-07-28 server tells what changes (`subscriptions/listen`). Its filter is fixed when it opens, so a changed
 * set of resources opens another one first and lets go of the old one when the new one is acknowledged.
 */
import type { ResourceSubscription } from '../../core/ports/upstream.ts';
import { Abort } from '../../kernel/abort.ts';
import { Fault, toFault } from '../../kernel/fault.ts';
import { member, type JsonObject } from '../../kernel/json.ts';
import type { Timer } from '../../kernel/time.ts';
import { REPLY, type Message } from '../../protocol/jsonrpc.ts';
import type { ListKind } from '../../protocol/methods.ts';
import { writeEnvelope } from '../../protocol/rev2026/envelope.ts';
import { HttpLink } from '../link/http.ts';
import type { StdioLink } from '../link/stdio.ts';
import type { ConnectionEvents } from './connection.ts';
import type { Environment } from './environment.ts';
import { Watched } from './resources.ts';

export interface FeedOptions {
  readonly link: HttpLink | StdioLink;
  readonly capabilities: JsonObject;
  readonly headers: string;
  readonly environment: Environment;
  readonly events: ConnectionEvents;
}

const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 60_000;
const ACK_MS = 10_000;

const LISTS: ReadonlyMap<string, ListKind> = new Map<string, ListKind>([
  ['notifications/tools/list_changed', 'tools'],
  ['notifications/prompts/list_changed', 'prompts'],
  ['notifications/resources/list_changed', 'resources'],
]);

interface Waiting {
  readonly uri: string;
  readonly end: (fault?: Fault) => void;
}

export class Feed2026 {
  readonly #options: FeedOptions;
  readonly #watched = new Watched();
  readonly #lists: JsonObject;
  #state: 'idle' | 'opening' | 'open' | 'closed' = 'idle';
  #current: Abort | undefined;
  #waiting: Waiting[] = [];
  /** The request that the newest stream is the answer to. */
  #currentId: number | undefined;
  #retry: Timer | undefined;
  #retryMs = FIRST_RETRY_MS;
  #missed = false;
  /** Lets go of the stream that the one being opened replaces. */
  #release: () => void = () => undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    const flags: [string, string][] = [
      ['tools', 'toolsListChanged'],
      ['prompts', 'promptsListChanged'],
      ['resources', 'resourcesListChanged'],
    ];
    const told = flags.filter(([feature]) => member(member(options.capabilities, feature), 'listChanged') === true);
    this.#lists = Object.fromEntries(told.map(([, flag]) => [flag, true]));
    if (told.length > 0) this.#open();
  }

  get live(): boolean {
    return this.#state === 'open';
  }

  /** Resolves when the server has acknowledged it. @throws Fault when it does not, or not this one. */
  async watch(subscription: ResourceSubscription): Promise<() => void> {
    await this.#watched.add(subscription, () => {
      const acknowledged = this.#acknowledged(subscription.uri);
      this.#open();
      return acknowledged;
    });
    let watching = true;
    return () => {
      if (!watching) return;
      watching = false;
      if (this.#watched.remove(subscription)) this.#open();
    };
  }

  heard(message: Message): void {
    const list = LISTS.get(message.method);
    if (list) this.#options.events.changed(list);
    else if (message.method === 'notifications/resources/updated') {
      const uri = message.fields.text(REPLY.uri);
      if (uri !== undefined) this.#watched.updated(uri);
    } else if (message.method === 'notifications/subscriptions/acknowledged') this.#granted(message);
  }

  close(): void {
    this.#state = 'closed';
    this.#retry?.cancel();
    this.#current?.now(new Fault('cancelled', 'The stream is no longer wanted.'));
    for (const { end } of this.#waiting) end(new Fault('unavailable', 'The server is no longer there.'));
  }

  #acknowledged(uri: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (fault?: Fault): void => {
        timer.cancel();
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
        if (fault) reject(fault);
        else resolve();
      };
      const late = (): void => end(new Fault('timed-out', 'The server did not acknowledge the subscription.'));
      const timer = this.#options.environment.time.after(ACK_MS, late);
      const waiting: Waiting = { uri, end };
      this.#waiting.push(waiting);
    });
  }

  /** A stream's acknowledgement says what it will tell; only that of the newest can say what nobody will. */
  #granted(message: Message): void {
    const params = message.fields.parse(REPLY.params);
    const uris = member(member(params, 'notifications'), 'resourceSubscriptions');
    const id = member(member(params, '_meta'), 'io.modelcontextprotocol/subscriptionId');
    const isNewest = id === undefined || id === this.#currentId || id === String(this.#currentId);
    for (const { uri, end } of this.#waiting) {
      if (Array.isArray(uris) && uris.includes(uri)) end();
      else if (isNewest) end(new Fault('unknown-resource', 'The server does not tell of this resource.'));
    }
    if (isNewest) this.#opened();
  }

  #open(): void {
    if (this.#state === 'closed') return;
    this.#retry?.cancel();
    const before = this.#current;
    const abort = new Abort();
    this.#current = abort;
    this.#state = 'opening';
    void this.#listen(abort, before).then(
      () => this.#ended(abort),
      (error: unknown) => this.#ended(abort, toFault(error)),
    );
  }

  async #listen(abort: Abort, before: Abort | undefined): Promise<void> {
    const { link, environment, headers } = this.#options;
    const uris = this.#watched.uris();
    const notifications = { ...this.#lists, ...(uris.length > 0 ? { resourceSubscriptions: uris } : {}) };
    const meta = writeEnvelope({ clientInfo: environment.clientInfo, capabilities: '{}' });
    const params = [Buffer.from(`{"_meta":${meta},"notifications":${JSON.stringify(notifications)}}`)];
    const release = (): void => before?.now(new Fault('cancelled', 'Another stream has taken over.'));
    this.#release = release;
    const ask = {
      method: 'subscriptions/listen',
      headers,
      params: (id: number) => {
        if (abort === this.#current) this.#currentId = id;
        return params;
      },
      abort,
      standing: true,
      heard: (message: Message): void => this.heard(message),
    };
    try {
      await (link instanceof HttpLink ? link.listen(ask) : link.request(ask));
    } finally {
      release();
    }
  }

  #opened(): void {
    this.#release();
    if (this.#state !== 'opening') return;
    this.#state = 'open';
    this.#retryMs = FIRST_RETRY_MS;
    if (this.#missed) {
      for (const list of LISTS.values()) this.#options.events.missed(list);
      for (const uri of this.#watched.uris()) this.#watched.updated(uri);
    }
    this.#missed = false;
  }

  /** The stream is over although it is still wanted: open it again, later each time. */
  #ended(abort: Abort, fault?: Fault): void {
    if (abort !== this.#current || this.#state === 'closed') return;
    this.#missed = true;
    this.#state = 'idle';
    this.#retry = this.#options.environment.time.after(this.#retryMs, () => this.#open());
    this.#retryMs = Math.min(this.#retryMs * 2, MAX_RETRY_MS);
    // Last: it may close this feed.
    if (fault?.kind === 'unreachable') this.#options.events.lost('it cannot be reached');
  }
}
