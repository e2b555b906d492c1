/** Messages in parts: what is relayed stays the bytes that came, what we add stays text until it is written. */

/** Some of a buffer's bytes. Costs a third of what a view costs, and a call is cut into many. */
export class Slice {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  get length(): number {
    return this.end - this.start;
  }

  view(): Buffer {
    return this.bytes.subarray(this.start, this.end);
  }
}

export type Part = Uint8Array | string | Slice;

/** Text up to this length is written byte by byte: a call into the runtime costs more. Characters. */
const SHORT = 16;

/** Length in bytes, text as UTF-8. */
export function sizeOf(parts: readonly Part[]): number {
  let size = 0;
  for (const part of parts) size += typeof part === 'string' ? textSize(part) : part.length;
  return size;
}

/** Copies parts into a buffer that has room for them; gives back where they end. */
export function copyParts(parts: readonly Part[], buffer: Buffer, start: number): number {
  let at = start;
  for (const part of parts) {
    if (typeof part === 'string') at += writeText(part, buffer, at);
    else if (part instanceof Slice) at += part.bytes.copy(buffer, at, part.start, part.end);
    else {
      buffer.set(part, at);
      at += part.length;
    }
  }
  return at;
}

export function joinParts(parts: readonly Part[]): Buffer {
  const buffer = Buffer.allocUnsafe(sizeOf(parts));
  copyParts(parts, buffer, 0);
  return buffer;
}

export function bytesOf(part: Part): Uint8Array {
  if (typeof part === 'string') return Buffer.from(part);
  return part instanceof Slice ? part.view() : part;
}

/** Writes text as UTF-8 where there is room for it; gives back how many bytes it took. */
export function writeText(text: string, buffer: Buffer, start: number): number {
  if (text.length > SHORT) return buffer.write(text, start);
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c > 0x7f) return buffer.write(text, start);
    buffer[start + i] = c;
  }
  return text.length;
}

function textSize(text: string): number {
  if (text.length > SHORT) return Buffer.byteLength(text);
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) > 0x7f) return Buffer.byteLength(text);
  return text.length;
}
