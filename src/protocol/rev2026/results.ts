/** Results as MCP 2026-07-28 shapes them: every one says its `resultType` (spec, "Base protocol", results). */
import type { Part } from '../../kernel/parts.ts';
import { Fault } from '../../kernel/fault.ts';
import { isEmptyObject } from '../../kernel/scan.ts';
import { REPLY, type Fields } from '../jsonrpc.ts';

export type ResultType = 'complete' | 'input_required';

/** What kind of result an upstream gave. An absent type means complete; an unknown one is no result. @throws Fault `broken`. */
export function resultType(fields: Fields): ResultType {
  if (!fields.has(REPLY.resultType)) return 'complete';
  const type = fields.text(REPLY.resultType);
  if (type === 'complete' || type === 'input_required') return type;
  throw new Fault('broken', 'The server answered with a result of an unknown type.', { delivered: 'yes' });
}

const COMPLETE = '"resultType":"complete"';
const NO_CACHING = '"ttlMs":0,"cacheScope":"private"';

/**
 * A result's parts for a client of this revision: as received, with what the upstream did not say put in front.
 * @param mayBeCached the method's results must say for how long they hold ("Caching"); servers of older revisions do not.
 */
export function typedResult(fields: Fields, mayBeCached: boolean): Part[] {
  const raw = fields.raw(REPLY.result) ?? EMPTY;
  const type = fields.has(REPLY.resultType) ? '' : COMPLETE;
  const hints = !mayBeCached || fields.has(REPLY.ttlMs) ? '' : NO_CACHING;
  const added = type === '' || hints === '' ? type + hints : `${type},${hints}`;
  if (added === '') return [raw];
  return isEmptyObject(raw) ? [`{${added}}`] : [`{${added},`, raw.subarray(1)];
}

const EMPTY = Buffer.from('{}');
