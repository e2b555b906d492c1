/** A call that the test leads, upstream of the gateway: what it tells, and when it is answered. */
import type { ServerResponse } from 'node:http';
import type { RunningGateway } from '../fixtures/gateway.ts';
import type { RawUpstream } from '../fixtures/raw-upstream.ts';
import { Events } from './streams.ts';

export class LedCall {
  progress = 0;
  isClosed = false;
  readonly #response: ServerResponse;
  readonly #id: string;
  readonly #token: string;

  constructor(response: ServerResponse, id: string, body: string) {
    this.#response = response;
    this.#id = id;
    this.#token = /"progressToken":(\d+)/u.exec(body)?.[1] ?? '';
    response.on('close', () => (this.isClosed = !response.writableFinished));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
  }

  tell(text = ''): void {
    this.progress += 1;
    const params = `{"progressToken":${this.#token},"progress":${this.progress},"message":"${text}"}`;
    this.#response.write(`data: {"jsonrpc":"2.0","method":"notifications/progress","params":${params}}\n\n`);
  }

  /** Ends the call with a question to its client. */
  ask(message: string): void {
    const params = { mode: 'form', message, requestedSchema: { type: 'object', properties: {} } };
    const inputRequests = { q: { method: 'elicitation/create', params } };
    const result = JSON.stringify({ resultType: 'input_required', inputRequests });
    this.#response.end(`data: {"jsonrpc":"2.0","id":${this.#id},"result":${result}}\n\n`);
  }

  answer(text: string): void {
    const result = `{"resultType":"complete","content":[{"type":"text","text":"${text}"}]}`;
    this.#response.end(`data: {"jsonrpc":"2.0","id":${this.#id},"result":${result}}\n\n`);
  }
}

export interface Called {
  readonly headers: Record<string, string>;
  readonly events: Events;
  readonly call: LedCall;
}

/** A call with progress, in the session of these headers. */
export async function beginCall(upstream: RawUpstream, url: string, headers: Record<string, string>): Promise<Called> {
  const begun = Promise.withResolvers<LedCall>();
  upstream.answer = (response, id, { body }) => begun.resolve(new LedCall(response, id, body));
  const events = new Events(url, {
    method: 'POST',
    headers,
    body: '{"jsonrpc":"2.0","id":"mine","method":"tools/call","params":{"name":"echo","_meta":{"progressToken":7}}}',
  });
  const call = await begun.promise;
  return { headers, events, call };
}

/** Progress by its number, the answer by its text or the error's message. */
export const heard = ({ all }: Events): unknown[] =>
  all.map(({ params, result, ...rest }) => {
    if (result) return (result['content'] as { text: string }[])[0]?.text;
    return params?.['progress'] ?? (rest as { error?: { message: string } }).error?.message;
  });

export async function metricOf({ adminUrl }: RunningGateway, name: string): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  return Number(new RegExp(`^${name} (.+)$`, 'mu').exec(text)?.[1]);
}
