/** A byte stream as lines, both ways: one message a line, no line break inside (MCP, "stdio"; the same as NDJSON). Bounded. */
import { joinParts, type Part } from '../kernel/parts.ts';
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

const withoutCr = (line: Buffer): Buffer => (line.at(-1) === CR ? line.subarray(0, -1) : line);
