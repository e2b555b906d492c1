/**
 * What a server asks in the middle of one call, and what its client answers: keys by round, the result that asks, the judging of answers
 * (2026-07-28, "Multi round-trip requests"). Says nothing to anybody itself.
 */
import type { Call } from '../../core/call.ts';
import type { Outcome } from '../../core/outcome.ts';
import { Payload } from '../../core/payload.ts';
import type { ClientAnswer, Question } from '../../core/question.ts';
import { Abort } from '../../kernel/abort.ts';
import { Fault } from '../../kernel/fault.ts';
import { members } from '../../kernel/scan.ts';
import { CODE } from '../../protocol/code.ts';
import { idKey, REPLY, type Message } from '../../protocol/jsonrpc.ts';
import type { Revision2025 } from '../../protocol/rev2025/differences.ts';
import { answerFor, answerProblem, questionFor } from '../../protocol/rev2025/input.ts';
import { refusal } from './peer-requests.ts';

/** A question that has no answer yet. */
export interface OpenQuestion {
  /** The server's id of it, JSON text. */
  readonly id: string;
  readonly question: Question;
  /** Fires when the server no longer wants the answer. */
  readonly abort: Abort;
  /** The round in which its client was asked, and under what; 0 where it has not been yet. */
  round: number;
  key: string;
}

/** Without what is this hop's own; `undefined` where it is no question that a client can be asked. */
export function questionOf(message: Message): OpenQuestion | undefined {
  const { id, method, fields } = message;
  const question = questionFor({ method, params: fields.json(REPLY.params) }, WIDEST);
  return id === undefined || !question ? undefined : { id, question, abort: new Abort(), round: 0, key: '' };
}

/** What a server asks is told in full; who is asked may know less, which is its own edge's affair. */
const WIDEST: Revision2025 = '2025-11-25';

/** Whether this is the server's word that it no longer waits for the answer (`notifications/cancelled`). */
export function isWithdrawnBy({ method, fields }: Message, { id }: OpenQuestion): boolean {
  const params = method === 'notifications/cancelled' ? fields.raw(REPLY.params) : undefined;
  const named = params && members(params).find(({ key }) => key === 'requestId');
  return named !== undefined && idKey(named.value.toString('utf8')) === idKey(id);
}

/** A client's answer as it is said to the server. One that is none is not passed on. */
export function replyFor({ question }: OpenQuestion, answer: ClientAnswer, revision: Revision2025): ClientAnswer {
  if (answer.kind === 'result' && answerProblem(question, answer.json) !== undefined)
    return refusal(CODE.internal, 'The client gave an answer that is not valid.');
  return (
    answerFor(question, answer, revision) ?? refusal(CODE.internal, 'The answer of the client cannot be told here.')
  );
}

/** Asks a client all of these, each under its key. @param held what it comes back to. */
export function askingOutcome(questions: readonly OpenQuestion[], held: string): Outcome {
  const entries = questions.map(({ key, question: { method, params } }) => {
    const given = params === '' ? '' : `,"params":${params}`;
    return `${JSON.stringify(key)}:{"method":${JSON.stringify(method)}${given}}`;
  });
  const json = `{"resultType":"input_required","inputRequests":{${entries.join(',')}},"requestState":""}`;
  return { kind: 'input-required', payload: Payload.ofResult(json), held };
}

const NOTHING = Payload.ofParams({});

/** What is left of a call while it waits: neither the message that it came in, nor the way back. */
export const withoutRequest = (call: Call, abort: Abort): Call => ({
  ...call,
  payload: NOTHING,
  abort,
  emit: () => undefined,
  round: undefined,
  target: undefined,
});

export interface Given {
  readonly open: OpenQuestion;
  readonly answer: ClientAnswer;
}

/**
 * Which questions a client has answered; keys of others say nothing.
 * @throws Fault where one of its answers is none.
 */
export function givenAnswers(asked: readonly OpenQuestion[], answers: string | undefined): Given[] {
  const brought = new Map(members(Buffer.from(answers ?? '{}')).map(({ key, value }) => [key, value.toString('utf8')]));
  const given: Given[] = [];
  for (const open of asked) {
    const json = brought.get(open.key);
    if (json === undefined) continue;
    const problem = answerProblem(open.question, json);
    if (problem !== undefined) throw new Fault('unknown-name', `params.inputResponses.${open.key}: ${problem}`);
    given.push({ open, answer: { kind: 'result', json } });
  }
  return given;
}
