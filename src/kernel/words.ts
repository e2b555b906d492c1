/** Words that bytes are compared with, so that what has been seen before, nearly everything in a head or an envelope, makes no string. */

/** A closed set, compiled once. Plain ASCII. */
export class Words {
  readonly #byLength: (string[] | undefined)[] = [];

  constructor(words: Iterable<string>) {
    for (const word of words) (this.#byLength[word.length] ??= []).push(word);
  }

  /** The word that `bytes[start, end)` are. */
  find(bytes: Uint8Array, start: number, end: number): string | undefined {
    const candidates = this.#byLength[end - start];
    if (!candidates) return undefined;
    for (const word of candidates) if (isText(bytes, start, word)) return word;
    return undefined;
  }
}

const SLOTS = 512;
const LONGEST = 96;

/**
 * Short texts that came before, one for each place that their bytes lead to: what comes again is the same string. Not for secrets: how long a
 * comparison takes tells how much of one was right.
 */
export class SeenTexts {
  readonly #seen: (string | undefined)[] = Array.from({ length: SLOTS });

  /** `bytes[start, end)` as Latin-1. */
  latin1(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length === 0 || length > LONGEST) return bytes.toString('latin1', start, end);
    const slot = place(bytes, start, length);
    const seen = this.#seen[slot];
    if (seen?.length === length && isText(bytes, start, seen)) return seen;
    const text = bytes.toString('latin1', start, end);
    this.#seen[slot] = text;
    return text;
  }
}

/** Differs mostly where texts of one length differ: at their ends and in the middle. */
function place(bytes: Uint8Array, start: number, length: number): number {
  const first = bytes[start] ?? 0;
  const middle = bytes[start + (length >> 1)] ?? 0;
  const last = bytes[start + length - 1] ?? 0;
  return (length * 31 + first * 7 + middle * 13 + last * 17) % SLOTS;
}

/** Whether the bytes from `start` on are that text, as Latin-1. */
export function isText(bytes: Uint8Array, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}
