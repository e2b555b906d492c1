/** Results as MCP 2026-07-28 shapes them: every one says its `resultType` (spec, "Base protocol", results). */
import { joinParts, Slice, type Part } from '../../kernel/parts.ts';
import { Fault } from '../../kernel/fault.ts';
import { isEmptyObject } from '../../kernel/scan.ts';
import { splice, takenOut } from '../../kernel/splice.ts';
import { REPLY, type Fields } from '../jsonrpc.ts';

export type ResultType = 'complete' | 'input_required';

/** What kind of result an upstream gave. An absent type means complete; an unknown one is no result. @throws Fault `broken`. */
export function resultType(fields: Fields): ResultType {
  if (!fields.has(REPLY.resultType)) return 'complete';
  if (fields.is(REPLY.resultType, 'complete')) return 'complete';
  const type = fields.text(REPLY.resultType);
  if (type === 'complete' || type === 'input_required') return type;
  throw new Fault('broken', 'The server answered with a result of an unknown type.', { delivered: 'yes' });
}

const COMPLETE = '"resultType":"complete"';
const NO_CACHING = '"ttlMs":0,"cacheScope":"private"';

/**
 * What a result must say about for how long it holds ("Caching"): nothing, what its server says of it unless that is wrong, or that it must not
 * be kept.
 */
export type Caching = 'unsaid' | 'said' | 'refused';

/** A result's parts for a client of this revision: as received, with what the upstream did not say put in front. */
export function typedResult(fields: Fields, caching: Caching): Part[] {
  const hasType = fields.has(REPLY.resultType);
  const { bytes } = fields.scan;
  const start = fields.start(REPLY.result);
  const end = fields.end(REPLY.result);
  const hints = caching === 'unsaid' || (caching === 'said' && hasHints(fields)) ? '' : NO_CACHING;
  if (hasType && hints === '') return [new Slice(bytes, start, end)];
  const added = hasType ? hints : hints === '' ? COMPLETE : `${COMPLETE},${hints}`;
  const wrong = hints === '' ? NONE : HINTS.filter((slot) => fields.has(slot));
  if (wrong.length > 0) return replaced(fields, added, wrong);
  return isEmptyObject(bytes, start) ? [OPEN, added, CLOSE] : [OPEN, added, COMMA, new Slice(bytes, start + 1, end)];
}

/** A question's parts: never with hints, and with the state that has to come back. @param state in place of the one that stands there. */
export function askingResult(fields: Fields, state: string | undefined): Part[] {
  const { bytes } = fields.scan;
  const edits = takenOut(
    bytes,
    spansOf(
      fields,
      HINTS.filter((slot) => fields.has(slot)),
    ),
  );
  if (state !== undefined) {
    const [start, end] = [fields.start(REPLY.requestState), fields.end(REPLY.requestState)];
    edits.push({ start, end, put: JSON.stringify(state) });
  }
  return splice(bytes, { start: fields.start(REPLY.result), end: fields.end(REPLY.result) }, edits);
}

const NONE: readonly number[] = [];
const OPEN = '{';
const CLOSE = '}';
const COMMA = ',';
const HINTS = [REPLY.ttlMs, REPLY.cacheScope] as const;

/** Both, and both as they must be. */
function hasHints(fields: Fields): boolean {
  const ttl = fields.json(REPLY.ttlMs);
  const scope = fields.text(REPLY.cacheScope);
  return /^\d{1,15}$/u.test(ttl) && (scope === 'public' || scope === 'private');
}

const spansOf = (fields: Fields, slots: readonly number[]): (readonly [start: number, end: number])[] =>
  slots.map((slot) => [fields.keyStart(slot), fields.end(slot)]);

function replaced(fields: Fields, added: string, slots: readonly number[]): Part[] {
  const { bytes } = fields.scan;
  const range = { start: fields.start(REPLY.result), end: fields.end(REPLY.result) };
  const rest = joinParts(splice(bytes, range, takenOut(bytes, spansOf(fields, slots))));
  return isEmptyObject(rest, 0) ? [`{${added}}`] : [`{${added},`, rest.subarray(1)];
}
