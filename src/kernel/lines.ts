/** A byte stream as lines, both ways: one message a line, no line break inside (MCP, "stdio"; the same as NDJSON). Bounded. */
import { joinParts, type Part } from './parts.ts';

export class Lines {
  readonly #max: number;
  readonly #line: (line: Buffer) => void;
  readonly #tooLong: (() => void) | undefined;
  #parts: Buffer[] = [];
  #held = 0;
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
  }

  get held(): number {
    return this.#held;
  }

  /** `false` when a line has grown too long and nobody wants to be told; the rest of the stream is then not worth reading. */
  push(chunk: Buffer): boolean {
    let from = 0;
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, from)) {
      const end = at > from && chunk[at - 1] === CR ? at - 1 : at;
      if (this.#isSkipping) this.#isSkipping = false;
      else if (this.#held + end - from <= this.#max) this.#end(chunk.subarray(from, end));
      else if (!this.#drop()) return false;
      from = at + 1;
    }
    if (from === chunk.length || this.#isSkipping) return true;
    this.#parts.push(chunk.subarray(from));
    this.#held += chunk.length - from;
    if (this.#held <= this.#max) return true;
    this.#isSkipping = this.#drop();
    return this.#isSkipping;
  }

  /** The stream has ended: what came after the last line break is a line too. */
  end(): void {
    if (this.#held > 0 && !this.#isSkipping) this.#end(NOTHING);
  }

  #end(last: Buffer): void {
    if (this.#parts.length === 0) {
      this.#line(last);
      return;
    }
    const line = Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    this.#held = 0;
    // A carriage return may have come with an earlier chunk.
    this.#line(last.length === 0 && line.at(-1) === CR ? line.subarray(0, -1) : line);
  }

  #drop(): boolean {
    if (!this.#tooLong) return false;
    this.#parts = [];
    this.#held = 0;
    this.#tooLong();
    return true;
  }
}

/**
 * A JSON text as one line with its end. Line breaks in it can only be white space, since a string holds none: they become spaces, so that
 * what a peer has printed prettily, or laid out with a purpose, is never read as several messages.
 */
export function lineOf(json: readonly Part[]): Buffer {
  const line = joinParts([...json, '\n']);
  const end = line.length - 1;
  for (const breaking of [LF, CR])
    for (let at = line.indexOf(breaking); at !== -1 && at < end; at = line.indexOf(breaking, at + 1)) line[at] = SPACE;
  return line;
}

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const NOTHING = Buffer.alloc(0);
