/**
 * One strict pass over JSON bytes (RFC 8259) that records where chosen members stand and touches nothing else, so that payloads can be
 * relayed as received. It validates the whole text: grammar, depth, UTF-8, no control bytes. What must be found is a Shape, compiled once.
 */
import { isUtf8 } from 'node:buffer';
import { parseJson, view } from './json.ts';
import { compileShape, knownKey, unusualKey, type Shape, type ShapeKey, type ShapeNode } from './shape.ts';

/** Why a text was refused. `syntax` also covers bytes that are no UTF-8. */
export type ScanProblem = 'syntax' | 'depth' | 'duplicate-key' | 'miscased-key';

export interface Scan {
  readonly bytes: Buffer;
  /** First byte of the value, after white space: `{`, `[` or other. */
  readonly kind: 'object' | 'array' | 'scalar';
  /**
   * Two numbers a slot: start and end of the value; both 0 where absent. A plain array: a typed one of this size lives outside the heap and
   * costs more than the scan.
   */
  readonly spans: readonly number[];
  /** Members that the shape's innermost object has in this text, known or not; -1 where the shape has no such object or the text lacks it. */
  readonly innermost: number;
  /** The first problem. With `syntax` and `depth` the scan stopped there; with the others it went on, so that an id can still be told. */
  readonly problem: ScanProblem | undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;

class Refusal {
  readonly problem: 'syntax' | 'depth';
  constructor(problem: 'syntax' | 'depth') {
    this.problem = problem;
  }
}
const SYNTAX = new Refusal('syntax');
const DEPTH = new Refusal('depth');

/** One pass of one text. Fields, not closures: the loop below is the hottest of the house. */
class Pass implements Scan {
  readonly bytes: Buffer;
  kind: Scan['kind'] = 'scalar';
  readonly end: number;
  readonly maxDepth: number;
  readonly spans: number[];
  at = 0;
  innermost = -1;
  problem: ScanProblem | undefined;

  constructor(bytes: Buffer, maxDepth: number, blank: readonly number[]) {
    this.bytes = bytes;
    this.end = bytes.length;
    this.maxDepth = maxDepth;
    this.spans = blank.slice();
  }

  space(): number {
    const { bytes } = this;
    let c = bytes[this.at] ?? -1;
    while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = bytes[(this.at += 1)] ?? -1;
    return c;
  }

  value(depth: number, node: ShapeNode | undefined): void {
    const c = this.space();
    if (c === QUOTE) this.string();
    else if (c === OPEN_BRACE) this.object(depth + 1, node);
    else if (c === OPEN_BRACKET) this.array(depth + 1);
    else if (c === 0x2d || (c >= 0x30 && c <= 0x39)) this.number();
    else if (c === 0x74) this.literal(0x72, 0x75, 0x65);
    else if (c === 0x6e) this.literal(0x75, 0x6c, 0x6c);
    else if (c === 0x66 && this.bytes[this.at + 1] === 0x61) {
      this.at += 1;
      this.literal(0x6c, 0x73, 0x65);
    } else throw SYNTAX;
  }

  object(depth: number, node: ShapeNode | undefined): void {
    if (depth > this.maxDepth) throw DEPTH;
    this.at += 1;
    if (this.space() === CLOSE_BRACE) {
      this.at += 1;
      if (node?.isInnermost === true) this.innermost = 0;
      return;
    }
    for (let count = 1; ; count += 1) {
      if (this.space() !== QUOTE) throw SYNTAX;
      const keyAt = this.at;
      const escaped = this.string();
      const key = node && this.known(node, keyAt, escaped);
      if (this.space() !== COLON) throw SYNTAX;
      this.at += 1;
      if (key) this.member(key, depth);
      else this.value(depth, undefined);
      const c = this.space();
      this.at += 1;
      if (c === CLOSE_BRACE) {
        if (node?.isInnermost === true) this.innermost = count;
        return;
      }
      if (c !== COMMA) throw SYNTAX;
    }
  }

  member(key: ShapeKey, depth: number): void {
    const { spans } = this;
    const base = key.slot * 2;
    const seen = spans[base + 1] !== 0;
    if (seen) this.problem ??= 'duplicate-key';
    this.space();
    const valueAt = this.at;
    this.value(depth, seen ? undefined : key.inner);
    if (seen) return;
    spans[base] = valueAt;
    spans[base + 1] = this.at;
  }

  /** Whether the key that ended just before `at` is one that is looked for. */
  known(node: ShapeNode, keyAt: number, escaped: boolean): ShapeKey | undefined {
    const known = escaped ? undefined : knownKey(node, this.bytes, keyAt + 1, this.at - 1);
    if (known || (!escaped && !node.caseStrict)) return known;
    const unusual = unusualKey(node, this.bytes, keyAt, this.at);
    if (unusual !== 'miscased') return unusual;
    this.problem ??= 'miscased-key';
    return undefined;
  }

  array(depth: number): void {
    if (depth > this.maxDepth) throw DEPTH;
    this.at += 1;
    if (this.space() === CLOSE_BRACKET) {
      this.at += 1;
      return;
    }
    for (;;) {
      this.value(depth, undefined);
      const c = this.space();
      this.at += 1;
      if (c === CLOSE_BRACKET) return;
      if (c !== COMMA) throw SYNTAX;
    }
  }

