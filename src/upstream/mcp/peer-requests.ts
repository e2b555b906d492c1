/** What is said to a server that asks us: messages as JSON text. What it may ask, and of whom, is the leg's affair. */
import type { ClientAnswer } from '../../core/question.ts';
import { CODE } from '../../protocol/code.ts';

/** A response to the server's own request. `id` is JSON text. */
export const replyTo = (id: string, { kind, json }: ClientAnswer): string =>
  `{"jsonrpc":"2.0","id":${id},"${kind}":${json}}`;

/** `id` is that of a request of ours. */
export const cancelling = (id: number): string =>
  `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}`;

export const PONG: ClientAnswer = { kind: 'result', json: '{}' };

export const refusal = (code: number, message: string): ClientAnswer => ({
  kind: 'error',
  json: JSON.stringify({ code, message }),
});

/** There is no telling whose question it is; none is guessed. */
export const UNRELATED = refusal(CODE.internal, 'no associated client request');

export const unsupported = (method: string): ClientAnswer =>
  refusal(CODE.methodNotFound, `This client does not support ${method.slice(0, 100)}.`);

/** To a question that nobody will answer any more: a form can be put away, other questions have no such answer. */
export const givenUp = (method: string): ClientAnswer =>
  method === 'elicitation/create'
    ? { kind: 'result', json: '{"action":"cancel"}' }
    : refusal(CODE.internal, 'The client did not answer.');
