/**
 * Finds the members of a Shape in the outermost levels of a JSON text without reading the rest of it: for results, which are long and come
 * from servers that the operator chose. It makes sure of UTF-8, of strings and brackets that end, of depth and of the members that it finds;
 * what stands deeper (numbers, commas, literals) it takes as it is. Texts that it is not made for are scanned strictly.
 */
import { isUtf8 } from 'node:buffer';
import { view } from '../json.ts';
import { scan, type Scan, type ScanProblem } from '../scan.ts';
import { knownKey, unusualKey, type Shape, type ShapeKey, type ShapeNode } from '../shape.ts';
import { SKIM_WASM } from './binary.ts';

/** Bytes that are looked at in one go; a multiple of the block of `skim.c`. */
const PIECE = 65_536;
const BLOCK = 64;
/** Positions that are kept of one text. A text with more members than that in its outermost levels is scanned strictly. */
const ROOM = 1024;
const PAGE = 65_536;
/** Of a shorter text the strict scan is done before marks would be. Bytes. */
const SHORT = 512;
/** How deep a Shape may be for a skim. */
const LEVELS = 2;
const PROBLEMS: Readonly<Record<number, ScanProblem>> = { [-1]: 'syntax', [-2]: 'depth' };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;

export class Skim {
  readonly #wasm: Exports;
  readonly #text: Uint8Array;
  readonly #textAt: number;
  readonly #marks: Uint32Array;
  readonly #marksAt: number;
  readonly #from: number;

  /** @param from the length from which on a text is skimmed. Bytes. */
  constructor(from = SHORT) {
    this.#from = from;
    const memory = new WebAssembly.Memory({ initial: 3, maximum: 3 });
    const module = new WebAssembly.Module(Buffer.from(SKIM_WASM, 'base64'));
    this.#wasm = new WebAssembly.Instance(module, { env: { memory } }).exports;
    this.#textAt = PAGE;
    this.#text = new Uint8Array(memory.buffer, this.#textAt, PIECE + BLOCK);
    this.#marksAt = PAGE - ROOM * 4;
    this.#marks = new Uint32Array(memory.buffer, this.#marksAt, ROOM);
  }

  /** The same as `scan` gives of a text that is valid JSON; of one that is not perhaps less of a complaint. */
  readonly scan = (bytes: Uint8Array, shape: Shape, maxDepth: number): Scan => {
    const text = view(bytes);
    if (text.length < this.#from) return scan(text, shape, maxDepth);
    const found = this.#mark(text, maxDepth);
    const problem = PROBLEMS[found] ?? (isUtf8(text) ? undefined : 'syntax');
    if (problem !== undefined) return { bytes: text, kind: 'object', spans: shape.blank, innermost: -1, problem };
    const walk = found < 2 ? undefined : new Walk(text, this.#marks, found);
    return walk?.read(shape) ? walk : scan(text, shape, maxDepth);
  };

  /** How many positions were marked, or a number below 0 for why not. */
  #mark(text: Buffer, maxDepth: number): number {
    this.#wasm.begin(this.#marksAt, ROOM, LEVELS, maxDepth);
    for (let at = 0; at < text.length; at += PIECE) {
      const length = Math.min(PIECE, text.length - at);
      this.#text.set(length === text.length ? text : text.subarray(at, at + length));
      const wrong = this.#wasm.take(this.#textAt, length);
      if (wrong !== 0) return wrong;
    }
    return this.#wasm.end();
  }
}

/** One text, from mark to mark. Whatever is unexpected is left to the strict scan, which says what it is. */
class Walk implements Scan {
  readonly bytes: Buffer;
  readonly kind = 'object';
  spans: number[] = [];
  readonly innermost = -1;
  problem: ScanProblem | undefined;
  readonly #marks: Uint32Array;
  readonly #size: number;
  #next = 1;

  constructor(bytes: Buffer, marks: Uint32Array, size: number) {
    this.bytes = bytes;
    this.#marks = marks;
    this.#size = size;
  }

