/** Cuts a byte stream into lines (MCP stdio framing: one message a line, no newline inside). Bounded. */
import { Bytes } from '../../wire/bytes.ts';

const LF = 0x0a;
const CR = 0x0d;

export class Lines {
  readonly #max: number;
  readonly #line: (line: Buffer) => void;
  /** A line whose end has not come yet. One buffer: pieces of a byte each would weigh a hundred times what they hold. */
  readonly #begun: Bytes;

  /** @param max longest line in bytes. @param line is given each line without its end; a view on what was pushed, or a copy. */
  constructor(max: number, line: (line: Buffer) => void) {
    this.#max = max;
    this.#line = line;
    // A carriage return may have come before its line feed.
    this.#begun = new Bytes(max + 1);
  }

  get held(): number {
    return this.#begun.length;
  }

  /** `false` when a line has grown too long; the rest of the stream is then not worth reading. */
  push(chunk: Buffer): boolean {
    let from = 0;
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, from)) {
      if (!this.#end(chunk.subarray(from, at))) return false;
      from = at + 1;
    }
    if (from === chunk.length) return true;
    return this.#begun.append(chunk.subarray(from)) && withoutCr(this.#begun.view()).length <= this.#max;
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
}

const withoutCr = (line: Buffer): Buffer => (line.at(-1) === CR ? line.subarray(0, -1) : line);
