/** What a session of the 2025 revisions says and hears, apart from when: greetings, params, outcomes. */
import type { Part } from '../../kernel/parts.ts';
import type { Call } from '../../core/call.ts';
import type { Outcome } from '../../core/outcome.ts';
import { Payload } from '../../core/payload.ts';
import { Fault } from '../../kernel/fault.ts';
import { members } from '../../kernel/scan.ts';
import type { Reply } from '../link/link.ts';
import { isObject, member, type JsonObject } from '../../kernel/json.ts';
import { REPLY, REQUEST, type Fields } from '../../protocol/jsonrpc.ts';
import { paramsFor, SESSION_HANDLE } from '../../protocol/meta.ts';
import { isRevision2025, type Revision2025 } from '../../protocol/rev2025/differences.ts';
import { UNKNOWN_PARAMS, writeEnvelope } from '../../protocol/rev2025/envelope.ts';
import { answered, errorOutcome, resultOutcome } from './replies.ts';

export interface Greeting {
  readonly revision: Revision2025;
  readonly result: JsonObject;
}

/** The server does not take `initialize` where it was sent: it may have an older transport there (2025-11-25, "Backwards Compatibility"). */
export class GreetingRefused extends Fault {}

const REFUSALS: ReadonlySet<number> = new Set([400, 404, 405]);

/** The answer to `initialize`. @throws Fault `unavailable`; `GreetingRefused`. */
export function greetingOf(reply: Reply): Greeting {
  try {
    return read(answered(reply));
  } catch (error) {
    if (!(error instanceof Fault) || !REFUSALS.has(reply.status)) throw error;
    throw new GreetingRefused('unavailable', error.message, { detail: error.detail ?? '', cause: error });
  }
}

function read(fields: Fields): Greeting {
  const result = fields.parse(REPLY.result);
  const revision = member(result, 'protocolVersion');
  if (!isObject(result)) throw new Fault('unavailable', 'It did not answer the first request as an MCP server does.');
  if (!isRevision2025(revision))
    throw new Fault('unavailable', 'It speaks no protocol revision that this gateway knows.');
  return { revision, result };
}

/** A call's params as these revisions know them. @param id of the request, which is its progress token as well. */
export function callParams(call: Call, id: number, canBeAsked: boolean): Part[] {
  const { fields } = call.payload;
  // Servers made with older SDKs refuse a tool call without arguments.
  const add = call.method === 'tools/call' && !fields.has(REQUEST.arguments) ? '"arguments":{}' : '';
  // A later round of the call may want what the first one did not.
  const own = writeEnvelope({ progressToken: call.wantsProgress || canBeAsked ? id : undefined });
  return paramsFor(fields, { own, edits: call.target?.edits ?? [], drop: UNKNOWN_PARAMS, add });
}

/** Whether the server has forgotten the session: then it has not looked at the request. */
export const isUnknownSession = ({ status }: Reply, headers: string): boolean =>
  status === 404 && headers.startsWith('Mcp-Session-Id');

export interface Circumstances {
  /** The method of a request that the server sent meanwhile, and was refused. */
  readonly asked: string | undefined;
  /** What the client may name the session by. */
  readonly handle: string | undefined;
}

export function outcomeOf(fields: Fields, { asked, handle }: Circumstances): Outcome {
  if (!fields.has(REPLY.error)) {
    if (!fields.isObject(REPLY.result))
      throw new Fault('broken', 'The server gave an answer that is not valid.', {
        detail: 'result is no object',
        delivered: 'yes',
      });
    // These revisions have results of one kind only.
    if (fields.has(REPLY.resultType) && fields.text(REPLY.resultType) !== 'complete') {
      throw new Fault('broken', 'The server answered with a result of an unknown type.', { delivered: 'yes' });
    }
    return handle === undefined ? resultOutcome(fields) : withHandle(fields, handle);
  }
  if (asked === undefined) return errorOutcome(fields);
  throw new Fault('interaction-unsupported', `The server asked for ${asked}, which cannot be carried to this client.`, {
    delivered: 'unknown',
  });
}

/** The result with the handle in its `_meta`; every other byte as it was. */
function withHandle(fields: Fields, handle: string): Outcome {
  const result = fields.raw(REPLY.result) ?? Buffer.from('{}');
  const entry = `${JSON.stringify(SESSION_HANDLE)}:${JSON.stringify(handle)}`;
  const all = members(result);
  const rest = all.filter(({ key }) => key !== '_meta').map(({ raw }) => raw.toString('utf8'));
  const meta = all.find(({ key }) => key === '_meta')?.value ?? Buffer.from('{}');
  const kept = members(meta)
    .filter(({ key }) => key !== SESSION_HANDLE)
    .map(({ raw }) => raw.toString('utf8'));
  const json = `{${[`"_meta":{${[entry, ...kept].join(',')}}`, ...rest].join(',')}}`;
  return { kind: 'result', payload: Payload.ofResult(json) };
}

/** The handle that a call names its session by, where it names one. */
export function handleOf(call: Call): unknown {
  return member(member(call.payload.parse(), '_meta'), SESSION_HANDLE);
}
