/** Changes to JSON text that leave every other byte as it was: replaced values, members taken out, members put in. */
import { Slice, type Part } from './parts.ts';

export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly put: Part;
}

/** Cuts `bytes[start, end)` into parts with the edits applied. Edits lie inside and do not overlap; any order. */
export function splice(
  bytes: Buffer,
  range: { readonly start: number; readonly end: number },
  edits: readonly Edit[],
): Part[] {
  const parts: Part[] = [];
  let at = range.start;
  for (const edit of inOrder(edits)) {
    if (edit.start > at) parts.push(new Slice(bytes, at, edit.start));
    if (edit.put.length > 0) parts.push(edit.put);
    at = edit.end;
  }
  if (at < range.end) parts.push(new Slice(bytes, at, range.end));
  return parts;
}

/** Edits nearly always come in order. */
function inOrder(edits: readonly Edit[]): readonly Edit[] {
  for (let i = 1; i < edits.length; i += 1) {
    if ((edits[i - 1]?.start ?? 0) > (edits[i]?.start ?? 0)) return edits.toSorted((a, b) => a.start - b.start);
  }
  return edits;
}

const NOTHING = '';

/**
 * Edits that take members out of one JSON object together with the commas that then are one too many.
 * @param spans of each member, from the quote of its key to the end of its value.
 */
export function takenOut(bytes: Buffer, spans: readonly (readonly [start: number, end: number])[]): Edit[] {
  const edits: Edit[] = [];
  // Mostly there is one.
  for (const [start, end] of spans.length === 1 ? spans : spans.toSorted((a, b) => a[0] - b[0])) {
    const last = edits.at(-1);
    const joins = last !== undefined && last.end === start;
    if (joins) edits.pop();
    edits.push(memberOut(bytes, joins ? last.start : start, end));
  }
  return edits;
}

/** The same of one member, or of several in a row. */
export function memberOut(bytes: Buffer, start: number, end: number): Edit {
  const next = afterSpace(bytes, end);
  return bytes[next] === COMMA
    ? { start, end: afterSpace(bytes, next + 1), put: NOTHING }
    : { start: beforeComma(bytes, start), end, put: NOTHING };
}

const COMMA = 0x2c;

const isSpace = (c: number | undefined): boolean => c === 0x20 || c === 0x09 || c === 0x0a || c === 0x0d;

function afterSpace(bytes: Buffer, at: number): number {
  let i = at;
  while (isSpace(bytes[i])) i += 1;
  return i;
}

function beforeComma(bytes: Buffer, at: number): number {
  let i = at;
  while (isSpace(bytes[i - 1])) i -= 1;
  return bytes[i - 1] === COMMA ? i - 1 : at;
}
