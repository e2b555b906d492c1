/** Judges what a client of the 2025 revisions sends: version header, session, and what the message is (2025-11-25, "Transports"). */
import { Fault } from '../../kernel/fault.ts';
import { elements } from '../../kernel/scan.ts';
import { readIncoming, REQUEST, type Message } from '../../protocol/jsonrpc.ts';
import { differences, isRevision2025 } from '../../protocol/rev2025/differences.ts';
import type { Edge } from '../edge.ts';
import type { Visit } from '../http/visit.ts';
import type { HttpSession } from './http-session.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';

/** The session that a request belongs to. @throws Fault: 400 without an id, 404 for one that is not open here. */
export function sessionOf(visit: Visit, sessions: Sessions): HttpSession {
  const version = visit.exchange.header('mcp-protocol-version');
  if (version !== undefined && !isRevision2025(version)) {
    throw new Fault('unsupported-revision', 'Unsupported MCP-Protocol-Version.');
  }
  const id = visit.exchange.header('mcp-session-id');
  if (id === undefined || id === '') throw new Fault('not-a-request', 'Missing Mcp-Session-Id; initialize first.');
  return sessions.find(id, visit.endpoint.address);
}

/** Messages that one batch may hold. */
const MAX_BATCH = 100;

/** The messages of a JSON-RPC batch, for revisions that have batches (2025-03-26, "Base protocol"). @throws Fault `not-a-request`. */
export function batchOf(edge: Edge, session: Session, body: Buffer): Message[] {
  if (!differences(session.revision).batches)
    throw new Fault('not-a-request', 'This protocol revision has no batches.');
  const found = elements(body, MAX_BATCH);
  if (!found || found.length === 0) throw new Fault('not-a-request', `A batch holds 1 to ${MAX_BATCH} messages.`);
  const messages = found.map((element) => readIncoming(element, edge.bounds.jsonDepth));
  const answers = messages.filter(({ form }) => form === 'response').length;
  if (answers > 0 && answers < messages.length)
    throw new Fault('not-a-request', 'A batch holds requests and notifications, or answers, not both.');
  for (const { form, method, problem, fields } of messages) {
    if (fields.has(REQUEST.version))
      throw new Fault('not-a-request', 'A request with an envelope of its own cannot be part of a batch.');
    if (form === 'none' || form === 'batch' || problem !== undefined)
      throw new Fault('not-a-request', 'Something in the batch is no JSON-RPC message.');
    if (method === 'initialize') throw new Fault('not-a-request', 'initialize must not be part of a batch.');
  }
  return messages;
}
