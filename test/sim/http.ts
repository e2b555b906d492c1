/** Reads HTTP/1.1 messages as a peer of the gateway would, and complains about what a peer could not read. Requests and responses alike. */

export interface Head {
  readonly start: string;
  readonly headers: ReadonlyMap<string, string>;
}

export interface HttpListener {
  onHead(head: Head): void;
  onBody(bytes: Buffer): void;
  onEnd(): void;
  onWrong(says: string): void;
}

type State = 'head' | 'length' | 'size' | 'chunk' | 'last' | 'broken';

export class HttpReader {
  readonly #listener: HttpListener;
  #state: State = 'head';
  #left = 0;
  #held: Buffer = Buffer.alloc(0);

  constructor(listener: HttpListener) {
    this.#listener = listener;
  }

  /** Whether a message has begun and not ended. */
  get isInside(): boolean {
    return this.#state !== 'head' || this.#held.length > 0;
  }

  push(bytes: Buffer): void {
    this.#held = this.#held.length > 0 ? Buffer.concat([this.#held, bytes]) : Buffer.from(bytes);
    while (this.#advance());
  }

  #advance(): boolean {
    if (this.#state === 'head') return this.#head();
    if (this.#state === 'length' || this.#state === 'chunk') return this.#body();
    if (this.#state === 'size') return this.#size();
    if (this.#state === 'last') return this.#last();
    return false;
  }

  #head(): boolean {
    const end = this.#held.indexOf('\r\n\r\n');
    if (end === -1) return false;
    const [start = '', ...lines] = this.#held.toString('latin1', 0, end).split('\r\n');
    this.#held = this.#held.subarray(end + 4);
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    // An interim answer stands for itself.
    if (start.startsWith('HTTP/1.1 100')) return true;
    const length = headers.get('content-length');
    const isChunked = headers.get('transfer-encoding') === 'chunked';
    if (isChunked && length !== undefined) return this.#broken('a length and chunks');
    if (start.startsWith('HTTP/') && !isChunked && length === undefined && !start.includes(' 204'))
      return this.#broken('an answer without a length');
    this.#listener.onHead({ start, headers });
    this.#left = Number(length ?? 0);
    this.#state = isChunked ? 'size' : 'length';
    return true;
  }

  #body(): boolean {
    const bytes = this.#held.subarray(0, this.#left);
    this.#held = this.#held.subarray(bytes.length);
    this.#left -= bytes.length;
    if (bytes.length > 0) this.#listener.onBody(bytes);
    if (this.#left > 0) return false;
    if (this.#state === 'length') this.#ended();
    else {
      if (this.#held.length < 2) return false;
      if (this.#held.toString('latin1', 0, 2) !== '\r\n') return this.#broken('a chunk that does not end');
      this.#held = this.#held.subarray(2);
      this.#state = 'size';
    }
    return true;
  }

  #size(): boolean {
    const end = this.#held.indexOf('\r\n');
    if (end === -1) return false;
    const size = this.#held.toString('latin1', 0, end);
    if (!/^[0-9a-f]+$/i.test(size)) return this.#broken(`a chunk of size ${size.slice(0, 20)}`);
    this.#held = this.#held.subarray(end + 2);
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'last' : 'chunk';
    return true;
  }

  #last(): boolean {
    if (this.#held.length < 2) return false;
    this.#held = this.#held.subarray(2);
    this.#ended();
    return true;
  }

  #ended(): void {
    this.#state = 'head';
    this.#listener.onEnd();
  }

  #broken(says: string): boolean {
    this.#state = 'broken';
    this.#listener.onWrong(says);
    return false;
  }
}

/** Events of a stream; comments are left out. */
export class EventReader {
  readonly #heard: (data: string) => void;
  #text = '';

  constructor(heard: (data: string) => void) {
    this.#heard = heard;
  }

  push(bytes: Buffer): void {
    this.#text += bytes.toString('latin1');
    for (let end = this.#text.indexOf('\n\n'); end !== -1; end = this.#text.indexOf('\n\n')) {
      const lines = this.#text.slice(0, end).split('\n');
      this.#text = this.#text.slice(end + 2);
      const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trimStart());
      if (data.join('') !== '') this.#heard(data.join('\n'));
    }
  }
}
