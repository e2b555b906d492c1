/** One POST of a session: a request, a notification, an answer, or where the revision has them a batch of these. */
import type { Part } from '../../kernel/parts.ts';
import { members } from '../../kernel/scan.ts';
import { idKey, REQUEST, type Message } from '../../protocol/jsonrpc.ts';
import type { Edge } from '../edge.ts';
import type { Visit } from '../http/visit.ts';
import { batchOf } from './accept.ts';
import { answer, type Asker } from './answer.ts';
import type { HttpSession } from './http-session.ts';
import { Reply } from './reply.ts';
import type { Session } from './session.ts';

export interface Posted {
  readonly visit: Visit;
  readonly session: HttpSession;
  readonly message: Message;
}

export function post(edge: Edge, posted: Posted): Promise<void> {
  const { visit, session, message } = posted;
  if (message.form === 'batch') return batch(edge, posted, batchOf(edge, session, message.fields.scan.bytes));
  if (message.form !== 'request') {
    heard(session, message);
    visit.empty(202);
    return Promise.resolve();
  }
  const reply = new Reply(visit, session, { requests: [message], isBatch: false });
  return answer(edge, reply, message);
}

/** Answers, and notifications that mean something here; all others are taken and forgotten, as are answers to what was never asked. */
export function heard(session: Session, message: Message): void {
  if (message.form === 'response') {
    session.questions.answered(message);
    return;
  }
  if (message.method === 'notifications/roots/list_changed') session.rootsChanged();
  const id = cancelledBy(message);
  if (id !== undefined) session.cancel(id);
}

/** The key of the request that a notification cancels, if it does. */
export function cancelledBy({ method, fields }: Message): string | undefined {
  if (method !== 'notifications/cancelled') return undefined;
  const id = members(fields.raw(REQUEST.params) ?? NO_PARAMS).find((one) => one.key === 'requestId');
  return id && idKey(id.value.toString('utf8'));
}

async function batch(edge: Edge, posted: Posted, messages: readonly Message[]): Promise<void> {
  const { visit, session } = posted;
  for (const message of messages) if (message.form !== 'request') heard(session, message);
  const requests = messages.filter((message) => message.form === 'request');
  if (requests.length === 0) return visit.empty(202);
  const reply = new Reply(visit, session, { requests, isBatch: true });
  reply.answer(200, await batchAnswer(edge, reply, requests));
  return undefined;
}

/** One array of answers; `undefined` where all requests were cancelled. */
export async function batchAnswer(
  edge: Edge,
  asker: Omit<Asker, 'answer'>,
  requests: readonly Message[],
): Promise<Part[] | undefined> {
  const answers: (Part[] | undefined)[] = [];
  const { visit, session } = asker;
  const one = (message: Message, at: number): Promise<void> =>
    answer(
      edge,
      {
        visit,
        session,
        note: (note) => asker.note(note),
        ask: (question) => asker.ask(question),
        answer: (_, parts) => (answers[at] = parts),
      },
      message,
    );
  await Promise.all(requests.map(one));
  const parts = answers.flatMap((message) => (message ? [COMMA, ...message] : []));
  return parts.length === 0 ? undefined : [OPEN, ...parts.slice(1), CLOSE];
}

const NO_PARAMS = Buffer.from('{}');
const OPEN = '[';
const COMMA = ',';
const CLOSE = ']';
