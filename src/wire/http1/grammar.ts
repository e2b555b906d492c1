/**
 * Which well-framed request heads are accepted: stricter than llhttp, because two readers of one head that differ are how requests are
 * smuggled and hosts are spoofed. RFC 9110 section 7.2, RFC 9112 sections 2.2, 3 and 6, RFC 3986 section 3.2.
 */
import { isIPv6 } from 'node:net';
import type { Head } from './head.ts';
import { refusals, type Refusal } from './refusals.ts';

export interface Accepted {
  /** Path and query. */
  readonly target: string;
  /** -1 without. */
  readonly contentLength: number;
  /** Its client knows no chunks, and closes unless it says that it will not. */
  readonly isHttp10: boolean;
  /** Whether the client waits for a word before it sends the body. */
  readonly expectsContinue: boolean;
}

export interface GrammarOptions {
  /** Names of headers, lower case, that may come only once. */
  readonly singletons: readonly string[];
  /** What names of headers begin with, lower case, that may hold an underscore. */
  readonly underscored: readonly string[];
}

export interface Refused {
  readonly refused: Refusal;
}

const ONCE = ['host', 'content-length', 'content-type', 'transfer-encoding', 'origin', 'authorization', 'expect'];
const HOST = 0;
const CONTENT_LENGTH = 1;
const TRANSFER_ENCODING = 3;
const EXPECT = 6;

const LINE_END = ' HTTP/1.1\r\n';
/** Where in it the minor version stands. */
const MINOR = 8;
const ZERO = 0x30;
const ORIGIN_FORM = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*$/;
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)(.*)$/i;
const AUTHORITY = /^(?:\[([0-9A-Fa-f:.]+)\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)(?::(\d*))?$/;
const LAST_PORT = 65_535;
const SPACE = 0x20;
const CR = 0x0d;
const LF = 0x0a;

export class RequestGrammar {
  /** Names that may come only once, those of one length together, so that a length without any costs one look. */
  readonly #byLength: (readonly { readonly name: string; readonly index: number }[] | undefined)[] = [];
  /** For each of these names the field that it was found in, or -1. */
  readonly #found: Int32Array;
  readonly #underscored: readonly string[];
  // Most requests of a listener have the same target and Host: what was accepted last need not be judged again.
  #lastTarget: string | undefined;
  #lastHost: string | undefined;

  constructor({ singletons, underscored }: GrammarOptions) {
    this.#underscored = underscored;
    const names = [...new Set([...ONCE, ...singletons])];
    this.#found = new Int32Array(names.length);
    for (const [index, name] of names.entries()) {
      this.#byLength[name.length] = [...(this.#byLength[name.length] ?? []), { name, index }];
    }
  }

  judge(head: Head): Accepted | Refused {
    const line = judgeLine(head);
    if (line) return line;
    const misnamed = this.#find(head);
    if (misnamed !== undefined) return wrong(misnamed);
    const isHttp10 = head.bytes[head.targetStart + head.targetLength + MINOR] === ZERO;
    const host = this.#value(head, HOST);
    if (host === undefined) {
      if (!isHttp10) return wrong('A request needs a Host header.');
    } else if (host !== this.#lastHost && !isAuthority(host)) return wrong('The Host header is not valid.');
    else this.#lastHost = host;
    const length = this.#value(head, CONTENT_LENGTH);
    const encoding = this.#value(head, TRANSFER_ENCODING);
    if (length !== undefined && encoding !== undefined)
      return wrong('A request has Content-Length or Transfer-Encoding.');
    if (length !== undefined && !/^\d{1,15}$/.test(length)) return wrong('The Content-Length is not valid.');
    if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') {
      return wrong('The only Transfer-Encoding is chunked.');
    }
    if (encoding !== undefined && isHttp10) return wrong('HTTP/1.0 has no Transfer-Encoding.');
    const expected = this.#value(head, EXPECT);
    if (expected !== undefined && expected.toLowerCase() !== '100-continue') return { refused: refusals.expectation };
    const target = this.#target(head, host);
    if (target === undefined) return wrong('The request target is not valid.');
    const contentLength = length === undefined ? -1 : Number(length);
    return { target, contentLength, isHttp10, expectsContinue: expected !== undefined && !isHttp10 };
  }

  /** Finds the fields that are looked at here; gives back what is wrong with a name, if anything. */
  #find(head: Head): string | undefined {
    this.#found.fill(-1);
    for (let field = 0; field < head.size; field += 1) {
      // Where names become variables `a_b` and `a-b` are one: what a proxy took care to remove could be sent under the other.
      if (head.hasUnderscore(field) && !this.#underscored.some((name) => head.begins(field, name)))
        return 'The name of a header holds an underscore.';
      const names = this.#byLength[head.nameLength(field)];
      if (!names) continue;
      for (const { name, index } of names) {
        if (!head.isNamed(field, name)) continue;
        if (this.#found[index] !== -1) return `The header ${name} may come only once.`;
        this.#found[index] = field;
      }
    }
    return undefined;
  }

  #value(head: Head, name: number): string | undefined {
    const field = this.#found[name] ?? -1;
    return field === -1 ? undefined : head.value(field, true);
  }

  /** Path and query. An absolute form is cut to them when it names the host that the request is for anyway. */
  #target(head: Head, host: string | undefined): string | undefined {
    const raw = head.bytes.toString('latin1', head.targetStart, head.targetStart + head.targetLength);
    if (raw === this.#lastTarget) return raw;
    const target = raw.startsWith('/') ? raw : cutAbsolute(raw, host);
    if (target === undefined || !ORIGIN_FORM.test(target)) return undefined;
    this.#lastTarget = target;
    return target;
  }
}

/** Exactly `METHOD SP target SP HTTP/1.1 CRLF`, or 1.0; one empty line before it forgiven. llhttp lets more spaces and other versions pass. */
function judgeLine({ bytes, targetStart, targetLength }: Head): Refused | undefined {
  const end = targetStart + targetLength;
  for (let offset = 0; offset < LINE_END.length; offset += 1) {
    if (bytes[end + offset] === LINE_END.charCodeAt(offset)) continue;
    if (offset === MINOR && bytes[end + offset] === ZERO) continue;
    const isOther =
      /^ HTTP\/\d\.\d/.test(bytes.toString('latin1', end, end + LINE_END.length)) && offset > 5 && offset < 9;
    return isOther ? { refused: refusals['other-version'] } : wrong('The request line is not valid.');
  }
  let start = bytes[0] === CR && bytes[1] === LF ? 2 : 0;
  const methodEnd = targetStart - 1;
  while (start < methodEnd && isLetter(bytes[start])) start += 1;
  return start === methodEnd && bytes[start] === SPACE ? undefined : wrong('The request line is not valid.');
}

function cutAbsolute(raw: string, host: string | undefined): string | undefined {
  const [, authority, rest] = ABSOLUTE_FORM.exec(raw) ?? [];
  if (authority === undefined || rest === undefined || authority.toLowerCase() !== host?.toLowerCase())
    return undefined;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function isAuthority(host: string): boolean {
  const match = AUTHORITY.exec(host);
  if (!match) return false;
  const [, literal, port] = match;
  return Number(port ?? 0) <= LAST_PORT && (literal === undefined || isIPv6(literal));
}

/** Of a method: llhttp has made sure that it is one; two have a hyphen or an underscore. */
const isLetter = (byte = 0): boolean => (byte >= 0x41 && byte <= 0x5a) || byte === 0x2d || byte === 0x5f;

const wrong = (message: string): Refused => ({ refused: { ...refusals.malformed, message } });
