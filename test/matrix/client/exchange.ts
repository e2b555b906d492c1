/** One HTTP exchange on a connection of the client's pool; its answer is JSON or an event stream, read message by message. */
import { request } from 'node:http';
import type { Agent, IncomingMessage } from 'node:http';
import { fields } from '../../fixtures/conformance/message.ts';
import type { Fields } from '../../fixtures/conformance/message.ts';
import { WireFault } from './wire.ts';

export interface Exchange {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Each event; an answer in JSON is one too. */
  readonly event?: (event: Event) => void;
  readonly opened?: (headers: IncomingMessage['headers']) => void;
}

export interface Event {
  readonly name: string;
  readonly id: string | undefined;
  readonly data: string;
}

export interface Ended {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
}

/** Resolves at the end of the answer. */
export function exchange(asked: Exchange): Promise<Ended> {
  const { url, method, agent, headers, body = '', signal } = asked;
  const length = method === 'POST' ? { 'content-length': String(Buffer.byteLength(body)) } : {};
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, agent, headers: { ...headers, ...length }, signal }, (response) => {
      asked.opened?.(response.headers);
      read(response, asked).then(
        () => resolve({ status: response.statusCode ?? 0, headers: response.headers }),
        reject,
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

export function parsed(data: string): Fields {
  const message = fields(JSON.parse(data));
  if (message?.['jsonrpc'] !== '2.0') throw new WireFault(`no JSON-RPC message: ${data.slice(0, 100)}`);
  return message;
}

async function read(response: IncomingMessage, { event }: Exchange): Promise<void> {
  const type = response.headers['content-type'] ?? '';
  const streams = type.startsWith('text/event-stream');
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response as AsyncIterable<string>) {
    text += chunk;
    if (!streams) continue;
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const found = eventIn(text.slice(0, end));
      if (found) event?.(found);
      text = text.slice(end + 2);
    }
  }
  if (streams && text !== '') throw new WireFault(`an event without its end: ${text.slice(0, 80)}`);
  if (streams || text === '') return;
  if (!type.startsWith('application/json')) throw new WireFault(`an answer of type ${type}: ${text.slice(0, 80)}`);
  event?.({ name: 'message', id: undefined, data: text });
}

/** Nothing for a comment. */
function eventIn(block: string): Event | undefined {
  const lines = block.split('\n').filter((line) => line !== '' && !line.startsWith(':'));
  if (lines.length === 0) return undefined;
  const valuesOf = (field: string): readonly string[] =>
    lines.filter((line) => line.startsWith(`${field}:`)).map((line) => line.slice(field.length + 1).replace(/^ /u, ''));
  const known = ['event', 'data', 'id', 'retry'];
  const odd = lines.find((line) => !known.some((field) => line.startsWith(`${field}:`)));
  if (odd !== undefined) throw new WireFault(`an odd line in a stream: ${odd}`);
  return { name: valuesOf('event')[0] ?? 'message', id: valuesOf('id')[0], data: valuesOf('data').join('\n') };
}
