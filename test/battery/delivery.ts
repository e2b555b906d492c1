/** The ways in which the same bytes are sent: a server that reads them differently has a second parser in it. */

export type Delivery =
  /** In one write. */
  | 'whole'
  /** In one write with a good request before them. */
  | 'after'
  /** In pieces that are cut where parsers have their states. */
  | 'cut'
  /** Every byte by itself. */
  | 'bytes'
  /** In one write, the message made long by what nobody looks at: long ones are read by other means than short ones. */
  | 'long';

/** For `{pad}`. */
export const PAD = `,"pad":"${'x'.repeat(3000)}"`;

/** More than this is never sent byte by byte. */
const BYTES = 1200;
const LARGE = 997;

export function pieces(bytes: Buffer, delivery: Delivery): readonly Buffer[] {
  if (delivery === 'bytes' && bytes.length <= BYTES) return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
  if (delivery === 'cut' || delivery === 'bytes') return cut(bytes);
  return [bytes];
}

/** Before and behind every byte that has a meaning of its own, and in between where nothing has for long. */
function cut(bytes: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  let start = 0;
  const isCut = (at: number): boolean =>
    at - start >= LARGE || MEANINGFUL.has(bytes[at] ?? 0) || MEANINGFUL.has(bytes[at - 1] ?? 0);
  for (let at = 1; at < bytes.length && found.length < MOST; at += 1) {
    if (!isCut(at)) continue;
    found.push(bytes.subarray(start, at));
    start = at;
  }
  found.push(bytes.subarray(start));
  return found;
}

const MOST = 300;
const MEANINGFUL = new Set(Buffer.from('\r\n:; \t\0/[{"\\'));
