/** One HTTP request and what comes back, as JSON-RPC messages from JSON or events. Never throws: what goes wrong is part of the answer. */
import { request } from 'node:http';
import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';
import { Events } from './events.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface Exchange {
  /** 0: no answer came. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** A connection that broke, a deadline, an answer that is no JSON. */
  readonly failure: string | undefined;
  /** Of an answer that is neither JSON-RPC nor events. */
  readonly body: string | undefined;
  readonly ms: number;
}

export interface Outgoing {
  readonly agent: Agent;
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** None: it may take for ever, which is what streams do. */
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal;
  readonly headersCame?: () => void;
  readonly deliver: (message: Fields) => void;
}

export function send(outgoing: Outgoing): Promise<Exchange> {
  const { agent, url, method, headers, body, deadlineMs, signal } = outgoing;
  const started = performance.now();
  return new Promise((resolve) => {
    let answer: IncomingMessage | undefined;
    const end = (failure?: string, text?: string) => {
      clearTimeout(timer);
      const ms = performance.now() - started;
      resolve({ status: answer?.statusCode ?? 0, headers: answer?.headers ?? {}, failure, body: text, ms });
    };
    const begin = url.startsWith('https:') ? requestTls : request;
    const outbound = begin(url, { agent, method, headers, ...(signal ? { signal } : {}) }, (inbound) => {
      answer = inbound;
      if (inbound.statusCode === 200) outgoing.headersCame?.();
      read(inbound, outgoing.deliver, end);
    });
    const timer =
      deadlineMs === undefined
        ? undefined
        : setTimeout(() => outbound.destroy(new Error(`no end within ${deadlineMs} ms`)), deadlineMs);
    outbound.on('error', (error) => end(error.message));
    outbound.end(body);
  });
}

function read(
  inbound: IncomingMessage,
  deliver: Outgoing['deliver'],
  end: (failure?: string, body?: string) => void,
): void {
  inbound.setEncoding('utf8');
  inbound.on('error', (error) => end(error.message));
  if (inbound.headers['content-type']?.startsWith('text/event-stream')) {
    let failure: string | undefined;
    const events = new Events((data) => {
      failure ??= deliverAs(data, deliver);
    });
    inbound.on('data', (chunk: string) => events.take(chunk));
    inbound.on('end', () => end(failure));
    return;
  }
  let text = '';
  inbound.on('data', (chunk: string) => {
    text += chunk;
  });
  inbound.on('end', () => end(text === '' ? undefined : deliverAs(text, deliver), text));
}

/** What is wrong with it, if something is. */
function deliverAs(text: string, deliver: Outgoing['deliver']): string | undefined {
  try {
    const message = JSON.parse(text) as Fields;
    if (message['jsonrpc'] === '2.0') deliver(message);
    return undefined;
  } catch {
    return `not JSON: ${text.slice(0, 100)}`;
  }
}
