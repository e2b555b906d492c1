/** Cuts a byte stream into lines (MCP stdio framing: one message a line, no newline inside). Bounded. */

export class Lines {
  readonly #max: number;
  readonly #line: (line: Buffer) => void;
  #parts: Buffer[] = [];
  #held = 0;

  /** @param max longest line in bytes. @param line is given each line without its end; a view on what was pushed, or a copy. */
  constructor(max: number, line: (line: Buffer) => void) {
    this.#max = max;
    this.#line = line;
  }

  get held(): number {
    return this.#held;
  }

  /** `false` when a line has grown too long; the rest of the stream is then not worth reading. */
  push(chunk: Buffer): boolean {
    let from = 0;
    for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, from)) {
      const end = at > from && chunk[at - 1] === 0x0d ? at - 1 : at;
      if (this.#held + end - from > this.#max) return false;
      this.#end(chunk.subarray(from, end));
      from = at + 1;
    }
    if (from === chunk.length) return true;
    this.#parts.push(chunk.subarray(from));
    this.#held += chunk.length - from;
    return this.#held <= this.#max;
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
    this.#line(last.length === 0 && line.at(-1) === 0x0d ? line.subarray(0, -1) : line);
  }
}