  /** Leaves `at` behind the closing quote; says whether there was an escape. */
  string(): boolean {
    const { bytes, end } = this;
    let i = this.at + 1;
    let escaped = false;
    for (; i < end; i += 1) {
      const c = bytes[i] ?? 0;
      if (c === QUOTE) {
        this.at = i + 1;
        return escaped;
      }
      if (c === BACKSLASH) {
        escaped = true;
        i += this.escape(i + 1);
      } else if (c < 0x20) throw SYNTAX;
    }
    throw SYNTAX;
  }

  /** How many bytes after the backslash belong to the escape. */
  escape(at: number): number {
    const c = this.bytes[at] ?? 0;
    if (c === 0x75) {
      for (let i = at + 1; i <= at + 4; i += 1) if (!isHex(this.bytes[i] ?? 0)) throw SYNTAX;
      return 5;
    }
    // " \ / b f n r t
    if (c === 0x22 || c === 0x5c || c === 0x2f || c === 0x62 || c === 0x66 || c === 0x6e || c === 0x72 || c === 0x74)
      return 1;
    throw SYNTAX;
  }

  number(): void {
    const { bytes } = this;
    if (bytes[this.at] === 0x2d) this.at += 1;
    if (bytes[this.at] === 0x30) this.at += 1;
    else this.digits();
    if (bytes[this.at] === 0x2e) {
      this.at += 1;
      this.digits();
    }
    const c = bytes[this.at];
    if (c !== 0x65 && c !== 0x45) return;
    this.at += 1;
    const sign = bytes[this.at];
    if (sign === 0x2b || sign === 0x2d) this.at += 1;
    this.digits();
  }

  digits(): void {
    const from = this.at;
    let c = this.bytes[this.at] ?? 0;
    while (c >= 0x30 && c <= 0x39) c = this.bytes[(this.at += 1)] ?? 0;
    if (this.at === from) throw SYNTAX;
  }

  literal(a: number, b: number, c: number): void {
    const { bytes, at } = this;
    if (bytes[at + 1] !== a || bytes[at + 2] !== b || bytes[at + 3] !== c) throw SYNTAX;
    this.at += 4;
  }
}

/** Scans one JSON text. Never throws for what the bytes say. */
export function scan(bytes: Uint8Array, shape: Shape, maxDepth: number): Scan {
  const text = view(bytes);
  const pass = new Pass(text, maxDepth, shape.blank);
  const first = pass.space();
  pass.kind = first === OPEN_BRACE ? 'object' : first === OPEN_BRACKET ? 'array' : 'scalar';
  try {
    pass.value(0, shape.root);
    pass.space();
    if (pass.at !== pass.end || !isUtf8(text)) pass.problem = 'syntax';
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    pass.problem = error.problem;
  }
  return pass;
}

/** Where the key of a member begins whose value begins at `valueAt`, in a text that has been scanned before. */
export function keyBefore(bytes: Buffer, valueAt: number): number {
  let at = valueAt - 1;
  while (bytes[at] !== QUOTE) at -= 1;
  do {
    at -= 1;
    while (bytes[at] !== QUOTE) at -= 1;
  } while (isEscaped(bytes, at));
  return at;
}

function isEscaped(bytes: Buffer, at: number): boolean {
  let from = at;
  while (bytes[from - 1] === BACKSLASH) from -= 1;
  return (at - from) % 2 === 1;
}

const ANYTHING = compileShape({});

/** The elements of a JSON array that has been scanned before, as views. At most `max`; more give `undefined`. */
export function elements(array: Uint8Array, max: number): Buffer[] | undefined {
  const pass = new Pass(view(array), Number.MAX_SAFE_INTEGER, []);
  const found: Buffer[] = [];
  if (pass.space() !== OPEN_BRACKET) return undefined;
  pass.at += 1;
  if (pass.space() === CLOSE_BRACKET) return found;
  for (;;) {
    pass.space();
    const start = pass.at;
    pass.value(0, ANYTHING.root);
    if (found.push(pass.bytes.subarray(start, pass.at)) > max) return undefined;
    const c = pass.space();
    pass.at += 1;
    if (c !== COMMA) return found;
  }
}

/** Whether an object that has been scanned before, and begins at `start`, has no member. */
export function isEmptyObject(bytes: Buffer, start: number): boolean {
  let at = start + 1;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at += 1;
  return bytes[at] === CLOSE_BRACE;
}

export interface Member {
  readonly key: string;
  /** `"key":value` as it stands, without comma. */
  readonly raw: Buffer;
  readonly value: Buffer;
}

/** The members of a JSON object that has been scanned before, in order, as views. */
export function members(object: Uint8Array): Member[] {
  const pass = new Pass(view(object), Number.MAX_SAFE_INTEGER, []);
  const found: Member[] = [];
  if (pass.space() !== OPEN_BRACE) return found;
  pass.at += 1;
  if (pass.space() === CLOSE_BRACE) return found;
  for (;;) {
    pass.space();
    const keyAt = pass.at;
    const escaped = pass.string();
    const key = keyText(pass.bytes.subarray(keyAt, pass.at), escaped);
    pass.space();
    pass.at += 1;
    pass.space();
    const valueAt = pass.at;
    pass.value(0, undefined);
    found.push({ key, raw: pass.bytes.subarray(keyAt, pass.at), value: pass.bytes.subarray(valueAt, pass.at) });
    const c = pass.space();
    pass.at += 1;
    if (c !== COMMA) return found;
  }
}

function keyText(quoted: Buffer, escaped: boolean): string {
  if (!escaped) return quoted.toString('utf8', 1, quoted.length - 1);
  const decoded = parseJson(quoted);
  return typeof decoded === 'string' ? decoded : '';
}

const isHex = (c: number): boolean => (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66);
