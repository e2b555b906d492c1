/** A byte stream as lines, both ways: one message a line, no line break inside (MCP, "stdio"; the same as NDJSON). Bounded. */
import type { Writable } from 'node:stream';
import { copyParts, sizeOf, type Part } from '../kernel/parts.ts';
import { Bytes } from './bytes.ts';

export class Lines {
  readonly #max: number;
  readonly #line: (line: Buffer) => void;
  readonly #tooLong: (() => void) | undefined;
  /** A line whose end has not come yet. One buffer: pieces of a byte each would weigh a hundred times what they hold. */
  readonly #begun: Bytes;
  /** The rest of a line that was too long is on its way. */
  #isSkipping = false;

  /**
   * @param max longest line in bytes.
   * @param line is given each line without its end; a view on what was pushed, or a copy.
   * @param tooLong is told once of each line over the bound, which is then left out. Without it such a line ends the stream.
   */
  constructor(max: number, line: (line: Buffer) => void, tooLong?: () => void) {
    this.#max = max;
    this.#line = line;
    this.#tooLong = tooLong;
    // A carriage return may have come before its line feed.
    this.#begun = new Bytes(max + 1);
  }

  get held(): number {
    return this.#begun.length;
  }

  /** `false` when a line has grown too long and nobody wants to be told; the rest of the stream is then not worth reading. */
  push(chunk: Buffer): boolean {
    let from = 0;
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, from)) {
      if (this.#isSkipping) this.#isSkipping = false;
      else if (!this.#end(chunk.subarray(from, at)) && !this.#drop()) return false;
      from = at + 1;
    }
    if (from === chunk.length || this.#isSkipping) return true;
    if (this.#begun.append(chunk.subarray(from)) && withoutCr(this.#begun.view()).length <= this.#max) return true;
    this.#isSkipping = this.#drop();
    return this.#isSkipping;
  }

  /** The stream has ended: what came after the last line break is a line too. */
  end(): void {
    if (this.#begun.length > 0 && !this.#isSkipping) this.#line(withoutCr(this.#begun.take()));
  }

  #end(last: Buffer): boolean {
    let whole = last;
    if (this.#begun.length > 0) {
      if (!this.#begun.append(last)) return false;
      whole = this.#begun.take();
    }
    const line = withoutCr(whole);
    if (line.length > this.#max) return false;
    this.#line(line);
    return true;
  }

  #drop(): boolean {
    this.#begun.discard();
    this.#tooLong?.();
    return this.#tooLong !== undefined;
  }
}

/** Messages that go out as lines, gathered to be written at once. */
export class GatheredLines {
  #buffer = NOTHING;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(json: readonly Part[]): void {
    const from = this.#length;
    const needed = from + sizeOf(json) + 1;
    if (needed > this.#buffer.length) this.#grow(needed);
    const end = copyParts(json, this.#buffer, from);
    endLine(this.#buffer, from, end);
    this.#length = end + 1;
  }

  /** Hands over all that was gathered, in one write. */
  writeTo(stream: Writable): void {
    if (this.#length === 0) return;
    const lines = this.#buffer.subarray(0, this.#length);
    this.#length = 0;
    stream.write(lines);
    // What the stream has not taken yet stays where it is; what only a burst needed is not kept.
    if (stream.writableLength > 0 || this.#buffer.length > KEPT) this.#buffer = NOTHING;
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2, SMALLEST));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}

/** A JSON text as one line with its end. */
export function lineOf(json: readonly Part[]): Buffer {
  const line = Buffer.allocUnsafe(sizeOf(json) + 1);
  endLine(line, 0, copyParts(json, line, 0));
  return line;
}

/**
 * Ends a line at `end`. Line breaks in a JSON text can only be white space, since a string holds none: they become spaces, so that what a
 * peer has printed prettily, or laid out with a purpose, is never read as several messages.
 */
function endLine(bytes: Buffer, from: number, end: number): void {
  for (const breaking of BREAKS) {
    bytes[end] = breaking; // found at last, so that nothing behind it is looked at
    for (let at = bytes.indexOf(breaking, from); at < end; at = bytes.indexOf(breaking, at + 1)) bytes[at] = SPACE;
  }
}

const NOTHING = Buffer.alloc(0);
/** Bytes. */
const SMALLEST = 4096;
const KEPT = 16_384;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
/** The last one ends a line. */
const BREAKS = [CR, LF] as const;

const withoutCr = (line: Buffer): Buffer => (line.at(-1) === CR ? line.subarray(0, -1) : line);
