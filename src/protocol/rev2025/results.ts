/**
 * Results as the session revisions know them: without the members that 2026-07-28 added for its own machinery, and with structured content
 * that is an object, since older clients take nothing else (2025-11-25, "Tools", structured content).
 */
import { joinParts, type Part } from '../../kernel/parts.ts';
import { isObject, member, parseJson } from '../../kernel/json.ts';
import { elements, members } from '../../kernel/scan.ts';
import { splice, takenOut, type Edit } from '../../kernel/splice.ts';
import { REPLY, type Fields } from '../jsonrpc.ts';

const ADDED = [REPLY.resultType, REPLY.ttlMs, REPLY.cacheScope] as const;

/** A result's parts for a client of these revisions. */
export function plainResult(fields: Fields): Part[] {
  const { bytes } = fields.scan;
  const range = { start: fields.start(REPLY.result), end: fields.end(REPLY.result) };
  const edits: Edit[] = wrapStructured(fields);
  const added = ADDED.filter((slot) => fields.has(slot));
  if (added.length > 0)
    edits.push(
      ...takenOut(
        bytes,
        added.map((slot) => [fields.keyStart(slot), fields.end(slot)] as const),
      ),
    );
  return edits.length === 0 ? [bytes.subarray(range.start, range.end)] : splice(bytes, range, edits);
}

const OPEN = '{"result":';
const CLOSE = '}';

function wrapStructured(fields: Fields): Edit[] {
  if (!fields.has(REPLY.structured) || fields.isObject(REPLY.structured)) return [];
  const start = fields.start(REPLY.structured);
  const end = fields.end(REPLY.structured);
  return [
    { start, end: start, put: OPEN },
    { start: end, end, put: CLOSE },
  ];
}

const FREE_SCHEMA = Buffer.from('"outputSchema"');
const MAX_TOOLS = 1_000_000;

/** The result of `tools/list`: output schemas whose root is no object are wrapped as the content that they describe is. */
export function plainTools(fields: Fields): Part[] {
  const parts = plainResult(fields);
  const raw = joinParts(parts);
  if (!raw.includes(FREE_SCHEMA)) return [raw];
  const list = members(raw).find((one) => one.key === 'tools');
  const edits: Edit[] = [];
  for (const tool of (list && elements(list.value, MAX_TOOLS)) ?? []) {
    const schema = members(tool).find((one) => one.key === 'outputSchema');
    const parsed = schema && parseJson(schema.value);
    if (!schema || !isObject(parsed) || member(parsed, 'type') === 'object') continue;
    const start = schema.value.byteOffset - raw.byteOffset;
    edits.push({ start, end: start + schema.value.length, put: wrapped(schema.value) });
  }
  return splice(raw, { start: 0, end: raw.length }, edits);
}

/** References inside the schema point from its root, which has moved one level down. */
function wrapped(schema: Buffer): string {
  const moved = schema.toString('utf8').replaceAll(/("\$ref"\s*:\s*"#)(?=[/"])/gu, '$1/properties/result');
  return `{"type":"object","properties":{"result":${moved}},"required":["result"]}`;
}
