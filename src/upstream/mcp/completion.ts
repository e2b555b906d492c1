/**
 * `completion/complete` for servers that know less of it than their clients: `context` came with 2025-06-18, the capability with 2025-03-26
 * ("Completion"). A server that had no way to say whether it completes is tried.
 */
import type { Call } from '../../core/call.ts';
import type { Outcome } from '../../core/outcome.ts';
import { Payload } from '../../core/payload.ts';
import { joinParts } from '../../kernel/parts.ts';
import { splice } from '../../kernel/splice.ts';
import { CODE } from '../../protocol/code.ts';
import { NO_COMPLETION, withoutContext } from '../../protocol/completion.ts';
import { readIncoming, REQUEST } from '../../protocol/jsonrpc.ts';
import { UNKNOWN_PARAMS } from '../../protocol/rev2025/envelope.ts';

/** The call without what such a server does not know. */
export function withoutItsContext(call: Call): Call {
  const { payload, target } = call;
  const { fields } = payload;
  const edits = [...(target?.edits ?? []), ...withoutContext(fields, UNKNOWN_PARAMS)];
  const range = { start: fields.start(REQUEST.params), end: fields.end(REQUEST.params) };
  const message = joinParts([HEAD, ...splice(fields.scan.bytes, range, edits), END]);
  const lesser = Payload.params(readIncoming(message, MAX_DEPTH).fields);
  return { ...call, payload: lesser, target: target && { ...target, edits: [] } };
}

const HEAD = '{"jsonrpc":"2.0","method":"completion/complete","params":';
const END = '}';
/** It has been read before, within the bounds. */
const MAX_DEPTH = 1024;

/** What a server said that was tried: that it has no such method means that nothing completes. */
export const orNone = (outcome: Outcome): Outcome =>
  outcome.kind === 'error' && outcome.code === CODE.methodNotFound
    ? { kind: 'result', payload: Payload.ofResult(NO_COMPLETION) }
    : outcome;
