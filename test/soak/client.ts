/**
 * A small MCP client of either revision, on keep-alive connections of its own. Every client counts its ids from 0 and uses an id as
 * its progress token, so that all clients of a soak use equal ones at the same time. It judges nothing: an Answer is what came.
 */
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { send } from './exchange.ts';
import { CALLER_HEADER } from '../fixtures/identified-gateway.ts';
import type { Exchange, Fields } from './exchange.ts';

export type Revision = '2025-11-25' | '2026-07-28';

export interface ClientOptions {
  /** Whether it asks for log lines; else a session asks for the grave ones alone. */
  readonly logs: boolean;
  /** What it can answer; nothing if it does not say. */
  readonly able?: Fields;
  /** Who it says it is, to a gateway that believes it. */
  readonly caller?: string;
}

const prefix = 'io.modelcontextprotocol/';
const MAX_CONNECTIONS = 8;

export interface Ask {
  readonly method: string;
  readonly params?: Fields;
  /** Its id is also the progress token. */
  readonly progress?: boolean;
  readonly deadlineMs?: number;
}

export interface Answer extends Exchange {
  readonly id: string | number;
  /** What came before or beside the response. */
  readonly told: readonly Fields[];
  /** With `result` or `error`. */
  readonly response: Fields | undefined;
}

export class Client {
  readonly revision: Revision;
  readonly url: string;
  readonly #agent: Agent;
  readonly #logs: boolean;
  readonly #able: Fields;
  readonly #caller: Readonly<Record<string, string>>;
  readonly #streams = new Set<AbortController>();
  #session: string | undefined;
  #next = 0;

  constructor(url: string, revision: Revision, options: ClientOptions) {
    this.url = url;
    this.revision = revision;
    this.#logs = options.logs;
    this.#able = options.able ?? {};
    this.#caller = options.caller === undefined ? {} : { [CALLER_HEADER]: options.caller };
    const pool = { keepAlive: true, maxSockets: MAX_CONNECTIONS };
    // Who its gateway is, is looked at elsewhere: certificates change while it is there.
    this.#agent = url.startsWith('https:') ? new TlsAgent({ ...pool, rejectUnauthorized: false }) : new Agent(pool);
  }

  /** Opens the session where the revision has one. */
  async open(): Promise<void> {
    if (this.revision === '2026-07-28') return;
    const clientInfo = { name: 'soak', version: '1.0.0' };
    const params = { protocolVersion: this.revision, capabilities: this.#able, clientInfo };
    const answer = await this.ask({ method: 'initialize', params });
    const session = answer.headers['mcp-session-id'];
    if (!answer.response?.['result'] || session === undefined) throw new Error(`initialize: ${describe(answer)}`);
    this.#session = String(session);
    await this.#post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    const level = await this.ask({ method: 'logging/setLevel', params: { level: this.#logs ? 'info' : 'emergency' } });
    if (!level.response?.['result']) throw new Error(`logging/setLevel: ${describe(level)}`);
  }

  call(name: string, args: Fields, options: Partial<Ask> = {}): Promise<Answer> {
    return this.ask({ ...options, method: 'tools/call', params: { name, arguments: args } });
  }

  async ask(ask: Ask): Promise<Answer> {
    const id = this.#id();
    const body = { jsonrpc: '2.0', id, method: ask.method, params: this.#params(ask, id) };
    const messages: Fields[] = [];
    const exchange = await this.#post(body, {
      deadlineMs: ask.deadlineMs,
      deliver: (message) => messages.push(message),
    });
    const told = messages.filter((message) => 'method' in message);
    const responses = messages.filter((message) => !('method' in message));
    const failure = responses.length > 1 ? `${responses.length} responses` : exchange.failure;
    return { ...exchange, failure, id, told, response: responses[0] };
  }

