/** One POST of a session: a request, a notification, an answer, or where the revision has them a batch of these. */
import type { Part } from '../../kernel/parts.ts';
import { Fault } from '../../kernel/fault.ts';
import { members } from '../../kernel/scan.ts';
import { idKey, REQUEST, type Message } from '../../protocol/jsonrpc.ts';
import type { Edge } from '../edge.ts';
import { Responder } from '../http/responder.ts';
import type { Visit } from '../http/visit.ts';
import { batchOf } from './accept.ts';
import { answer } from './answer.ts';
import type { Session } from './session.ts';

export interface Posted {
  readonly visit: Visit;
  readonly session: Session;
  readonly message: Message;
}

export async function post(edge: Edge, posted: Posted): Promise<void> {
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
function heard(session: Session, message: Message): void {
  if (message.method !== 'notifications/cancelled') return;
  const id = members(message.fields.raw(REQUEST.params) ?? NO_PARAMS).find((one) => one.key === 'requestId');
  if (id)
    session.inFlight
      .get(idKey(id.value.toString('utf8')))
      ?.now(new Fault('cancelled', 'The client cancelled the request.'));
}

async function batch(edge: Edge, posted: Posted, messages: readonly Message[]): Promise<void> {
  const { visit, session } = posted;
  for (const message of messages) if (message.form !== 'request') heard(session, message);
  const requests = messages.filter((message) => message.form === 'request');
  if (requests.length === 0) return visit.empty(202);
  const responder = new Responder(visit, edge.keepAlive);
  const to = { visit, session, note: (note: Part[]) => responder.note(note) };
  const answered = await Promise.all(requests.map((message) => answer(edge, to, message)));
  const parts = answered.flatMap(({ message }) => (message ? [COMMA, ...message] : []));
  if (parts.length === 0) responder.end();
  else responder.answer(200, [OPEN, ...parts.slice(1), CLOSE]);
  return undefined;
}

const NO_PARAMS = Buffer.from('{}');
const OPEN = '[';
const COMMA = ',';
const CLOSE = ']';
