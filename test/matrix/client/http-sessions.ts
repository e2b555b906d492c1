/** 2025-11-25 over streamable HTTP: the session's id on every message, answers on the stream of their request, the rest by GET. */
import { Agent } from 'node:http';
import { fields } from '../../fixtures/conformance/message.ts';
import type { Fields, Id } from '../../fixtures/conformance/message.ts';
import { exchange, parsed } from './exchange.ts';
import type { Event } from './exchange.ts';
import { WireFault } from './wire.ts';
import type { Hear, Wire } from './wire.ts';

export class HttpSessionsWire implements Wire {
  readonly exchanges = true;
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #stop = new AbortController();
  readonly #seen = new Set<string>();
  #hear: Hear = () => undefined;
  #headers: Record<string, string> = {};

  constructor(url: string) {
    this.#url = url;
  }

  async open(hear: Hear): Promise<void> {
    this.#hear = hear;
  }

  async begin(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      exchange({
        url: this.#url,
        method: 'GET',
        agent: this.#agent,
        headers: { ...this.#headers, accept: 'text/event-stream' },
        signal: this.#stop.signal,
        opened: () => resolve(),
        event: (event) => this.#take(event, undefined),
      }).then(({ status }) => status === 200 || reject(new WireFault(`the session's own stream: ${status}`)), reject);
    });
  }

  async send(message: Fields): Promise<void> {
    const isRequest = 'method' in message && 'id' in message;
    const origin = isRequest ? (message['id'] as Id) : undefined;
    const ended = await exchange({
      url: this.#url,
      method: 'POST',
      agent: this.#agent,
      headers: { ...this.#headers, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify(message),
      signal: this.#stop.signal,
      event: (event) => this.#take(event, origin),
    });
    if (!isRequest && ended.status !== 202)
      throw new WireFault(`${String(message['method'])} was answered with ${ended.status}`);
    if (message['method'] !== 'initialize') return;
    const session = ended.headers['mcp-session-id'];
    if (typeof session !== 'string') throw new WireFault('no session id');
    this.#headers = { ...this.#headers, 'mcp-session-id': session };
  }

  async close(): Promise<void> {
    this.#stop.abort();
    const leave = { url: this.#url, method: 'DELETE', agent: this.#agent, headers: this.#headers } as const;
    await exchange(leave).catch(() => undefined);
    this.#agent.destroy();
  }

  /** An event without data only gives an id. */
  #take({ name, id, data }: Event, origin: Id | undefined): void {
    if (name !== 'message') throw new WireFault(`an event called ${name}`);
    if (id !== undefined && this.#seen.has(id)) throw new WireFault(`the event id ${id} a second time`);
    if (id !== undefined) this.#seen.add(id);
    if (data === '') return;
    const message = parsed(data);
    const version = fields(message['result'])?.['protocolVersion'];
    if (typeof version === 'string') this.#headers = { 'mcp-protocol-version': version };
    if (origin === undefined && !('method' in message)) throw new WireFault('an answer on the stream of the session');
    this.#hear(message, origin);
  }
}
