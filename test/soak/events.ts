/** Server-sent events as far as these answers use them: `data` lines, comments and names skipped, any chunking, LF or CRLF. */

export class Events {
  readonly #deliver: (data: string) => void;
  #rest = '';

  constructor(deliver: (data: string) => void) {
    this.#deliver = deliver;
  }

  take(chunk: string): void {
    const blocks = (this.#rest + chunk).split(/\r?\n\r?\n/);
    this.#rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = block.split(/\r?\n/).filter((line) => line.startsWith('data:'));
      const text = data.map((line) => line.slice(5).replace(/^ /, '')).join('\n');
      if (text !== '') this.#deliver(text);
    }
  }
}
