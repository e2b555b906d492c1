/**
 * Server-sent events, both directions, as bytes: the payload of an event is not made into a string here. HTML Living Standard section 9.2;
 * what a browser does with them (reconnecting, origins) is left out.
 */
import type { Budget } from '../kernel/bounded.ts';
import { Bytes } from './bytes.ts';

export interface SseEvent {
  /** The lines of data, joined by line feeds. The receiver's to keep. */
  readonly data: Buffer;
  readonly event: string | undefined;
  /** The last id that the stream has given. */
  readonly id: string | undefined;
}

export interface SseReaderOptions {
  readonly maxEventBytes: number;
  /** Charged with what is held of an event that has not come whole. */
  readonly budget?: Budget;
  readonly onEvent: (event: SseEvent) => void;
  /** An event was larger than that, or there was no room to hold it; nothing more is read. */
  readonly onError: (problem: 'too-large' | 'no-room') => void;
}

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
/** `data`. */
const DATA_NAME = 0x64_61_74_61;
const LINE_FEED = Buffer.from('\n');
const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

export class SseReader {
  /** What the stream asks to wait before connecting again. */
  retryMs: number | undefined;
  readonly #options: SseReaderOptions;
  /** A line whose end has not come yet. */
  readonly #line: Bytes;
  /** Data, from its second line on. */
  readonly #data: Bytes;
  #firstData: Buffer | undefined;
  #event: string | undefined;
  /** Of the event under way and those after it. */
  #id: string | undefined;
  #lastEventId: string | undefined;
  #isFirstLine = true;
  /** A CR ended the last chunk: a LF that follows belongs to it. */
  #afterCr = false;
  #state: 'open' | 'over' = 'open';

  constructor(options: SseReaderOptions) {
    this.#options = options;
    this.#line = new Bytes(options.maxEventBytes, options.budget);
    this.#data = new Bytes(options.maxEventBytes, options.budget);
  }

  /** That of the last event that came whole: from there the stream is asked to go on. */
  get lastEventId(): string | undefined {
    return this.#lastEventId;
  }

  /** Takes any piece of the stream; it need not outlive the call. */
  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = this.#afterCr && bytes[0] === LF ? 1 : 0;
    if (bytes.length > 0) this.#afterCr = false;
    let lf = bytes.indexOf(LF, at);
    let cr = bytes.indexOf(CR, at);
    while (this.#state === 'open' && (lf !== -1 || cr !== -1)) {
      const isCr = cr !== -1 && (lf === -1 || cr < lf);
      const end = isCr ? cr : lf;
      this.#endLine(bytes.subarray(at, end));
      at = end + 1;
      if (isCr && at === bytes.length) this.#afterCr = true;
      if (isCr && at === lf) at += 1;
      if (lf !== -1 && lf < at) lf = bytes.indexOf(LF, at);
      if (cr !== -1 && cr < at) cr = bytes.indexOf(CR, at);
    }
    if (at < bytes.length && this.#state === 'open') this.#gather(this.#line, bytes.subarray(at));
  }

  /** The stream has ended; an event that it did not complete is dropped. */
  end(): void {
    this.#state = 'over';
    this.#line.release();
    this.#data.release();
    this.#firstData = undefined;
  }

  #endLine(tail: Buffer): void {
    if (this.#line.length === 0) {
      this.#read(tail);
      return;
    }
    if (!this.#gather(this.#line, tail)) return;
    this.#read(this.#line.view());
    // What was kept of it was copied: long lines would wait for the collector by the megabyte.
    this.#line.discard();
  }

