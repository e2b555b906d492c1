/** What older revisions do not know of completion: its capability (2025-03-26), and `context` (2025-06-18, "Completion"). */
import { isObject, member, type JsonObject } from '../kernel/json.ts';
import { members } from '../kernel/scan.ts';
import { takenOut, type Edit } from '../kernel/splice.ts';
import { REQUEST, type Fields } from './jsonrpc.ts';

/** What a server offers that had no way to say whether it completes: that is tried. */
export function withCompletions(capabilities: JsonObject): JsonObject {
  const mayHave = isObject(member(capabilities, 'prompts')) || isObject(member(capabilities, 'resources'));
  return mayHave ? { ...capabilities, completions: {} } : capabilities;
}

/** The result of a server that was tried and has none. */
export const NO_COMPLETION = '{"completion":{"values":[]}}';

/**
 * Edits of the params of `completion/complete` for an older server. They take out the members of other revisions too, which nobody else may
 * take out then: two edits must not share a comma.
 * @param unknown slots of members that its revision does not know.
 */
export function withoutContext(fields: Fields, unknown: readonly number[]): Edit[] {
  const { bytes } = fields.scan;
  const spans: (readonly [start: number, end: number])[] = [];
  for (const slot of unknown) if (fields.has(slot)) spans.push([fields.keyStart(slot), fields.end(slot)]);
  for (const { key, raw } of members(fields.raw(REQUEST.params) ?? NOTHING)) {
    const start = raw.byteOffset - bytes.byteOffset;
    if (key === 'context') spans.push([start, start + raw.length]);
  }
  return takenOut(bytes, spans);
}

const NOTHING = Buffer.from('{}');
