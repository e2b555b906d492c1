/** Messages in parts: what is relayed stays the bytes that came, what we add stays text until it is written. */

export type Part = Uint8Array | string;

/** Length in bytes, text as UTF-8. */
export function sizeOf(parts: readonly Part[]): number {
  let size = 0;
  for (const part of parts) size += typeof part === 'string' ? Buffer.byteLength(part) : part.length;
  return size;
}

/** Copies parts into a buffer that has room for them; gives back where they end. */
export function copyParts(parts: readonly Part[], buffer: Buffer, start: number): number {
  let at = start;
  for (const part of parts) {
    if (typeof part === 'string') at += buffer.write(part, at);
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
