/** Runs a request of MCP 2026-07-28 and writes its outcome: JSON, or an event stream once there is something to say before the answer. */
import { joinParts, type Part } from '../../kernel/parts.ts';
import type { Note } from '../../core/call.ts';
import type { Caller } from '../../core/caller.ts';
import type { Outcome } from '../../core/outcome.ts';
import { Abort } from '../../kernel/abort.ts';
import { Fault, toFault } from '../../kernel/fault.ts';
import { member } from '../../kernel/json.ts';
import { members } from '../../kernel/scan.ts';
import { splice } from '../../kernel/splice.ts';
import { CODE, errorMessage } from '../../protocol/code.ts';
import { REPLY, REQUEST, type Message } from '../../protocol/jsonrpc.ts';
import { relayedError, relayedNote, resultMessage } from '../../protocol/messages.ts';
import { readLogLevel, VERSION, type Envelope } from '../../protocol/rev2026/envelope.ts';
import { wireError } from '../../protocol/rev2026/errors.ts';
import { typedResult } from '../../protocol/rev2026/results.ts';
import { run } from '../calls.ts';
import type { Edge } from '../edge.ts';
import { Responder } from '../http/responder.ts';
import type { Visit } from '../http/visit.ts';

/** Without authentication all stateless clients are one caller; slots are still shared by address. */
export const anonymous = (address: string): Caller => ({ key: 'anonymous', kind: 'anonymous', share: address });

export async function answer(
  edge: Edge,
  visit: Visit,
  request: { readonly message: Message; readonly envelope: Envelope },
): Promise<void> {
  const { message, envelope } = request;
  const id = message.id ?? 'null';
  const abort = new Abort();
  const responder = new Responder(visit, edge.keepAlive);
  responder.left = () => abort.now(new Fault('cancelled', 'The client went away.'));
  const token = message.fields.raw(REQUEST.progressToken);
  try {
    const outcome = await run(edge, {
      visit,
      message,
      caller: anonymous(visit.exchange.address),
      able: envelope.capabilities,
      logLevel: readLogLevel(message.fields),
      abort,
      emit: (note: Note) => responder.note(relayedNote(note.method, note.fields, { token, message: true })),
    });
    write(responder, { id, method: message.method }, outcome);
  } catch (error) {
    const told = wireError(toFault(error));
    responder.answer(told.status, [errorMessage(id, told)]);
  }
}

interface Answered {
  readonly id: string;
  readonly method: string;
}

function write(responder: Responder, to: Answered, outcome: Outcome): void {
  if (outcome.kind === 'error') writeError(responder, to.id, outcome);
  else if (outcome.kind === 'accepted') responder.answer(200, resultMessage(to.id, [outcome.task.raw]));
  else responder.answer(200, resultMessage(to.id, resultOf(to.method, outcome)));
}

/** Codes that this revision does not know are told in its own. */
function writeError(responder: Responder, id: string, outcome: Extract<Outcome, { kind: 'error' }>): void {
  if (outcome.code === CODE.resourceNotFound) {
    responder.answer(200, relayedError(id, withCode(outcome.json, CODE.invalidParams)));
    return;
  }
  const status = outcome.code === CODE.methodNotFound ? 404 : 200;
  responder.answer(status, relayedError(id, outcome.json));
}

/** The same error under another code, every other byte as it was. */
function withCode(error: Buffer, code: number): Buffer {
  const was = members(error).find((one) => one.key === 'code')?.value;
  if (!was) return error;
  const start = was.byteOffset - error.byteOffset;
  return joinParts(
    splice(error, { start: 0, end: error.length }, [{ start, end: start + was.length, put: String(code) }]),
  );
}

function resultOf(method: string, outcome: Extract<Outcome, { kind: 'result' | 'input-required' }>): Part[] {
  const { fields } = outcome.payload;
  if (outcome.kind === 'input-required') return askingResult(outcome);
  if (method === 'server/discover') return [JSON.stringify(discovered(outcome.payload.parse()))];
  return typedResult(fields, method === 'resources/read');
}

function askingResult(outcome: Extract<Outcome, { kind: 'input-required' }>): Part[] {
  const { fields } = outcome.payload;
  if (outcome.state === undefined) return [outcome.payload.raw];
  const edit = {
    start: fields.start(REPLY.requestState),
    end: fields.end(REPLY.requestState),
    put: JSON.stringify(outcome.state),
  };
  return splice(fields.scan.bytes, { start: fields.start(REPLY.result), end: fields.end(REPLY.result) }, [edit]);
}

function discovered(profile: unknown): Record<string, unknown> {
  const instructions = member(profile, 'instructions');
  return {
    resultType: 'complete',
    supportedVersions: [VERSION],
    capabilities: member(profile, 'capabilities'),
    ...(instructions === undefined ? {} : { instructions }),
    ttlMs: member(profile, 'ttlMs'),
    cacheScope: member(profile, 'cacheScope'),
    _meta: { 'io.modelcontextprotocol/serverInfo': member(profile, 'serverInfo') },
  };
}