  #read(whole: Buffer): void {
    let line = whole;
    if (this.#isFirstLine) {
      this.#isFirstLine = false;
      if (line.subarray(0, 3).equals(BYTE_ORDER_MARK)) line = line.subarray(3);
    }
    if (line.length === 0) {
      this.#dispatch();
      return;
    }
    const colon = colonOf(line);
    if (colon === 0) return;
    const from = line[colon + 1] === SPACE ? colon + 2 : colon + 1;
    const value = line.subarray(Math.min(from, line.length));
    if (colon === 4 && line.readUInt32BE(0) === DATA_NAME) this.#addData(value);
    else this.#field(line.toString('latin1', 0, colon), value);
  }

  #field(name: string, value: Buffer): void {
    if (name === 'event') this.#event = value.toString();
    else if (name === 'id') {
      if (!value.includes(0)) this.#id = value.toString();
    } else if (name === 'retry' && /^\d{1,9}$/.test(value.toString('latin1'))) this.retryMs = Number(value);
  }

  /** Most events have one line, which is copied once. */
  #addData(value: Buffer): void {
    if (!this.#firstData) {
      if (value.length > this.#options.maxEventBytes) this.#stop('too-large');
      else this.#firstData = Buffer.from(value);
      return;
    }
    if (this.#data.length === 0 && !this.#gather(this.#data, this.#firstData)) return;
    if (this.#gather(this.#data, LINE_FEED)) this.#gather(this.#data, value);
  }

  #gather(into: Bytes, piece: Buffer): boolean {
    if (into.append(piece)) return true;
    this.#stop(into.length + piece.length > this.#options.maxEventBytes ? 'too-large' : 'no-room');
    return false;
  }

  #dispatch(): void {
    const data = this.#data.length > 0 ? this.#data.take() : this.#firstData;
    const event = this.#event;
    this.#firstData = undefined;
    this.#event = undefined;
    this.#lastEventId = this.#id;
    if (data) this.#options.onEvent({ data, event, id: this.#id });
  }

  #stop(problem: 'too-large' | 'no-room'): void {
    this.end();
    this.#options.onError(problem);
  }
}

/** The end of the field's name. No field that matters has a longer one than `event` or `retry`. */
function colonOf(line: Buffer): number {
  const last = Math.min(line.length, 6);
  for (let at = 0; at < last; at += 1) if (line[at] === COLON) return at;
  return last;
}

/** A comment says only that the stream lives. */
export const SSE_COMMENT = Buffer.from(':\n\n');
const DATA = Buffer.from('data: ');
const NEXT_LINE = Buffer.from('\ndata: ');
const END = Buffer.from('\n\n');

/** A comment that says something to people who watch. One line. */
export const sseComment = (text: string): Buffer => Buffer.from(`: ${text}\n\n`);

/** Asks to wait before connecting again, and with an id to begin there. Nothing is dispatched where there is no data line. */
export const sseRetry = (retryMs: number, id?: string): Buffer =>
  Buffer.from(id === undefined ? `retry: ${retryMs}\n\n` : `id: ${id}\nretry: ${retryMs}\ndata: \n\n`);

/** An event around a payload in parts, as parts: nothing is copied. A payload of several lines becomes several lines of data. */
export function sseEvent(payload: readonly Uint8Array[], id?: string): Uint8Array[] {
  const event: Uint8Array[] = id === undefined ? [DATA] : [Buffer.from(`id: ${id}\ndata: `)];
  let afterCr = false;
  for (const part of payload) {
    if (!afterCr && !part.includes(LF) && !part.includes(CR)) {
      event.push(part);
      continue;
    }
    afterCr = splitLines(part, event, afterCr);
  }
  event.push(END);
  return event;
}

/** Gives back whether the part ended in a CR, whose line feed may be in the next. */
function splitLines(part: Uint8Array, event: Uint8Array[], afterCr: boolean): boolean {
  let from = 0;
  let isAfterCr = afterCr;
  for (let at = 0; at < part.length; at += 1) {
    const byte = part[at];
    if (byte === LF && isAfterCr) from = at + 1;
    else if (byte === LF || byte === CR) {
      event.push(part.subarray(from, at), NEXT_LINE);
      from = at + 1;
    }
    isAfterCr = byte === CR;
  }
  if (from < part.length) event.push(part.subarray(from));
  return isAfterCr;
}
