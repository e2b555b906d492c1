/** A client of 2026-07-28 that is asked by the end of its call, and makes it again with the answers. */
import { parsed, send, stateless, type Answered } from './client.ts';
import { Events } from './streams.ts';

export const FORM = {
  message: 'Your name?',
  requestedSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
};
export const SAMPLE = { messages: [{ role: 'user', content: { type: 'text', text: 'hi' } }], maxTokens: 10 };
export const CAN = { elicitation: {}, sampling: {} };
export const ACCEPT = { action: 'accept', content: { name: 'Ann' } };
export const DRAWN = { role: 'assistant', model: 'm', content: { type: 'text', text: 'hello' } };

export interface Calling {
  readonly name?: string;
  readonly args?: unknown;
  readonly capabilities?: unknown;
  readonly round?: Record<string, unknown>;
  readonly to: string;
  readonly progressToken?: string;
  readonly meta?: Record<string, unknown>;
}

export function call(calling: Calling): Promise<Answered> {
  return send(calling.to, sending(calling));
}

/** The same over a connection that can be cut. */
export const leaving = (calling: Calling): Events => new Events(calling.to, { method: 'POST', ...sending(calling) });

function sending(calling: Calling): { readonly headers: Record<string, string>; readonly body: string } {
  const { name = 'ask', args = {}, capabilities = CAN, round = {}, progressToken, meta = {} } = calling;
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 't', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': capabilities,
    ...(progressToken === undefined ? {} : { progressToken }),
    ...meta,
  };
  const params = { name, arguments: args, ...round, _meta };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
  return { headers: stateless('tools/call', name), body };
}

export interface Asked {
  readonly requestState: string;
  readonly inputRequests: Record<string, { method: string; params?: unknown }>;
}

export function asked(answered: Answered): Asked {
  const { result } = parsed(answered);
  if (result?.['resultType'] !== 'input_required') throw new Error(`not asked: ${answered.body}`);
  return result as unknown as Asked;
}

/** The next round: each question is given the answer of its method. */
export function answers({ inputRequests, requestState }: Asked, by: Record<string, unknown>): Record<string, unknown> {
  const inputResponses = Object.fromEntries(
    Object.entries(inputRequests).flatMap(([key, { method }]) => (method in by ? [[key, by[method]]] : [])),
  );
  return { requestState, inputResponses };
}

export const text = (answered: Answered): unknown =>
  (parsed(answered).result?.['content'] as { text: string }[] | undefined)?.[0]?.text;
