/** One POST of a session: a request, a notification, an answer, or where the revision has them a batch of these. */
import type { Part } from '../../kernel/parts.ts';
import { Fault } from '../../kernel/fault.ts';
import { members } from '../../kernel/scan.ts';
import { idKey, REQUEST, type Message } from '../../protocol/jsonrpc.ts';
import type { Edge, HttpEdge } from '../edge.ts';
import { Responder } from '../http/responder.ts';
import type { Visit } from '../http/visit.ts';
import { batchOf } from './accept.ts';
import { answer, type Answering } from './answer.ts';
import type { Session } from './session.ts';

export interface Posted {
  readonly visit: Visit;
  readonly session: Session;
  readonly message: Message;
}

export async function post(edge: HttpEdge, posted: Posted): Promise<void> {
  const { visit, session, message } = posted;
  if (message.form === 'batch') return batch(edge, posted, batchOf(edge, session, message.fields.scan.bytes));
  if (message.form !== 'request') {
    heard(session, message);
    visit.empty(202);
    return undefined;
  }
  const responder = new Responder(visit, edge.keepAlive);
  // A client of these revisions that goes away has not cancelled anything: the call runs on, and its answer is dropped.
  const answered = await answer(edge, { visit, session, note: (note) => responder.note(note) }, message);
  if (answered.message) responder.answer(answered.status, answered.message);
  else responder.end();
  return undefined;
}

/** Notifications that mean something here; all others are taken and forgotten, as are answers to what was never asked. */
export function heard(session: Session, message: Message): void {
  const id = cancelledBy(message);
  if (id !== undefined) session.inFlight.get(id)?.now(new Fault('cancelled', 'The client cancelled the request.'));
}

/** The key of the request that a notification cancels, if it does. */
export function cancelledBy({ method, fields }: Message): string | undefined {
  if (method !== 'notifications/cancelled') return undefined;
  const id = members(fields.raw(REQUEST.params) ?? NO_PARAMS).find((one) => one.key === 'requestId');
  return id && idKey(id.value.toString('utf8'));
}

async function batch(edge: HttpEdge, posted: Posted, messages: readonly Message[]): Promise<void> {
  const { visit, session } = posted;
  for (const message of messages) if (message.form !== 'request') heard(session, message);
  const requests = messages.filter((message) => message.form === 'request');
  if (requests.length === 0) return visit.empty(202);
  const responder = new Responder(visit, edge.keepAlive);
  const answers = await batchAnswer(edge, { visit, session, note: (note) => responder.note(note) }, requests);
  if (answers) responder.answer(200, answers);
  else responder.end();
  return undefined;
}

/** One array of answers; `undefined` where all requests were cancelled. */
export async function batchAnswer(
  edge: Edge,
  to: Answering,
  requests: readonly Message[],
): Promise<Part[] | undefined> {
  const answered = await Promise.all(requests.map((message) => answer(edge, to, message)));
  const parts = answered.flatMap(({ message }) => (message ? [COMMA, ...message] : []));
  return parts.length === 0 ? undefined : [OPEN, ...parts.slice(1), CLOSE];
}

const NO_PARAMS = Buffer.from('{}');
const OPEN = '[';
const COMMA = ',';
const CLOSE = ']';
