/** One untimed exchange with a subject, on a connection of its own; certificates of the bench's own making are believed. */
import { request as plainRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { CallText } from './workloads.ts';

const ANSWER_MS = 5_000;

export interface Exchanged {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** The JSON-RPC message, from a body or from the last event of a stream. */
  readonly message: unknown;
}

export async function exchange(url: string, { headers, body }: CallText): Promise<Exchanged> {
  const response = await post(url, { headers, body });
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    message: message(response.headers['content-type'] ?? '', text),
  };
}

function post(url: string, { headers, body }: CallText): Promise<IncomingMessage> {
  const options = { method: 'POST', headers, agent: false, signal: AbortSignal.timeout(ANSWER_MS) };
  return new Promise((answered, failed) => {
    const sent = url.startsWith('https:')
      ? tlsRequest(url, { ...options, rejectUnauthorized: false }, answered)
      : plainRequest(url, options, answered);
    sent.once('error', failed).end(body);
  });
}

function message(type: string, text: string): unknown {
  const data = type.startsWith('text/event-stream') ? (/.*^data: ?(.*)$/ms.exec(text)?.[1] ?? '') : text;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