  /** Whether it could be read; if not, nothing that was found holds. */
  read(shape: Shape): boolean {
    this.spans = shape.blank.slice();
    const first = this.#marks[0] ?? 0;
    if (this.bytes[first] !== OPEN_BRACE || this.#from(0) !== first || !this.#object(shape.root, first)) return false;
    const last = this.#at(this.#next - 1);
    return this.#next === this.#size && this.#from(last + 1) === this.bytes.length;
  }

  /** Reads members until the bracket that closes this object, whose mark is then the last one read. */
  #object(node: ShapeNode, open: number): boolean {
    let before = open;
    if (this.#byteAt(this.#next) === CLOSE_BRACE) return this.#from(before + 1) === this.#at(this.#next++);
    for (;;) {
      const colon = this.#at(this.#next);
      if (this.bytes[colon] !== COLON) return false;
      this.#next += 1;
      const key = this.#key(node, before + 1, colon);
      if (key === false) return false;
      const start = this.#from(colon + 1);
      const inner = key?.inner;
      if (inner && this.bytes[start] === OPEN_BRACE) {
        if (this.#at(this.#next) !== start) return false;
        this.#next += 1;
        if (!this.#object(inner, start)) return false;
      } else if (!this.#skip(start)) return false;
      before = this.#at(this.#next);
      const byte = this.bytes[before];
      const end = this.#backFrom(before);
      if (end <= start || (byte !== COMMA && byte !== CLOSE_BRACE)) return false;
      if (key && !this.#take(key.slot, start, end)) return false;
      this.#next += 1;
      if (byte === CLOSE_BRACE) return true;
    }
  }

  /** Goes to the mark behind a value that is not looked into. */
  #skip(start: number): boolean {
    const first = this.bytes[start];
    if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return true;
    // Brackets of the innermost level that is marked are not marked themselves.
    if (this.#at(this.#next) !== start) return true;
    let depth = 0;
    for (; this.#next < this.#size; this.#next += 1) {
      const byte = this.#byteAt(this.#next);
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
      else if (byte !== COMMA && byte !== COLON) depth -= 1;
      if (depth === 0) {
        this.#next += 1;
        return true;
      }
    }
    return false;
  }

  /** The member that a key is for; `undefined` for one that is not looked for, `false` where it is no key. */
  #key(node: ShapeNode, from: number, colon: number): ShapeKey | undefined | false {
    const start = this.#from(from);
    const end = this.#backFrom(colon);
    if (end - start < 2 || this.bytes[start] !== QUOTE || this.bytes[end - 1] !== QUOTE) return false;
    if (endOfString(this.bytes, start) !== end) return false;
    const known = knownKey(node, this.bytes, start + 1, end - 1);
    if (known) return known;
    if (!node.caseStrict && !this.bytes.subarray(start, end).includes(BACKSLASH)) return undefined;
    const unusual = unusualKey(node, this.bytes, start, end);
    if (unusual === 'miscased') this.problem ??= 'miscased-key';
    return unusual === 'miscased' ? undefined : unusual;
  }

  /** Notes where a value is; `false` where it does not look like one. */
  #take(slot: number, start: number, end: number): boolean {
    const base = slot * 2;
    if (this.spans[base + 1] !== 0) {
      this.problem ??= 'duplicate-key';
      return true;
    }
    this.spans[base] = start;
    this.spans[base + 1] = end;
    return isWhole(this.bytes, start, end);
  }

  #at(index: number): number {
    return index < this.#size ? (this.#marks[index] ?? 0) : this.bytes.length;
  }

  #byteAt(index: number): number | undefined {
    return this.bytes[this.#at(index)];
  }

  /** The first byte from there on that is no white space. */
  #from(start: number): number {
    let at = start;
    while (isSpace(this.bytes[at])) at += 1;
    return at;
  }

  /** Behind the last byte before there that is no white space. */
  #backFrom(end: number): number {
    let at = end;
    while (isSpace(this.bytes[at - 1])) at -= 1;
    return at;
  }
}

const isSpace = (c: number | undefined): boolean => c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;

const NUMBER_OR_WORD = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/u;
const MAX_NUMBER = 1024;

/** Brackets match, strings end where they should, other scalars are one. */
function isWhole(bytes: Buffer, start: number, end: number): boolean {
  const first = bytes[start];
  const last = bytes[end - 1];
  if (first === OPEN_BRACE) return last === CLOSE_BRACE;
  if (first === OPEN_BRACKET) return last === CLOSE_BRACKET;
  if (first === QUOTE) return endOfString(bytes, start) === end;
  return end - start <= MAX_NUMBER && NUMBER_OR_WORD.test(bytes.toString('latin1', start, end));
}

function endOfString(bytes: Buffer, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

interface Exports {
  begin(marks: number, room: number, levels: number, maxDepth: number): void;
  take(text: number, length: number): number;
  end(): number;
}

/** Node has it; the compiler's library keeps it with the browser's. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => {
    readonly buffer: ArrayBuffer;
  };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Exports };
};
