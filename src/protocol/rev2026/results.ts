/** Results as MCP 2026-07-28 shapes them: every one says its `resultType` (spec, "Base protocol", results). */
import { Fault } from '../../kernel/fault.ts';
import { REPLY, type Fields } from '../jsonrpc.ts';

export type ResultType = 'complete' | 'input_required';

/** What kind of result an upstream gave. An absent type means complete; an unknown one is no result. @throws Fault `broken`. */
export function resultType(fields: Fields): ResultType {
  if (!fields.has(REPLY.resultType)) return 'complete';
  const type = fields.text(REPLY.resultType);
  if (type === 'complete' || type === 'input_required') return type;
  throw new Fault('broken', 'The server answered with a result of an unknown type.', { delivered: 'yes' });
}

const COMPLETE = Buffer.from('"resultType":"complete"');
const COMMA = Buffer.from(',');

/** A result's parts for a client of this revision: as received, with its type put in front where the upstream gave none. */
export function typedResult(fields: Fields): Buffer[] {
  const raw = fields.raw(REPLY.result) ?? Buffer.from('{}');
  if (fields.has(REPLY.resultType)) return [raw];
  const empty = /^\{\s*\}$/u.test(raw.length < 64 ? raw.toString('latin1') : 'x');
  return empty
    ? [raw.subarray(0, 1), COMPLETE, raw.subarray(1)]
    : [raw.subarray(0, 1), COMPLETE, COMMA, raw.subarray(1)];
}
