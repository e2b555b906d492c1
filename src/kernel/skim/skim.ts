/**
 * Finds the members of a Shape in the outermost levels of a long JSON text, in wasm. Of results, which come from servers that the operator
 * chose, it reads no more: it makes sure of UTF-8, of strings and brackets that end, of depth and of the members that it finds, and takes
 * what stands deeper (numbers, commas, literals) as it is. Requests it judges to the last byte. `scan` is its fallback and its oracle.
 */
import { isUtf8 } from 'node:buffer';
import { view } from '../json.ts';
import { scan, type Scan, type ScanProblem } from '../scan.ts';
import { knownKey, unusualKey, type Shape, type ShapeKey, type ShapeNode } from '../shape.ts';
import { SKIM_WASM } from './binary.ts';

const PAGE = 65_536;
/** The module's own: its stack, its state, and the marks. */
const FIRST_PAGES = 1;
/** Positions that are kept of one text. A text with more members than that in its outermost levels is scanned strictly by other means. */
const ROOM = 1024;
/** Bytes that are looked at in one go; a multiple of the block of `skim.c`. */
const PIECE = 65_536;
/** What `skim.c` may write behind a text. Bytes. */
const BEHIND = 64;
/** Longer texts are not taken whole: they are judged without this. Bytes. */
const MAX_WHOLE = 4 * 1024 * 1024;
/** The deepest nesting that `skim.c` has room for. */
const MAX_DEPTH = 1024;
/** Of a shorter text the scan in JavaScript is done before marks would be. Bytes. */
const SHORT = 512;
/** How deep the Shapes of results and of requests are. */
const LEVELS = { result: 2, request: 3 } as const;
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
  readonly #memory: Memory;
  readonly #marksAt = FIRST_PAGES * PAGE - ROOM * 4;
  readonly #textAt = FIRST_PAGES * PAGE;
  readonly #from: number;
  #text: Uint8Array;
  #marks: Uint32Array;

  /** @param from the length from which on a text is skimmed. Bytes. */
  constructor(from = SHORT) {
    const pages = FIRST_PAGES + pagesFor(PIECE);
    this.#from = from;
    this.#memory = new WebAssembly.Memory({ initial: pages, maximum: FIRST_PAGES + pagesFor(MAX_WHOLE) });
    const module = new WebAssembly.Module(Buffer.from(SKIM_WASM, 'base64'));
    this.#wasm = new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports;
    this.#text = new Uint8Array(this.#memory.buffer, this.#textAt);
    this.#marks = new Uint32Array(this.#memory.buffer, this.#marksAt, ROOM);
  }

  /** For results: gives of a text that is valid JSON what `scan` gives; of one that is not perhaps less of a complaint. */
  readonly scan = (bytes: Uint8Array, shape: Shape, maxDepth: number): Scan => {
    const text = view(bytes);
    if (text.length < this.#from) return scan(text, shape, maxDepth);
    this.#wasm.begin(this.#marksAt, ROOM, LEVELS.result, maxDepth);
    let wrong = 0;
    for (let at = 0; at < text.length && wrong === 0; at += PIECE) {
      const length = Math.min(PIECE, text.length - at);
      this.#text.set(length === text.length ? text : text.subarray(at, at + length));
      wrong = this.#wasm.take(this.#textAt, length);
    }
    return this.#walk(text, shape, { maxDepth, found: wrong === 0 ? this.#wasm.end() : wrong });
  };

  /** For requests: gives of every text what `scan` gives. */
  readonly strict = (bytes: Uint8Array, shape: Shape, maxDepth: number): Scan => {
    const text = view(bytes);
    if (text.length < this.#from || text.length > MAX_WHOLE || maxDepth > MAX_DEPTH) return scan(text, shape, maxDepth);
    this.#makeRoom(text.length);
    this.#text.set(text);
    this.#wasm.begin(this.#marksAt, ROOM, LEVELS.request, maxDepth);
    return this.#walk(text, shape, { maxDepth, found: this.#wasm.judge(this.#textAt, text.length) });
  };

  /** @param how.found how many marks there are, or a number below 0 for what is wrong. */
  #walk(text: Buffer, shape: Shape, how: { readonly maxDepth: number; readonly found: number }): Scan {
    const { found } = how;
    const problem = PROBLEMS[found] ?? (isUtf8(text) ? undefined : 'syntax');
    if (problem !== undefined) return { bytes: text, kind: 'object', spans: shape.blank, innermost: -1, problem };
    const walk = found < 2 ? undefined : new Walk(text, this.#marks, found);
    return walk?.read(shape) ? walk : scan(text, shape, how.maxDepth);
  }

  /** The memory keeps the size of the longest text so far. */
  #makeRoom(length: number): void {
    if (length + BEHIND <= this.#text.length) return;
    this.#memory.grow(pagesFor(length) - this.#text.length / PAGE);
    this.#text = new Uint8Array(this.#memory.buffer, this.#textAt);
    this.#marks = new Uint32Array(this.#memory.buffer, this.#marksAt, ROOM);
  }
}

const pagesFor = (length: number): number => Math.ceil((length + BEHIND) / PAGE);

/** One text, from mark to mark. Whatever is unexpected is left to the strict scan, which says what it is. */
class Walk implements Scan {
  readonly bytes: Buffer;
  readonly kind = 'object';
  spans: number[] = [];
  innermost = -1;
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
    if (this.#from(open + 1) === this.#at(this.#next)) {
      if (node.isInnermost) this.innermost = 0;
      return this.#byteAt(this.#next++) === CLOSE_BRACE;
    }
    for (let count = 1; ; count += 1) {
      const colon = this.#at(this.#next);
      if (this.bytes[colon] !== COLON) return false;
      this.#next += 1;
      const key = this.#key(node, before + 1, colon);
      if (key === false) return false;
      const start = this.#from(colon + 1);
      const isAgain = key !== undefined && this.#has(key.slot);
      const inner = isAgain ? undefined : key?.inner;
      if (isAgain) this.problem ??= 'duplicate-key';
      if (inner && this.bytes[start] === OPEN_BRACE) {
        if (this.#at(this.#next) !== start) return false;
        this.#next += 1;
        if (!this.#object(inner, start)) return false;
      } else if (!this.#skip(start)) return false;
      before = this.#at(this.#next);
      const byte = this.bytes[before];
      const end = this.#backFrom(before);
      if (end <= start || (byte !== COMMA && byte !== CLOSE_BRACE)) return false;
      if (key && !isAgain && !this.#take(key.slot, start, end)) return false;
      this.#next += 1;
      if (byte === COMMA) continue;
      if (node.isInnermost) this.innermost = count;
      return true;
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

  #has(slot: number): boolean {
    return this.spans[slot * 2 + 1] !== 0;
  }

  /** Notes where a value is; `false` where it does not look like one. */
  #take(slot: number, start: number, end: number): boolean {
    this.spans[slot * 2] = start;
    this.spans[slot * 2 + 1] = end;
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
  judge(text: number, length: number): number;
}

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Node has it; the compiler's library keeps it with the browser's. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => Memory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Exports };
};
