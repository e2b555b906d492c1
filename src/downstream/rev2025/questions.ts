/**
 * What a session's client is asked in the middle of its calls: real requests on the way of the call that asks (2025-11-25, "Elicitation",
 * "Sampling", "Roots"), answered by a message of their own. A client that has lost its connection finds the question when it comes back.
 * States of a question: asked -> answered, or withdrawn: nobody waits for its answer any more, and the client is told so.
 */
import { randomBytes } from 'node:crypto';
import type { ClientAnswer, Question } from '../../core/question.ts';
import type { Abort } from '../../kernel/abort.ts';
import { Fault } from '../../kernel/fault.ts';
import { isObject, member, parseJson } from '../../kernel/json.ts';
import type { Part } from '../../kernel/parts.ts';
import { answerable, neededFor, undeclared } from '../../protocol/capabilities.ts';
import { CODE } from '../../protocol/code.ts';
import { idKey, REQUEST, type Message } from '../../protocol/jsonrpc.ts';
import { notification } from '../../protocol/messages.ts';
import { answerProblem, questionFor } from '../../protocol/rev2025/input.ts';
import type { Edge } from '../edge.ts';
import type { Asker } from './answer.ts';

export interface Asked {
  readonly question: Question;
  readonly abort: Abort;
}

/** Rejects with a Fault where the client cannot be asked, does not answer in time, or nobody waits for its answer any more. */
export function ask(edge: Edge, asker: Asker, { question, abort }: Asked): Promise<ClientAnswer> {
  return new Promise((resolve, reject) => {
    const { session } = asker;
    const gone = abort.reason ?? session.ended.reason;
    if (gone) throw gone;
    const { questions } = session;
    const asked = questionFor(question, session.revision);
    if (!asked || !isDeclared(question, session.able)) throw unable(question, 'cannot be asked for that');
    const { counts, bounds } = edge;
    questions.judge(bounds.parkedPerCaller);
    if (counts.parked >= bounds.parked) throw tooMany();
    const id = JSON.stringify(`ask-${randomBytes(ID_BYTES).toString('base64url')}`);
    const over = (): void => {
      counts.parked -= 1;
      timer.cancel();
      abort.ignore(withdraw);
      questions.over(id);
    };
    const withdraw = (reason: Fault): void => {
      over();
      asker.ask(withdrawn(id, reason));
      reject(reason);
    };
    const timer = edge.time.after(bounds.parkedTimeoutMs, () => withdraw(late(question, bounds.parkedTimeoutMs)));
    counts.parked += 1;
    const message = [`{"jsonrpc":"2.0","id":${id},"method":"${asked.method}","params":${asked.params}}`];
    questions.begun(id, {
      message,
      withdraw,
      answered: (answer) => {
        over();
        resolve(judged(question, answer));
      },
    });
    abort.listen(withdraw);
    if (asker.ask(message)) return;
    over();
    reject(unable(question, 'has no connection on which it could be asked'));
  });
}

const ID_BYTES = 12;

interface Waiting {
  readonly message: readonly Part[];
  answered(answer: ClientAnswer): void;
  withdraw(reason: Fault): void;
}

/** Those of one session. Another session's answer never finds them, whatever its id. */
export class Questions {
  /** By their id. Never more than `bounds.parkedPerCaller`. */
  readonly #waiting = new Map<string, Waiting>();
  #closed: Fault | undefined;

  /** @throws Fault where there is no room for another. */
  judge(max: number): void {
    if (this.#closed) throw this.#closed;
    if (this.#waiting.size >= max) throw tooMany();
  }

  begun(id: string, waiting: Waiting): void {
    this.#waiting.set(id, waiting);
  }

  over(id: string): void {
    this.#waiting.delete(id);
  }

  /** Whether an answer to this very message is waited for. */
  isOpen(message: readonly Part[]): boolean {
    return [...this.#waiting.values()].some((waiting) => waiting.message === message);
  }

  /** What was never asked, or is answered already, is taken and forgotten. */
  answered({ id, fields }: Message): void {
    const waiting = id === undefined ? undefined : this.#waiting.get(idKey(id));
    if (fields.has(REQUEST.error)) waiting?.answered({ kind: 'error', json: fields.json(REQUEST.error) });
    else waiting?.answered({ kind: 'result', json: fields.json(REQUEST.result) });
  }

  /** The client will not answer any more, and cannot be asked. */
  close(reason: Fault): void {
    this.#closed ??= reason;
    for (const waiting of this.#waiting.values()) waiting.withdraw(reason);
  }
}

function isDeclared({ method, params }: Question, able: string): boolean {
  const declared = parseJson(able);
  const needed = neededFor({ method, params: parseJson(params) });
  return needed !== undefined && isObject(declared) && undeclared(needed, answerable(declared)) === undefined;
}

/** An answer that is none is as good as a refusal, and a refusal is told in a shape that its server can read. */
function judged(question: Question, answer: ClientAnswer): ClientAnswer {
  const problem = answer.kind === 'result' ? answerProblem(question, answer.json) : errorProblem(answer.json);
  if (problem === undefined) return answer;
  const message = `The client's answer is none: ${problem}`;
  return { kind: 'error', json: JSON.stringify({ code: CODE.invalidParams, message }) };
}

/** JSON-RPC 2.0, section 5.1. */
function errorProblem(json: string): string | undefined {
  const error = parseJson(json);
  const isError = Number.isSafeInteger(member(error, 'code')) && typeof member(error, 'message') === 'string';
  return isError ? undefined : 'its error needs a code and a message.';
}

const withdrawn = (id: string, { message }: Fault): ReturnType<typeof notification> =>
  notification('notifications/cancelled', `{"requestId":${id},"reason":${JSON.stringify(message)}}`);

const unable = ({ method }: Question, why: string): Fault =>
  new Fault('interaction-unsupported', `The server asks for ${method.slice(0, 100)}, but this client ${why}.`, {
    delivered: 'yes',
  });

const late = ({ method }: Question, ms: number): Fault =>
  new Fault('timed-out', `The client did not answer ${method} within ${ms / 1000} s.`, { delivered: 'yes' });

const tooMany = (): Fault =>
  new Fault('overloaded', 'Too many calls wait for answers of clients (bounds.parked, bounds.parkedPerCaller).', {
    delivered: 'yes',
  });
