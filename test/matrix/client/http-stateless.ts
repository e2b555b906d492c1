/** 2026-07-28 over HTTP: each request with the headers that repeat its body; to close the answer is to cancel. */
import { Agent } from 'node:http';
import { fields } from '../../fixtures/conformance/message.ts';
import type { Fields, Id } from '../../fixtures/conformance/message.ts';
import { exchange, parsed } from './exchange.ts';
import type { Hear, Sending, Wire } from './wire.ts';
import { WireFault } from './wire.ts';

const ASCII = /^[\x20-\x7e]*$/u;

export class HttpStatelessWire implements Wire {
  readonly exchanges = true;
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true });
  #hear: Hear = () => undefined;

  constructor(url: string) {
    this.#url = url;
  }

  async open(hear: Hear): Promise<void> {
    this.#hear = hear;
  }

  async begin(): Promise<void> {}

  async send(message: Fields, { signal, headers = {} }: Sending = {}): Promise<void> {
    const origin = message['id'] as Id;
    const ended = await exchange({
      url: this.#url,
      method: 'POST',
      agent: this.#agent,
      headers: { ...headersOf(message), ...headers },
      body: JSON.stringify(message),
      signal,
      event: ({ name, id, data }) => {
        if (name !== 'message') throw new WireFault(`an event called ${name}`);
        if (id !== undefined) throw new WireFault('an event with an id, though nothing can be resumed');
        this.#hear(parsed(data), origin);
      },
    });
    if (ended.headers['mcp-session-id'] !== undefined) throw new WireFault('a session id to a client without sessions');
  }

  async close(): Promise<void> {
    this.#agent.destroy();
  }
}

function headersOf({ method, params }: Fields): Record<string, string> {
  const { name, uri } = fields(params) ?? {};
  const mirrored =
    method === 'resources/read' ? uri : method === 'tools/call' || method === 'prompts/get' ? name : undefined;
  return {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': String(method),
    ...(typeof mirrored === 'string' ? { 'mcp-name': encode(mirrored) } : {}),
  };
}

export function encode(value: string): string {
  return ASCII.test(value) && value.trim() === value ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`;
}
