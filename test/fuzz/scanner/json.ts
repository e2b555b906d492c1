/**
 * JSON by RFC 8259, read a second time: by regular expressions on bytes seen as characters, into a tree that knows where everything stands
 * and keeps keys that come twice. Held to `JSON.parse` wherever it is used.
 */

export interface JsonMember {
  readonly key: string;
  readonly keyStart: number;
  readonly value: JsonNode;
}

export interface JsonNode {
  readonly kind: 'object' | 'array' | 'string' | 'other';
  readonly start: number;
  readonly end: number;
  readonly members: readonly JsonMember[];
  readonly items: readonly JsonNode[];
}

export interface JsonText {
  readonly root: JsonNode;
  /** Objects and arrays within one another. */
  readonly depth: number;
  /** What `JSON.parse` makes of it. */
  readonly value: unknown;
}

/** `undefined` where it is no JSON in UTF-8. */
export function readJson(bytes: Buffer): JsonText | undefined {
  const value = parsed(bytes);
  if (value === NONE) return undefined;
  const reader = new Reader(bytes.toString('latin1'));
  const root = reader.whole();
  if (root === 'deep') return { root: { ...NOTHING, kind: 'array' }, depth: Number.POSITIVE_INFINITY, value };
  if (!root) throw new Error('the reference takes no text that JSON.parse takes');
  return { root, depth: reader.deepest, value };
}

const NOTHING = { start: 0, end: 0, members: [], items: [] };
/** Beyond it this reader, which recurses, says only that it is deep. */
const DEEP = 1000;

const NONE = Symbol('no JSON');

function parsed(bytes: Buffer): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return JSON.parse(text) as unknown;
  } catch {
    return NONE;
  }
}

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[ !#-[\]-\xff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const OTHER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;

class Reader {
  deepest = 0;
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): JsonNode | 'deep' | undefined {
    const root = this.#value();
    if (this.deepest > DEEP) return 'deep';
    this.#take(SPACE);
    return this.#at === this.#text.length ? root : undefined;
  }

  #value(): JsonNode | undefined {
    this.#take(SPACE);
    const start = this.#at;
    const first = this.#text[start];
    if (first === '{' || first === '[') {
      this.#depth += 1;
      this.deepest = Math.max(this.deepest, this.#depth);
      if (this.#depth > DEEP) return undefined;
      const inside = first === '{' ? this.#object(start) : this.#array(start);
      this.#depth -= 1;
      return inside;
    }
    const isText = first === '"';
    if (this.#take(isText ? STRING : OTHER) === undefined) return undefined;
    return { kind: isText ? 'string' : 'other', start, end: this.#at, members: [], items: [] };
  }

  #object(start: number): JsonNode | undefined {
    const members: JsonMember[] = [];
    const isWhole = this.#list('}', () => {
      const keyStart = this.#at;
      const quoted = this.#take(STRING);
      this.#take(SPACE);
      if (quoted === undefined || this.#text[this.#at] !== ':') return false;
      this.#at += 1;
      const value = this.#value();
      if (value) members.push({ key: textOf(quoted), keyStart, value });
      return value !== undefined;
    });
    return isWhole ? { kind: 'object', start, end: this.#at, members, items: [] } : undefined;
  }

  #array(start: number): JsonNode | undefined {
    const items: JsonNode[] = [];
    const isWhole = this.#list(']', () => {
      const item = this.#value();
      if (item) items.push(item);
      return item !== undefined;
    });
    return isWhole ? { kind: 'array', start, end: this.#at, members: [], items } : undefined;
  }

  #list(close: string, one: () => boolean): boolean {
    this.#at += 1;
    this.#take(SPACE);
    for (let isFirst = true; this.#text[this.#at] !== close || !isFirst; isFirst = false) {
      this.#take(SPACE);
      if (!one()) return false;
      this.#take(SPACE);
      if (this.#text[this.#at] === close) break;
      if (this.#text[this.#at] !== ',') return false;
      this.#at += 1;
    }
    this.#at += 1;
    return true;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}

/** What a JSON string says; given as bytes seen as characters. */
export const textOf = (quoted: string): string => JSON.parse(Buffer.from(quoted, 'latin1').toString()) as string;
