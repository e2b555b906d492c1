/**
 * One HTTP/1.1 message at a time, read from chunks as they come: its head as offsets, its body as spans of the chunk. Framing only; whether
 * a well-formed head may be accepted is for `grammar`. RFC 9112. Parsers are borrowed while a message is read and given back after it.
 */
import { SeenTexts } from '../../kernel/words.ts';
import { Bytes } from '../bytes.ts';
import { Head } from './head.ts';
import { Llhttp, OK, PAUSED, SKIP_BODY, STOP, type MessageEvents, type MessageType } from './llhttp.ts';

export interface ParserBounds {
  readonly headerBytes: number;
  readonly headers: number;
  readonly targetBytes: number;
}

export type Problem = 'malformed' | 'other-version' | 'target-too-large' | 'head-too-large';

/** Spare parsers of each type; more are freed. */
const SPARE = 256;
const SEMICOLON = 0x3b;
const LF = 0x0a;

export class Parsers {
  readonly #llhttp = new Llhttp();
  readonly #seen = new SeenTexts();
  readonly #spare: Record<MessageType, Parser[]> = { request: [], response: [] };
  #lent = 0;

  /** Parsers that are reading a message. */
  get lent(): number {
    return this.#lent;
  }

  borrow(type: MessageType, bounds: ParserBounds): Parser {
    this.#lent += 1;
    const parser = this.#spare[type].pop() ?? new Parser(type, this.#llhttp, this.#seen);
    parser.begin(bounds);
    return parser;
  }

  giveBack(parser: Parser): void {
    this.#lent -= 1;
    const spare = this.#spare[parser.type];
    parser.forget();
    if (spare.length < SPARE) spare.push(parser);
    else parser.close();
  }
}

export class Parser implements MessageEvents {
  readonly type: MessageType;
  readonly head: Head;
  /** The head has been read; what it says is in `head`. */
  headComplete = false;
  complete = false;
  /** Whether the connection may carry another message after this one. */
  keepAlive = false;
  /** The answer to a HEAD request has a length and no body. */
  isBodiless = false;
  problem: Problem | undefined;
  /** Begin and end, in turn, of each piece of body in the chunk that was executed last. */
  spans = new Int32Array(16);
  /** How many numbers of `spans` hold. */
  spanned = 0;
  readonly #llhttp: Llhttp;
  readonly #pointer: number;
  #bounds: ParserBounds | undefined;
  /** The head, as far as it came in earlier chunks. */
  #split: Bytes | undefined;
  #base = 0;
  #chunk: Buffer | undefined;
  /** Up to where the chunk has been looked at for what stands around pieces of body. */
  #framed = 0;
  #framing = 0;
  #inTrailer = false;

  constructor(type: MessageType, llhttp: Llhttp, seen: SeenTexts) {
    this.type = type;
    this.head = new Head(seen);
    this.#llhttp = llhttp;
    this.#pointer = llhttp.open(type);
  }

  begin(bounds: ParserBounds): void {
    this.#bounds = bounds;
    this.again();
  }

  /** Makes ready for the next message. */
  again(): void {
    this.#llhttp.reset(this.#pointer);
    this.forget();
    this.headComplete = false;
    this.complete = false;
    this.keepAlive = false;
    this.isBodiless = false;
    this.problem = undefined;
    this.spanned = 0;
    this.#base = 0;
    this.#framing = 0;
    this.#inTrailer = false;
  }

  /** Lets go of memory that belongs to the message. */
  forget(): void {
    this.head.clear();
    this.#split = undefined;
    this.#chunk = undefined;
  }

  close(): void {
    this.#llhttp.close(this.#pointer);
  }

  /** The request's method, where it is one of the frequent ones. */
  get method(): string | undefined {
    return this.#llhttp.method(this.#pointer);
  }

