/** Runs one request of a session and writes its outcome as the 2025 revisions shape it. */
import type { Part } from '../../kernel/parts.ts';
import type { Call } from '../../core/call.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Note } from '../../core/call.ts';
import { Abort } from '../../kernel/abort.ts';
import { Fault, toFault } from '../../kernel/fault.ts';
import { isObject, member, parseJson } from '../../kernel/json.ts';
import { errorMessage } from '../../protocol/code.ts';
import { idKey, REQUEST, type Fields, type Message } from '../../protocol/jsonrpc.ts';
import { differences } from '../../protocol/rev2025/differences.ts';
import { relayedError, relayedNote, resultMessage } from '../../protocol/messages.ts';
import { isLogLevel } from '../../protocol/methods.ts';
import { wireError } from '../../protocol/rev2025/errors.ts';
import { plainResult, plainTools } from '../../protocol/rev2025/results.ts';
import { toldResult } from '../../protocol/told.ts';
import { run } from '../calls.ts';
import type { Edge } from '../edge.ts';
import type { Origin } from '../origin.ts';
import { listening } from './changes.ts';
import type { Session } from './session.ts';

export interface Answered {
  readonly status: number;
  /** `undefined` for a request that was cancelled: it gets no answer. */
  readonly message: Part[] | undefined;
}

export interface Answering {
  readonly visit: Origin;
  readonly session: Session;
  readonly note: (message: Part[]) => void;
}

/** Never fails: whatever happens is the answer. */
export function answer(edge: Edge, to: Answering, message: Message): Promise<Answered> {
  const id = message.id ?? 'null';
  const { session } = to;
  const abort = new Abort();
  const key = idKey(id);
  session.begun(key, abort);
  return parts(edge, to, { message, abort }).then(
    (answered) => {
      session.done(key, abort);
      return { status: 200, message: answered };
    },
    (error: unknown) => {
      session.done(key, abort);
      return failed(id, message, toFault(error));
    },
  );
}

interface Asking {
  readonly message: Message;
  readonly abort: Abort;
}

/** Methods that are a session's own are few; all others go straight to the engine. */
function parts(edge: Edge, to: Answering, asked: Asking): Promise<Part[]> {
  const { message } = asked;
  if (message.method !== 'ping' && !FEATURES.has(message.method))
    return ask(edge, to, asked).then((outcome) => shaped(to, message, outcome));
  return ownMethod(edge, to, message).then((own) => resultMessage(message.id ?? 'null', [own]));
}

function ask(edge: Edge, to: Answering, asked: Asking): Promise<Outcome> {
  const { visit, session } = to;
  const { message, abort } = asked;
  // These exist only where a request carries its own envelope.
  if (message.method === 'server/discover' || message.method === 'subscriptions/listen')
    return Promise.reject(new Fault('unknown-method', 'Method not found.'));
  return run(edge, {
    visit,
    message,
    caller: session.caller,
    able: '{}',
    logLevel: session.level ?? ('unset' satisfies Call['logLevel']),
    abort,
    emit: (note: Note) => {
      const token = message.fields.raw(REQUEST.progressToken);
      const { progressMessage } = differences(session.revision);
      to.note(relayedNote(note.method, note.fields, { token, message: progressMessage }));
    },
  });
}

const EMPTY = '{}';

/** What a server must declare for a session to have these methods. */
const FEATURES: ReadonlyMap<string, string> = new Map([
  ['logging/setLevel', 'logging'],
  ['resources/subscribe', 'resources'],
  ['resources/unsubscribe', 'resources'],
]);

/** Methods that are answered here: they concern the session, not a server. */
async function ownMethod(edge: Edge, { session, visit }: Answering, message: Message): Promise<Part> {
  const { method, fields } = message;
  if (method === 'ping') return EMPTY;
  const feature = FEATURES.get(method);
  if (feature === undefined || !(await visit.endpoint.offers(feature)))
    throw new Fault('unknown-method', 'Method not found.');
  if (method === 'logging/setLevel') {
    const level = member(fields.parse(REQUEST.params), 'level');
    if (!isLogLevel(level)) throw new Fault('invalid', 'params.level must be a log level of RFC 5424.');
    session.level = level;
    return EMPTY;
  }
  const uri = fields.text(REQUEST.uri);
  if (uri === undefined) throw new Fault('invalid', 'params.uri must be a string.');
  await subscribe(edge, session, { uri, wanted: method === 'resources/subscribe' });
  return EMPTY;
}

async function subscribe(
  edge: Edge,
  session: Session,
  to: { readonly uri: string; readonly wanted: boolean },
): Promise<void> {
  if (to.wanted) session.uris.add(to.uri);
  else session.uris.delete(to.uri);
  const honoured = await watched(edge, session).catch((error: unknown) => {
    // What was refused is not remembered, or it would count for ever.
    if (to.wanted) session.uris.delete(to.uri);
    throw error;
  });
  if (!to.wanted || honoured.includes(to.uri)) return;
  session.uris.delete(to.uri);
  throw new Fault('unknown-resource', `Resource not found, or it cannot be watched: ${to.uri.slice(0, 200)}`, {
    data: { uri: to.uri },
  });
}

/** Those of the resources wanted that are watched from now on. */
async function watched(edge: Edge, session: Session): Promise<readonly string[]> {
  const stream = await listening(edge, session);
  return stream.want([...session.uris]);
}

function shaped(to: Answering, message: Message, outcome: Outcome): Part[] {
  const id = message.id ?? 'null';
  switch (outcome.kind) {
    case 'error':
      return relayedError(id, outcome.json);
    case 'accepted':
      return resultMessage(id, [outcome.task.raw]);
    case 'input-required':
      throw interactionNeeded(outcome.payload.parse());
    case 'result':
      return resultMessage(id, plain(to, message, outcome.payload.fields));
  }
}

function plain({ visit, session }: Answering, message: Message, fields: Fields): Part[] {
  if (message.method === 'tools/list') return plainTools(fields);
  const tool =
    message.method === 'tools/call' ? visit.endpoint.tool(message.fields.text(REQUEST.name) ?? '') : undefined;
  return plainResult(fields, { wraps: tool?.isFreeOutput === true, links: differences(session.revision).structured });
}

function interactionNeeded(result: unknown): Fault {
  const requests = member(result, 'inputRequests');
  const methods = isObject(requests)
    ? [...new Set(Object.values(requests).map((request) => String(member(request, 'method'))))]
    : [];
  const what = methods.length === 0 ? 'more rounds' : methods.join(', ');
  return new Fault(
    'interaction-unsupported',
    `The server asks for ${what}, which this gateway cannot carry to a client of this protocol revision.`,
    { delivered: 'yes' },
  );
}

/** What a model should know is a result; the rest is an error. */
function failed(id: string, message: Message, fault: Fault): Answered {
  if (fault.kind === 'cancelled') return { status: 200, message: undefined };
  const needs = fault.kind === 'capability-missing' || fault.kind === 'interaction-unsupported';
  if (needs && message.method === 'tools/call') {
    const told = new Fault('interaction-unsupported', fault.message, { delivered: fault.delivered });
    const result = parseJson(toldResult(told));
    return { status: 200, message: resultMessage(id, [JSON.stringify(result)]) };
  }
  const error = wireError(needs ? new Fault('interaction-unsupported', fault.message) : fault);
  return { status: error.status, message: [errorMessage(id, error)] };
}
