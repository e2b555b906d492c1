/** A client of HTTP+SSE (2024-11-05): one stream on which everything comes, and a POST for each message. */
import { send, type Answered } from './client.ts';
import { Events } from './streams.ts';

const PATIENCE_MS = 10_000;
const POLL_MS = 10;

export interface Reply {
  readonly id?: unknown;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string };
}

export class SseClient implements Disposable {
  readonly events: Events;
  readonly #url: string;
  readonly #headers: Record<string, string>;
  #ids = 0;

  /** @param url of the stream. */
  constructor(url: string, headers: Record<string, string> = {}) {
    this.#url = url;
    this.#headers = headers;
    this.events = new Events(url, { method: 'GET', headers: { accept: 'text/event-stream', ...headers } });
  }

  /** With its stream open. */
  static async opened(url: string, headers: Record<string, string> = {}): Promise<SseClient> {
    const client = new SseClient(url, headers);
    await until(() => client.events.endpoint !== '' || client.events.ended);
    if (client.events.endpoint === '') throw new Error(`no endpoint: ${client.events.status}`);
    return client;
  }

  /** With a session too. */
  static async initialized(url: string, version = '2024-11-05'): Promise<SseClient> {
    const client = await SseClient.opened(url);
    await client.initialize(version);
    return client;
  }

  /** Where it posts to. */
  get address(): string {
    return new URL(this.events.endpoint, this.#url).href;
  }

  async initialize(version: string, capabilities = {}): Promise<Reply> {
    const params = { protocolVersion: version, capabilities, clientInfo: { name: 't', version: '1' } };
    const reply = await this.ask('initialize', params);
    await this.post('{"jsonrpc":"2.0","method":"notifications/initialized"}');
    return reply;
  }

  /** As the revision has it, without an Accept. */
  post(body: string, headers: Record<string, string> = {}): Promise<Answered> {
    return send(this.address, { headers: { accept: undefined, ...this.#headers, ...headers }, body });
  }

  /** Posts a request and waits for its reply on the stream. */
  async ask(method: string, params: unknown = {}): Promise<Reply> {
    this.#ids += 1;
    const id = this.#ids;
    const taken = await this.post(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    if (taken.status !== 202) throw new Error(`${method}: ${taken.status} ${taken.body}`);
    return this.reply(id);
  }

  /** Waits for the reply to a request. */
  async reply(id: unknown): Promise<Reply> {
    const found = (): Reply | undefined => this.events.all.find((one) => one.id === id && one.method === undefined);
    await until(() => found() !== undefined || this.events.ended);
    const reply = found();
    if (!reply) throw new Error(`no reply to ${String(id)}: ${this.events.text}`);
    return reply;
  }

  [Symbol.dispose](): void {
    this.events[Symbol.dispose]();
  }
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error('it never came');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
