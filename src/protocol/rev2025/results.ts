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
import { blockAsText, textBlock, type KnownContent } from '../blocks.ts';

const ADDED = [REPLY.resultType, REPLY.ttlMs, REPLY.cacheScope] as const;

export interface Plain {
  /** The tool promises content that need not be an object: its schema was shown wrapped, so its content is wrapped too. */
  readonly wraps: boolean;
  /** What the client's revision knows of content. */
  readonly known: KnownContent;
}

/** A result's parts for a client of these revisions. */
export function plainResult(fields: Fields, { wraps, known }: Plain): Part[] {
  const { bytes } = fields.scan;
  const start = fields.start(REPLY.result);
  const end = fields.end(REPLY.result);
  const knowsAll = known.structured && known.audio;
  if (knowsAll && !fields.has(REPLY.structured) && !fields.has(REPLY.ttlMs) && !fields.has(REPLY.cacheScope)) {
    if (!fields.has(REPLY.resultType)) return [new Slice(bytes, start, end)];
    // Nearly all results say their type and nothing else that must go.
    const out = memberOut(bytes, fields.keyStart(REPLY.resultType), fields.end(REPLY.resultType));
    return [new Slice(bytes, start, out.start), new Slice(bytes, out.end, end)];
  }
  const edits = fields.has(REPLY.structured) ? structuredEdits(fields, { wraps, known }) : [];
  for (const edit of takenOut(bytes, spansOf(fields))) edits.push(edit);
  if (!knowsAll) edits.push(...unknownAsText(fields, known));
  return splice(bytes, { start, end }, edits);
}

/** Where the members stand that these revisions do not know. */
function spansOf(fields: Fields): (readonly [start: number, end: number])[] {
  const spans: (readonly [start: number, end: number])[] = [];
  for (const slot of ADDED) if (fields.has(slot)) spans.push([fields.keyStart(slot), fields.end(slot)]);
  return spans;
}

/** Structured content that is no object is wrapped, and what a client may not look into is said in text too where there is none. */
function structuredEdits(fields: Fields, { wraps, known }: Plain): Edit[] {
  const edits: Edit[] = [];
  const start = fields.start(REPLY.structured);
  const end = fields.end(REPLY.structured);
  const isWrapped = wraps || !fields.isObject(REPLY.structured);
  if (isWrapped) edits.push({ start, end: start, put: '{"result":' }, { start: end, end, put: '}' });
  const text = textToAdd(fields, isWrapped || !known.structured);
  if (text) edits.push(text);
  return edits;
}

/** Clients of these revisions insist on content; those that read nothing but text, on text. */
function textToAdd(fields: Fields, mustBeText: boolean): Edit | undefined {
  const open = fields.start(REPLY.result) + 1;
  if (!fields.has(REPLY.content)) return { start: open, end: open, put: `"content":[${asText(fields)}],` };
  const blocks = elements(fields.raw(REPLY.content) ?? EMPTY, MAX_BLOCKS);
  if (!blocks || (blocks.length > 0 && (!mustBeText || blocks.some(isText)))) return undefined;
  const last = fields.end(REPLY.content) - 1;
  return { start: last, end: last, put: blocks.length === 0 ? asText(fields) : `,${asText(fields)}` };
}

const asText = (fields: Fields): string => textBlock(fields.json(REPLY.structured));

const isText = (block: Buffer): boolean => block.includes('"text"') && member(parseJson(block), 'type') === 'text';

const EMPTY = Buffer.from('[]');
const MAX_BLOCKS = 100_000;

/** Blocks of a tool's content and of a prompt's messages that the revision does not know. */
function unknownAsText(fields: Fields, known: KnownContent): Edit[] {
  const result = fields.raw(REPLY.result) ?? EMPTY;
  if (!result.includes('"audio"') && !result.includes('"resource_link"')) return [];
  const content = fields.first(REPLY.content) === 0x5b ? fields.raw(REPLY.content) : undefined;
  const blocks = content ? (elements(content, MAX_BLOCKS) ?? []) : [];
  return [...blocks, ...ofMessages(result)].flatMap((block) => {
    const text = blockAsText(block, known);
    const start = block.byteOffset - fields.scan.bytes.byteOffset;
    return text === undefined ? [] : [{ start, end: start + block.length, put: text }];
  });
}

/** What the messages of a prompt say: one block each. */
function ofMessages(result: Buffer): Buffer[] {
  const messages = members(result).find(({ key }) => key === 'messages')?.value;
  if (messages?.[0] !== 0x5b) return [];
  return (elements(messages, MAX_BLOCKS) ?? []).flatMap((message) =>
    message[0] === 0x7b ? members(message).flatMap(({ key, value }) => (key === 'content' ? [value] : [])) : [],
  );
}

/** Lists hold no content. */
const ALL: KnownContent = { structured: true, audio: true };
const FREE_SCHEMA = Buffer.from('"outputSchema"');
const MAX_TOOLS = 1_000_000;

/** The result of `tools/list`: output schemas whose root is no object are wrapped as the content that they describe is. */
export function plainTools(fields: Fields): Part[] {
  const parts = plainResult(fields, { wraps: false, known: ALL });
  const raw = joinParts(parts);
  if (!raw.includes(FREE_SCHEMA)) return [raw];
  const list = members(raw).find((one) => one.key === 'tools');
  const edits: Edit[] = [];
  for (const tool of (list && elements(list.value, MAX_TOOLS)) ?? []) {
    const schema = members(tool).find((one) => one.key === 'outputSchema');
    const parsed = schema && parseJson(schema.value);
    if (!schema || isObjectSchema(parsed)) continue;
    const start = schema.value.byteOffset - raw.byteOffset;
    edits.push({ start, end: start + schema.value.length, put: wrapped(schema.value, parsed) });
  }
  return splice(raw, { start: 0, end: raw.length }, edits);
}

/** References inside the schema point from its root, which has moved one level down; from its own address they still do. */
function wrapped(schema: Buffer, parsed: unknown): string {
  const text = schema.toString('utf8');
  const moved =
    member(parsed, '$id') === undefined
      ? text.replaceAll(/("\$ref"\s*:\s*"#)(?=[/"])/gu, '$1/properties/result')
      : text;
  return `{"type":"object","properties":{"result":${moved}},"required":["result"]}`;
}