  /** A stream of changes: `subscriptions/listen`, or subscriptions and the session's GET stream. Resolves once it is open. */
  async listen(uris: readonly string[], deliver: (message: Fields) => void): Promise<Stream> {
    const stop = new AbortController();
    this.#streams.add(stop);
    if (this.revision === '2026-07-28') {
      const params = { notifications: { toolsListChanged: true, resourceSubscriptions: uris } };
      const ask = { method: 'subscriptions/listen', params };
      const body = { ...ask, jsonrpc: '2.0', id: this.#id(), params: this.#params(ask, 0) };
      return opened(deliver, 'notifications/subscriptions/acknowledged', (hear) =>
        this.#post(body, { deliver: hear, signal: stop.signal }),
      );
    }
    const stream = await opened(deliver, undefined, (hear, open) =>
      send({ ...this.#wire(), method: 'GET', deliver: hear, signal: stop.signal, headersCame: open }),
    );
    for (const uri of uris) {
      const answer = await this.ask({ method: 'resources/subscribe', params: { uri } });
      if (!answer.response?.['result']) throw new Error(`resources/subscribe: ${describe(answer)}`);
    }
    return stream;
  }

  /** Ends streams and session, and lets go of every connection. */
  async close(): Promise<void> {
    for (const stop of this.#streams) stop.abort();
    if (this.#session !== undefined) await send({ ...this.#wire(), method: 'DELETE', deliver() {} });
    this.#agent.destroy();
  }

  /** Zero first; every third is a string, so that `"5"` runs beside another client's 5. */
  #id(): string | number {
    const id = this.#next;
    this.#next += 1;
    return id % 3 === 2 ? String(id) : id;
  }

  #params({ params = {}, progress = false }: Ask, id: string | number): Fields {
    const token = progress ? { progressToken: id } : {};
    if (this.revision === '2025-11-25') return progress ? { ...params, _meta: token } : params;
    const meta = {
      ...token,
      [`${prefix}protocolVersion`]: this.revision,
      [`${prefix}clientInfo`]: { name: 'soak', version: '1.0.0' },
      [`${prefix}clientCapabilities`]: this.#able,
      ...(this.#logs ? { [`${prefix}logLevel`]: 'info' } : {}),
    };
    return { ...params, _meta: meta };
  }

  #post(body: Fields, more: Partial<Parameters<typeof send>[0]> = {}): Promise<Exchange> {
    const { method, params } = body;
    const { name, uri } = (params ?? {}) as { name?: string; uri?: string };
    const mirrored = method === 'tools/call' ? name : method === 'resources/read' ? uri : undefined;
    const wire = this.#wire();
    const headers: Record<string, string> = { ...wire.headers, 'content-type': 'application/json' };
    if (this.revision === '2026-07-28') headers['mcp-method'] = String(method);
    if (this.revision === '2026-07-28' && mirrored !== undefined) headers['mcp-name'] = mirrored;
    if (method === 'initialize') delete headers['mcp-protocol-version'];
    return send({ deliver() {}, ...more, ...wire, method: 'POST', headers, body: JSON.stringify(body) });
  }

  #wire() {
    const headers: Record<string, string> = {
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': this.revision,
      ...this.#caller,
      ...(this.#session === undefined ? {} : { 'mcp-session-id': this.#session }),
    };
    return { agent: this.#agent, url: this.url, headers };
  }
}

export interface Stream {
  /** What ended it; undefined while it is open. */
  readonly ended: string | undefined;
}

/** Resolves at the first message of that method, or when the headers are there; an end before is an error. */
function opened(
  deliver: (message: Fields) => void,
  first: string | undefined,
  start: (hear: (message: Fields) => void, open: () => void) => Promise<Exchange>,
): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const stream: { ended: string | undefined } = { ended: undefined };
    const hear = (message: Fields) => {
      if (first !== undefined && message['method'] === first) resolve(stream);
      else deliver(message);
    };
    void start(hear, () => resolve(stream)).then((exchange) => {
      stream.ended = exchange.failure ?? `status ${exchange.status}`;
      reject(new Error(`The stream did not open: ${stream.ended}`));
    });
  });
}

/** An answer in a line, for reports. */
export function describe({ status, failure, response, told, body }: Answer): string {
  const text = response ? JSON.stringify(response) : (body ?? '').slice(0, 300);
  return `HTTP ${status}${failure === undefined ? '' : `, ${failure}`}, ${told.length} told, ${text.slice(0, 500)}`;
}
