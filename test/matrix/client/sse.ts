/** 2024-11-05 over HTTP+SSE: the stream is the session; its first event says where to POST, and everything comes on it. */
import { Agent } from 'node:http';
import type { Fields } from '../../fixtures/conformance/message.ts';
import { exchange, parsed } from './exchange.ts';
import { WireFault } from './wire.ts';
import type { Hear, Wire } from './wire.ts';

export class SseWire implements Wire {
  readonly exchanges = false;
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #stop = new AbortController();
  #posts = '';

  /** @param url of the stream. */
  constructor(url: string) {
    this.#url = url;
  }

  open(hear: Hear): Promise<void> {
    return new Promise((resolve, reject) => {
      exchange({
        url: this.#url,
        method: 'GET',
        agent: this.#agent,
        headers: { accept: 'text/event-stream' },
        signal: this.#stop.signal,
        event: ({ name, data }) => {
          if (name === 'message' && this.#posts !== '' && !data.startsWith('{"error":{"kind"'))
            return hear(parsed(data), undefined);
          if (name !== 'endpoint') return reject(new WireFault(`the stream began with ${name}: ${data.slice(0, 100)}`));
          this.#posts = new URL(data, this.#url).href;
          if (new URL(this.#posts).origin !== new URL(this.#url).origin)
            reject(new WireFault(`another origin: ${data}`));
          resolve();
        },
      }).then(({ status }) => reject(new WireFault(`the stream ended with ${status}`)), reject);
    });
  }

  async begin(): Promise<void> {}

  async send(message: Fields): Promise<void> {
    const ended = await exchange({
      url: this.#posts,
      method: 'POST',
      agent: this.#agent,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      signal: this.#stop.signal,
    });
    if (ended.status !== 202) throw new WireFault(`POST was answered with ${ended.status}`);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#agent.destroy();
  }
}
