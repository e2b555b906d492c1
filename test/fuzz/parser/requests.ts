/**
 * Requests as RFC 9112 frames them (sections 2.2, 3, 5, 6 and 7), read strictly and whole, a second time. What may be refused though the RFC
 * allows it says so; what it takes, nobody may read otherwise.
 */

export interface ReferenceRequest {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** Fields behind a chunked body. */
  readonly trailers: number;
  /** Where the next one begins. */
  readonly end: number;
}

/** What the bytes from `start` on are: a request, the beginning of one, or no request. */
export type Reading = ReferenceRequest | 'incomplete' | 'wrong';

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const LINE = new RegExp(`^(${TOKEN}) ([\\x21-\\x7e]+) HTTP/1\\.([01])$`);
const FIELD = new RegExp(`^(${TOKEN}):[ \\t]*([\\t\\x20-\\x7e\\x80-\\xff]*)$`);
const CHUNK = /^[0-9A-Fa-f]+$/;

export function readRequest(text: string, start: number): Reading {
  // An empty line before a request is forgiven (section 2.2).
  const from = text.startsWith('\r\n', start) ? start + 2 : start;
  const headEnd = text.indexOf('\r\n\r\n', from);
  if (headEnd === -1) return 'incomplete';
  const [line = '', ...rest] = text.slice(from, headEnd).split('\r\n');
  const [, method, target, minor] = LINE.exec(line) ?? [];
  // It has a form of its own for its target, and only proxies have it (section 3.2.3).
  if (method === 'CONNECT') return 'wrong';
  const fields = fieldsOf(rest);
  if (method === undefined || target === undefined || fields === undefined) return 'wrong';
  // Chunks came with HTTP/1.1: before it nobody knows where such a body ends (section 6.1).
  if (minor === '0' && valuesOf(fields, 'transfer-encoding').length > 0) return 'wrong';
  const body = bodyOf(text, headEnd + 4, fields);
  return typeof body === 'string' ? body : { method, target, fields, ...body };
}

export const valuesOf = (fields: ReferenceRequest['fields'], name: string): readonly string[] =>
  fields.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);

function fieldsOf(lines: readonly string[]): ReferenceRequest['fields'] | undefined {
  const fields = lines.map((line) => FIELD.exec(line));
  const found = fields.flatMap((field) =>
    field ? [[field[1] ?? '', (field[2] ?? '').replace(/[ \t]+$/, '')] as const] : [],
  );
  return found.length === lines.length ? found : undefined;
}

function bodyOf(text: string, start: number, fields: ReferenceRequest['fields']): Framed | 'incomplete' | 'wrong' {
  const lengths = valuesOf(fields, 'content-length');
  const encodings = valuesOf(fields, 'transfer-encoding');
  if (lengths.length + encodings.length === 0) return { body: '', trailers: 0, end: start };
  // Both, or one of them twice, is how requests are smuggled (section 6.3).
  if (lengths.length + encodings.length > 1) return 'wrong';
  if (encodings[0] !== undefined) return encodings[0].toLowerCase() === 'chunked' ? chunked(text, start) : 'wrong';
  if (!/^[0-9]{1,15}$/.test(lengths[0] ?? '')) return 'wrong';
  const end = start + Number(lengths[0]);
  return end > text.length ? 'incomplete' : { body: text.slice(start, end), trailers: 0, end };
}

type Framed = Pick<ReferenceRequest, 'body' | 'trailers' | 'end'>;

/** Extensions of chunks are refused, which the RFC allows (section 7.1.1). */
function chunked(text: string, start: number): Framed | 'incomplete' | 'wrong' {
  let body = '';
  for (let at = start; ;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd === -1) return 'incomplete';
    const size = text.slice(at, lineEnd);
    // As much as 64 bits hold; what it is bounded to is not the grammar's.
    if (!CHUNK.test(size) || size.replace(/^0+/, '').length > 16) return 'wrong';
    const data = lineEnd + 2;
    const end = data + Number.parseInt(size, 16);
    if (/^0+$/.test(size)) return trailers(text, data, body);
    if (end + 2 > text.length) return 'incomplete';
    if (!text.startsWith('\r\n', end)) return 'wrong';
    body += text.slice(data, end);
    at = end + 2;
  }
}

function trailers(text: string, start: number, body: string): Framed | 'incomplete' | 'wrong' {
  if (text.startsWith('\r\n', start)) return { body, trailers: 0, end: start + 2 };
  const end = text.indexOf('\r\n\r\n', start);
  if (end === -1) return 'incomplete';
  const fields = fieldsOf(text.slice(start, end).split('\r\n'));
  return fields ? { body, trailers: fields.length, end: end + 4 } : 'wrong';
}