  /**
   * Reads on. Gives back how many bytes were used, which is fewer than there are when the message is complete before the chunk's end; or -1,
   * and `problem` says why. `head` looks into the chunk itself if it came in one.
   */
  execute(chunk: Buffer): number {
    const hadHead = this.headComplete;
    this.spanned = 0;
    // llhttp skips line feeds before a message. One empty line may be there, which has its CR.
    if (!hadHead && !this.#split && chunk[0] === LF) return this.#stop('malformed');
    this.#framed = 0;
    this.#chunk = chunk;
    const code = this.#llhttp.execute(this.#pointer, chunk, this);
    this.#chunk = undefined;
    const failed = code !== OK && !this.complete;
    if (!hadHead && this.problem === undefined) this.#keepHead(chunk, failed);
    if (failed) this.problem ??= this.#wrong();
    const used = this.complete ? this.#llhttp.used(this.#pointer) : chunk.length;
    if (this.headComplete && this.problem === undefined) this.#frame(chunk, used);
    return this.problem === undefined ? used : STOP;
  }

  /** The peer has ended. Whether that completes the message: it does where the end is what delimits the body. */
  finish(): boolean {
    if (!this.headComplete) return false;
    this.spanned = 0;
    this.#llhttp.finish(this.#pointer, this);
    return this.complete;
  }

  // llhttp's events. They record and do not throw.

  url(offset: number, length: number): number {
    this.head.addTarget(this.#base + offset, length);
    return this.head.targetLength > (this.#bounds?.targetBytes ?? 0) ? this.#stop('target-too-large') : OK;
  }

  field(offset: number, length: number): number {
    if (this.headComplete) return this.#trailer(offset);
    this.head.addName(this.#base + offset, length);
    return this.head.size > (this.#bounds?.headers ?? 0) ? this.#stop('head-too-large') : OK;
  }

  value(offset: number, length: number): number {
    if (!this.headComplete) this.head.addValue(this.#base + offset, length);
    return OK;
  }

  headersComplete(status: number, keepAlive: boolean): number {
    this.head.status = status;
    this.keepAlive = keepAlive;
    this.headComplete = true;
    if (this.head.size === 0) {
      // Without a field there is no chunked body, so no framing to look at.
      this.#inTrailer = true;
      return this.isBodiless ? SKIP_BODY : OK;
    }
    const end = this.head.end();
    if (end > (this.#bounds?.headerBytes ?? 0)) return this.#stop('head-too-large');
    this.#framed = end - this.#base;
    return this.isBodiless ? SKIP_BODY : OK;
  }

  body(offset: number, length: number): number {
    if (this.#chunk) this.#frame(this.#chunk, offset);
    if (this.problem !== undefined) return STOP;
    this.#framing = 0;
    this.#framed = offset + length;
    if (this.spanned === this.spans.length) this.#growSpans();
    this.spans[this.spanned] = offset;
    this.spans[this.spanned + 1] = offset + length;
    this.spanned += 2;
    return OK;
  }

  messageComplete(): number {
    this.complete = true;
    return PAUSED;
  }

  #trailer(offset: number): number {
    if (!this.#inTrailer && this.#chunk) this.#frame(this.#chunk, offset);
    this.#inTrailer = true;
    return this.problem === undefined ? OK : STOP;
  }

  /** llhttp takes chunk extensions in silence. Between pieces of body a semicolon can be nothing else. */
  #frame(chunk: Buffer, to: number): void {
    for (let at = this.#framed; at < to && !this.#inTrailer; at += 1) {
      if (chunk[at] === SEMICOLON) this.problem = 'malformed';
    }
    if (to > this.#framed) this.#framing += to - this.#framed;
    this.#framed = to;
    if (this.#framing > (this.#bounds?.headerBytes ?? 0)) this.problem = 'head-too-large';
  }

  #keepHead(chunk: Buffer, failed: boolean): void {
    if (this.headComplete && !this.#split) {
      this.head.bytes = chunk;
      return;
    }
    const max = this.#bounds?.headerBytes ?? 0;
    this.#split ??= new Bytes(max);
    const size = this.headComplete && this.head.size > 0 ? this.head.end() - this.#base : chunk.length;
    const room = max - this.#split.length;
    if (size > room && !failed && !this.headComplete) this.problem = 'head-too-large';
    this.#split.append(chunk.subarray(0, Math.min(size, room)));
    this.#base = this.#split.length;
    this.head.bytes = this.#split.view();
  }

  /** A line that would do in another version of HTTP is told so; anything else is just wrong. */
  #wrong(): Problem {
    const { bytes, targetStart, targetLength } = this.head;
    const rest = bytes.toString('latin1', targetStart + targetLength, targetStart + targetLength + 11);
    const isOther = /^ HTTP\/\d\.\d/.test(rest) && !/^ HTTP\/1\.[01]/.test(rest);
    return isOther && targetLength > 0 ? 'other-version' : 'malformed';
  }

  #growSpans(): void {
    const spans = new Int32Array(this.spans.length * 2);
    spans.set(this.spans);
    this.spans = spans;
  }

  #stop(problem: Problem): number {
    this.problem = problem;
    return STOP;
  }
}
