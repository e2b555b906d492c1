/**
 * A message's head as it lies in memory: the bytes, and where in them names and values are. Nothing is made into a string before somebody
 * asks for it. RFC 9112 sections 3 to 5.
 */
import { isText, type SeenTexts } from '../../kernel/words.ts';

/** Numbers a field takes: where its name begins and how long it is, the same for its value. */
const FIELD = 4;
const FIRST_FIELDS = 24;
const SECRETS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'x-api-key', 'cookie']);
const SPACE = 0x20;
const TAB = 0x09;
const UNDERSCORE = 0x5f;
const ZERO = 0x30;
const MOST_DIGITS = 15;
const NOTHING = Buffer.alloc(0);

export class Head {
  /** A response's. */
  status = 0;
  bytes: Buffer = NOTHING;
  /** Where the request's target is. */
  targetStart = 0;
  targetLength = 0;
  /** How many fields there are. */
  size = 0;
  #fields = new Int32Array(FIRST_FIELDS * FIELD);
  #inValue = false;
  readonly #seen: SeenTexts;

  constructor(seen: SeenTexts) {
    this.#seen = seen;
  }

  clear(): void {
    this.status = 0;
    this.bytes = NOTHING;
    this.targetLength = 0;
    this.size = 0;
    this.#inValue = false;
  }

  /** The value of the field of that name (lower case); of several, all of them, joined as a list. */
  header(name: string): string | undefined {
    let found: string | undefined;
    for (let index = 0; index < this.size; index += 1) {
      if (!this.isNamed(index, name)) continue;
      const value = this.value(index, !SECRETS.has(name));
      found = found === undefined ? value : `${found}, ${value}`;
    }
    return found;
  }

  count(name: string): number {
    let count = 0;
    for (let index = 0; index < this.size; index += 1) if (this.isNamed(index, name)) count += 1;
    return count;
  }

  nameLength(index: number): number {
    return this.#fields[index * FIELD + 1] ?? 0;
  }

  /** Names are tokens, in which bit 5 tells nothing but the case of letters (and `^` from `~`, which no name that is asked for has). */
  isNamed(index: number, name: string): boolean {
    const at = index * FIELD;
    if (this.#fields[at + 1] !== name.length) return false;
    const start = this.#fields[at] ?? 0;
    for (let offset = 0; offset < name.length; offset += 1) {
      if (((this.bytes[start + offset] ?? 0) | 0x20) !== name.charCodeAt(offset)) return false;
    }
    return true;
  }

  hasUnderscore(index: number): boolean {
    const start = this.#fields[index * FIELD] ?? 0;
    const end = start + this.nameLength(index);
    for (let at = start; at < end; at += 1) if (this.bytes[at] === UNDERSCORE) return true;
    return false;
  }

  /** Whether the field's name begins so (lower case). */
  begins(index: number, name: string): boolean {
    const start = this.#fields[index * FIELD] ?? 0;
    return this.bytes
      .toString('latin1', start, start + this.nameLength(index))
      .toLowerCase()
      .startsWith(name);
  }

  /** Whether the field's value is that text, which is ASCII. */
  isValue(index: number, text: string): boolean {
    const start = this.#fields[index * FIELD + 2] ?? 0;
    return this.#valueEnd(index) - start === text.length && isText(this.bytes, start, text);
  }

  isTarget(text: string): boolean {
    return this.targetLength === text.length && isText(this.bytes, this.targetStart, text);
  }

  /** The field's value as a whole number of at most 15 digits; -1 where it is none. */
  digits(index: number): number {
    const start = this.#fields[index * FIELD + 2] ?? 0;
    const end = this.#valueEnd(index);
    if (end === start || end - start > MOST_DIGITS) return -1;
    let number = 0;
    for (let at = start; at < end; at += 1) {
      const digit = (this.bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) return -1;
      number = number * 10 + digit;
    }
    return number;
  }

  /** @param isOpen whether what came before may be compared with it. */
  value(index: number, isOpen: boolean): string {
    const start = this.#fields[index * FIELD + 2] ?? 0;
    const end = this.#valueEnd(index);
    return isOpen ? this.#seen.latin1(this.bytes, start, end) : this.bytes.toString('latin1', start, end);
  }

  /** Where the head ends: after the empty line that follows the last field. llhttp reports an empty value behind its line. */
  end(): number {
    const at = (this.size - 1) * FIELD;
    const length = this.#fields[at + 3] ?? 0;
    return (this.#fields[at + 2] ?? 0) + length + (length === 0 ? 2 : 4);
  }

  /** The parser's: a part of the target. Parts of one thing lie side by side. */
  addTarget(start: number, length: number): void {
    if (this.targetLength === 0) this.targetStart = start;
    this.targetLength += length;
  }

  /** The parser's: a part of a field's name. */
  addName(start: number, length: number): void {
    if (this.size === 0 || this.#inValue) {
      this.#inValue = false;
      this.size += 1;
      this.#makeRoom();
      // One by one: to fill so few costs a call out of JavaScript for each field of each head.
      const at = (this.size - 1) * FIELD;
      this.#fields[at] = start;
      this.#fields[at + 1] = 0;
      this.#fields[at + 2] = 0;
      this.#fields[at + 3] = 0;
    }
    this.#lengthen(1, length);
  }

  /** The parser's: a part of a field's value. */
  addValue(start: number, length: number): void {
    if (!this.#inValue) this.#fields[(this.size - 1) * FIELD + 2] = start;
    this.#inValue = true;
    this.#lengthen(3, length);
  }

  #valueEnd(index: number): number {
    const start = this.#fields[index * FIELD + 2] ?? 0;
    let end = start + (this.#fields[index * FIELD + 3] ?? 0);
    while (end > start && isBlank(this.bytes[end - 1])) end -= 1;
    return end;
  }

  #lengthen(which: 1 | 3, length: number): void {
    const at = (this.size - 1) * FIELD + which;
    this.#fields[at] = (this.#fields[at] ?? 0) + length;
  }

  #makeRoom(): void {
    if (this.size * FIELD <= this.#fields.length) return;
    const fields = new Int32Array(this.#fields.length * 2);
    fields.set(this.#fields);
    this.#fields = fields;
  }
}

const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB;
