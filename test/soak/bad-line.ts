/** A session of a 2025 revision on a bad line: it opens, subscribes, calls, listens, and comes back whenever it was cut off. */
import { Agent } from 'node:http';
import { CutStream } from './cut-stream.ts';
import { send } from './exchange.ts';
import type { Exchange, Fields } from './exchange.ts';
import type { Chance } from './random.ts';

export type Revision = '2025-11-25' | '2025-06-18' | '2025-03-26';

/** How a stream is cut: how often, and after how many bytes at most. */
export interface Cutting {
  readonly chance: Chance;
  readonly cuts: number;
  readonly maxBytes: number;
}

export class BadLine {
  readonly url: string;
  readonly secret: string;
  readonly #revision: Revision;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #headers: Readonly<Record<string, string>> = {};
  #lastId = 0;

  constructor(url: string, secret: string, revision: Revision) {
    this.url = url;
    this.secret = secret;
    this.#revision = revision;
  }

  /** With every log line asked for. */
  async open(): Promise<void> {
    const clientInfo = { name: 'bad-line', version: '1.0.0' };
    const { headers } = await this.ask('initialize', {
      protocolVersion: this.#revision,
      capabilities: {},
      clientInfo,
    });
    this.#headers = { 'mcp-session-id': String(headers['mcp-session-id']), 'mcp-protocol-version': this.#revision };
    await this.#post({ jsonrpc: '2.0', method: 'notifications/initialized' }, () => undefined);
    await this.ask('logging/setLevel', { level: 'info' });
  }

  /** Its response; an error thrown if there is none. */
  async ask(method: string, params: Fields): Promise<Exchange & { readonly result: Fields }> {
    let result: unknown;
    const exchange = await this.#post(this.#request(method, params), (message) => (result ??= message['result']));
    if (result === undefined)
      throw new Error(`${method}: ${exchange.status} ${exchange.failure ?? exchange.body ?? ''}`);
    return { ...exchange, result: result as Fields };
  }

  /** The GET stream, not open yet. */
  listening(cutting: Cutting): CutStream {
    return new CutStream({ ...cutting, url: this.url, headers: this.#headers });
  }

  /** A call, not sent yet, with progress. */
  calling(name: string, args: Fields, cutting: Cutting): CutStream {
    const body = this.#request('tools/call', { name, arguments: args, _meta: { progressToken: this.secret } });
    return new CutStream({ ...cutting, url: this.url, headers: this.#headers, body });
  }

  /** The status of a GET with that event id. */
  async statusOf(lastEventId: string): Promise<number> {
    const stop = new AbortController();
    const headers = { ...this.#headers, accept: 'text/event-stream', 'last-event-id': lastEventId };
    const { agent, url } = { agent: this.#agent, url: this.url };
    const heard = { deliver: () => undefined, headersCame: () => stop.abort(), signal: stop.signal };
    return (await send({ ...heard, agent, url, method: 'GET', headers })).status;
  }

  async close(): Promise<void> {
    const { agent, url } = { agent: this.#agent, url: this.url };
    await send({ agent, url, method: 'DELETE', headers: this.#headers, deliver: () => undefined });
    this.#agent.destroy();
  }

  /** Ids are the same in every session. */
  #request(method: string, params: Fields): Fields {
    this.#lastId += 1;
    return { jsonrpc: '2.0', id: this.#lastId, method, params };
  }

  #post(body: Fields, deliver: (message: Fields) => void): Promise<Exchange> {
    const accept = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
    const { agent, url } = { agent: this.#agent, url: this.url };
    const headers = { ...accept, ...this.#headers };
    return send({ agent, url, method: 'POST', headers, body: JSON.stringify(body), deliver });
  }
}
