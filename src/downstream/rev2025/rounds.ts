/**
 * A call whose server asks by ending it (2026-07-28, "Multi round-trip requests"), for a client that is asked while its call goes on: the
 * questions are put to the client one after the other, as people answer them, and what comes of it is the call's next round.
 */
import type { Outcome } from '../../core/outcome.ts';
import type { Ask, Question, Round } from '../../core/question.ts';
import type { Abort } from '../../kernel/abort.ts';
import type { Budget } from '../../kernel/bounded.ts';
import { Fault } from '../../kernel/fault.ts';
import { member, parseJson } from '../../kernel/json.ts';
import { members } from '../../kernel/scan.ts';
import type { Time } from '../../kernel/time.ts';
import { REPLY } from '../../protocol/jsonrpc.ts';
import { NEWEST_2025 } from '../../protocol/rev2025/differences.ts';
import { answerFor } from '../../protocol/rev2025/input.ts';

export type InputRequired = Extract<Outcome, { kind: 'input-required' }>;

/** How often a server may ask in one call. */
export const MAX_ROUNDS = 10;
/** Questions at once. */
const MAX_QUESTIONS = 100;
/** A server that asks nothing wants to be asked again, but not at once. */
const PACE_MS = 250;

export interface Rounding {
  /** The next round's number; the one in which the call began is 0. */
  readonly round: number;
  readonly ask: Ask;
  readonly abort: Abort;
  readonly time: Time;
  /** Questions and answers are held while the client thinks. */
  readonly buffered: Budget;
}

/** What the call brings to its next round. Rejects with a Fault where it ends here. */
export async function nextRound(outcome: InputRequired, rounding: Rounding): Promise<Round> {
  const { round, abort, time } = rounding;
  if (round > MAX_ROUNDS) throw ended(`The server has asked ${MAX_ROUNDS} times and asks again.`);
  const questions = questionsOf(outcome);
  const state = stateOf(outcome);
  if (questions.size === 0) {
    if (state === undefined) throw ended('The server asks for input, but not for which.');
    await pause(PACE_MS, abort, time);
    return { answers: undefined, state, held: undefined };
  }
  if (questions.size > MAX_QUESTIONS) throw ended(`The server asks more than ${MAX_QUESTIONS} questions at once.`);
  return { answers: await answersTo(questions, rounding), state, held: undefined };
}

/** One after the other: each may need all the attention that its client's user has. */
async function answersTo(questions: Map<string, Question>, { ask, abort, buffered }: Rounding): Promise<string> {
  let held = 0;
  const hold = (text: string): void => {
    if (!buffered.take(text.length)) throw new Fault('overloaded', 'Too much is held for clients and servers.', BEGUN);
    held += text.length;
  };
  try {
    const answers: string[] = [];
    for (const { params } of questions.values()) hold(params);
    for (const [key, question] of questions) {
      const json = await answerTo(question, ask, abort);
      hold(json);
      answers.push(`${JSON.stringify(key)}:${json}`);
    }
    return `{${answers.join(',')}}`;
  } finally {
    buffered.give(held);
  }
}

const BEGUN = { delivered: 'yes' } as const;

/** By their keys, params as they came. */
function questionsOf({ payload }: InputRequired): Map<string, Question> {
  const all = members(payload.raw).findLast(({ key }) => key === 'inputRequests');
  const questions = new Map<string, Question>();
  for (const { key, value } of all ? members(all.value) : []) {
    const parts = members(value);
    const method: unknown = parseJson(parts.findLast((part) => part.key === 'method')?.value ?? '');
    const params = parts.findLast((part) => part.key === 'params')?.value.toString('utf8') ?? '{}';
    questions.set(key, { method: typeof method === 'string' ? method : '', params });
  }
  return questions;
}

/** JSON text of a string, byte by byte what the server gave; nothing where it gave none. */
function stateOf({ payload: { fields }, state }: InputRequired): string | undefined {
  if (state !== undefined) return JSON.stringify(state);
  return fields.has(REPLY.requestState) ? fields.json(REPLY.requestState) : undefined;
}

/** Without what is the client's hop's own. There is no form for an error among answers: only an elicitation can say that nothing came of it. */
async function answerTo(question: Question, ask: Ask, abort: Abort): Promise<string> {
  const answer = await ask(question, abort);
  const told = answerFor(question, answer, NEWEST_2025) ?? answer;
  if (told.kind === 'result') return told.json;
  if (question.method === 'elicitation/create') return '{"action":"cancel"}';
  const said = member(parseJson(told.json), 'message');
  const why = typeof said === 'string' ? `: ${said.slice(0, 500)}` : '.';
  throw ended(`The server asked for ${question.method}, and the client refused${why}`);
}

function pause(ms: number, abort: Abort, time: Time): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = time.after(ms, () => {
      abort.ignore(stop);
      resolve();
    });
    const stop = (reason: Fault): void => {
      timer.cancel();
      reject(reason);
    };
    abort.listen(stop);
  });
}

const ended = (message: string): Fault => new Fault('interaction-unsupported', message, BEGUN);
