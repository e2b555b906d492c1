/**
 * Results as the session revisions know them: without the members that 2026-07-28 added for its own machinery, and with structured content
 * that is an object, since older clients take nothing else (2025-11-25, "Tools", structured content).
 */
import { joinParts, Slice, type Part } from '../../kernel/parts.ts';
import { member, parseJson } from '../../kernel/json.ts';
import { elements, members } from '../../kernel/scan.ts';
import { memberOut, splice, takenOut, type Edit } from '../../kernel/splice.ts';
import { isObjectSchema } from '../schemas.ts';
import { REPLY, type Fields } from '../jsonrpc.ts';

const ADDED = [REPLY.resultType, REPLY.ttlMs, REPLY.cacheScope] as const;

export interface Plain {
  /** The tool promises content that need not be an object: its schema was shown wrapped, so its content is wrapped too. */
  readonly wraps: boolean;
  /** The revision knows resource links. */
  readonly links: boolean;
}

/** A result's parts for a client of these revisions. */
export function plainResult(fields: Fields, { wraps, links }: Plain): Part[] {
  const { bytes } = fields.scan;
  const start = fields.start(REPLY.result);
  const end = fields.end(REPLY.result);
  if (links && !fields.has(REPLY.structured) && !fields.has(REPLY.ttlMs) && !fields.has(REPLY.cacheScope)) {
    if (!fields.has(REPLY.resultType)) return [new Slice(bytes, start, end)];
    // Nearly all results say their type and nothing else that must go.
    const out = memberOut(bytes, fields.keyStart(REPLY.resultType), fields.end(REPLY.resultType));
    return [new Slice(bytes, start, out.start), new Slice(bytes, out.end, end)];
  }
  const edits = fields.has(REPLY.structured) ? structuredEdits(fields, wraps) : [];
  for (const edit of takenOut(bytes, spansOf(fields))) edits.push(edit);
  if (!links) edits.push(...linksAsText(fields));
  return splice(bytes, { start, end }, edits);
}

/** Where the members stand that these revisions do not know. */
function spansOf(fields: Fields): (readonly [start: number, end: number])[] {
  const spans: (readonly [start: number, end: number])[] = [];
  for (const slot of ADDED) if (fields.has(slot)) spans.push([fields.keyStart(slot), fields.end(slot)]);
  return spans;
}

/** Structured content that is no object is wrapped, and said in text too where there is none: older clients read only that. */
function structuredEdits(fields: Fields, wraps: boolean): Edit[] {
  const edits: Edit[] = [];
  const start = fields.start(REPLY.structured);
  const end = fields.end(REPLY.structured);
  if (wraps || !fields.isObject(REPLY.structured)) {
    edits.push({ start, end: start, put: '{"result":' }, { start: end, end, put: '}' });
  }
  const open = fields.start(REPLY.result) + 1;
  if (!fields.has(REPLY.content)) edits.push({ start: open, end: open, put: `"content":${asText(fields)},` });
  else if (isEmptyArray(fields))
    edits.push({ start: fields.start(REPLY.content), end: fields.end(REPLY.content), put: asText(fields) });
  return edits;
}

const asText = (fields: Fields): string => `[{"type":"text","text":${JSON.stringify(fields.json(REPLY.structured))}}]`;

const isEmptyArray = (fields: Fields): boolean => elements(fields.raw(REPLY.content) ?? EMPTY, 0)?.length === 0;

const EMPTY = Buffer.from('[]');

/** A link to a resource as a text that holds its URI. */
function linksAsText(fields: Fields): Edit[] {
  const { bytes } = fields.scan;
  const content = fields.first(REPLY.content) === 0x5b ? fields.raw(REPLY.content) : undefined;
  return (content ? (elements(content, MAX_BLOCKS) ?? []) : []).flatMap((block) => {
    const parsed = block.includes('resource_link') ? parseJson(block) : undefined;
    if (member(parsed, 'type') !== 'resource_link') return [];
    const start = block.byteOffset - bytes.byteOffset;
    return [
      { start, end: start + block.length, put: JSON.stringify({ type: 'text', text: String(member(parsed, 'uri')) }) },
    ];
  });
}

const MAX_BLOCKS = 100_000;

const FREE_SCHEMA = Buffer.from('"outputSchema"');
const MAX_TOOLS = 1_000_000;

/** The result of `tools/list`: output schemas whose root is no object are wrapped as the content that they describe is. */
export function plainTools(fields: Fields): Part[] {
  const parts = plainResult(fields, { wraps: false, links: true });
  const raw = joinParts(parts);
  if (!raw.includes(FREE_SCHEMA)) return [raw];
  const list = members(raw).find((one) => one.key === 'tools');
  const edits: Edit[] = [];
  for (const tool of (list && elements(list.value, MAX_TOOLS)) ?? []) {
    const schema = members(tool).find((one) => one.key === 'outputSchema');
    const parsed = schema && parseJson(schema.value);
    if (!schema || isObjectSchema(parsed)) continue;
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
