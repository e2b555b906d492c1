/**
 * Undoes the compression of an answer, as it comes: gzip, deflate, br, zstd, RFC 9110 section 8.4.1. Nobody is asked for it; some servers and
 * what stands before them compress all the same. What an answer may grow to is bounded by its receiver; here, how much one byte may become.
 */
import type { Transfer } from './client.ts';
import type { Head } from './head.ts';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';
import { transferFaults, type ResponseHead, type ResponseReceiver, type Sent } from './client.ts';

/** Beyond the floor no answer becomes more than this many times longer than what it was decoded from. */
const RATIO = 100;
const FLOOR_BYTES = 262_144;
/** 8 MiB, as RFC 9659 bounds it; a window is memory. */
const ZSTD_WINDOW_LOG = 23;

export type Coding = 'gzip' | 'deflate' | 'br' | 'zstd';
type Decoder = ReturnType<typeof createGunzip | typeof createBrotliDecompress | typeof createZstdDecompress>;

/** Of the header's value: several codings, one upon the other, are not undone. */
export function codingOf(value: string): Coding | 'identity' | undefined {
  const name = value.toLowerCase();
  if (name === 'x-gzip') return 'gzip';
  return NAMES.find((known) => known === name);
}

const NAMES = ['identity', 'gzip', 'deflate', 'br', 'zstd'] as const;

/** Stands before a receiver and hands on what it decodes. waiting for bytes -> decoding -> over. */
export class Decoding implements ResponseReceiver {
  readonly #coding: Coding;
  readonly #receiver: ResponseReceiver;
  readonly #sent: Sent;
  #decoder: Decoder | undefined;
  #isOver = false;
  #given = 0;

  constructor(coding: Coding, receiver: ResponseReceiver, sent: Sent) {
    this.#coding = coding;
    this.#receiver = receiver;
    this.#sent = sent;
  }

  excuses(): boolean {
    return this.#receiver.excuses?.() === true;
  }

  /** The length that it says is not that of what comes out (RFC 9110 section 8.6). */
  onHead(head: ResponseHead): void {
    const header = (name: string): string | undefined => (name === 'content-length' ? undefined : head.header(name));
    this.#receiver.onHead({ status: head.status, header });
  }

  onData(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#decoder ??= this.#begin(chunk[0] ?? 0);
    // The chunk is a view; the decoder works elsewhere, later.
    if (!this.#decoder.write(Buffer.from(chunk))) this.#sent.pause();
  }

  /** An answer without a body has nothing to decode. */
  onEnd(): void {
    if (this.#decoder) this.#decoder.end();
    else this.#finish();
  }

  onError: ResponseReceiver['onError'] = (fault) => {
    if (this.#isOver) return;
    this.stop();
    this.#receiver.onError(fault);
  };

  /** Nothing is handed on afterwards. */
  stop(): void {
    this.#isOver = true;
    this.#decoder?.destroy();
  }

  #begin(first: number): Decoder {
    const decoder = this.#decoderFor(first);
    decoder.on('data', (chunk: Buffer) => this.#give(chunk, decoder.bytesWritten));
    decoder.on('drain', () => this.#sent.resume());
    decoder.on('end', () => this.#finish());
    decoder.on('error', (error) => this.#broken(error.message));
    return decoder;
  }

  #decoderFor(first: number): Decoder {
    if (this.#coding === 'gzip') return createGunzip();
    if (this.#coding === 'br') return createBrotliDecompress();
    if (this.#coding === 'zstd')
      return createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } });
    // Some send the bare format under this name, RFC 9110 section 8.4.1.2.
    return (first & 0x0f) === 8 ? createInflate() : createInflateRaw();
  }

  /** @param read what has been decoded so far; what only waits for it is not counted: a bomb would be let grow by what comes behind it. */
  #give(chunk: Buffer, read: number): void {
    if (this.#isOver) return;
    this.#given += chunk.length;
    if (this.#given > FLOOR_BYTES && this.#given > read * RATIO) this.#broken('compressed beyond all measure');
    else this.#receiver.onData(chunk);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#receiver.onEnd();
  }

  #broken(detail: string): void {
    if (this.#isOver) return;
    this.onError(transferFaults.undecodable(`${this.#coding}: ${detail}`));
    this.#sent.abort();
  }
}

/** Tells the receiver of the answer. `false`: it is compressed in a way that nobody here knows. */
export function announce(transfer: Transfer, head: Head): boolean {
  const content = head.header('content-encoding');
  if (content !== undefined) {
    const coding = codingOf(content);
    if (coding === undefined) return false;
    if (coding !== 'identity') decode(transfer, coding);
  }
  transfer.receiver.onHead(head);
  return true;
}

function decode(transfer: Transfer, coding: Coding): void {
  const decoding = new Decoding(coding, transfer.receiver, transfer);
  transfer.receiver = decoding;
  transfer.decoder = decoding;
}
