/**
 * Which well-framed request heads are accepted: stricter than llhttp, because two readers of one head that differ are how requests are
 * smuggled and hosts are spoofed. RFC 9110 section 7.2, RFC 9112 sections 2.2, 3 and 6, RFC 3986 section 3.2.
 */
import { isIPv6 } from 'node:net';
import { isText } from '../../kernel/words.ts';
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

interface Known {
  readonly name: string;
  readonly index: number;
}

const ONCE = ['host', 'content-length', 'content-type', 'transfer-encoding', 'origin', 'authorization', 'expect'];
const HOST = 0;
const CONTENT_LENGTH = 1;
const TRANSFER_ENCODING = 3;
const EXPECT = 6;

const LINE_END = ' HTTP/1.1\r\n';
const LINE_END_10 = ' HTTP/1.0\r\n';
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
  readonly #byLength: (readonly Known[] | undefined)[] = [];
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
    const host = this.#host(head);
    if (host === undefined && !isHttp10) return wrong('A request needs a Host header.');
    if (host === '') return wrong('The Host header is not valid.');
    const length = this.#found[CONTENT_LENGTH] ?? -1;
    const encoding = this.#value(head, TRANSFER_ENCODING);
    if (length !== -1 && encoding !== undefined) return wrong('A request has Content-Length or Transfer-Encoding.');
    const contentLength = length === -1 ? -1 : head.digits(length);
    if (length !== -1 && contentLength === -1) return wrong('The Content-Length is not valid.');
    if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') {
      return wrong('The only Transfer-Encoding is chunked.');
    }
    if (encoding !== undefined && isHttp10) return wrong('HTTP/1.0 has no Transfer-Encoding.');
    const expected = this.#value(head, EXPECT);
    if (expected !== undefined && expected.toLowerCase() !== '100-continue') return { refused: refusals.expectation };
    const target = this.#target(head, host);
    if (target === undefined) return wrong('The request target is not valid.');
    return { target, contentLength, isHttp10, expectsContinue: expected !== undefined && !isHttp10 };
  }

  /** Finds the fields that are looked at here; gives back what is wrong with a name, if anything. */
  #find(head: Head): string | undefined {
    this.#found.fill(-1);
    for (let field = 0; field < head.size; field += 1) {
      const known = this.#knownAs(head, field);
      if (known) {
        if (this.#found[known.index] !== -1) return `The header ${known.name} may come only once.`;
        this.#found[known.index] = field;
        // Where names become variables `a_b` and `a-b` are one: what a proxy took care to remove could be sent under the other.
      } else if (head.hasUnderscore(field) && !this.#underscored.some((name) => head.begins(field, name)))
        return 'The name of a header holds an underscore.';
    }
    return undefined;
  }

  #knownAs(head: Head, field: number): Known | undefined {
    const names = this.#byLength[head.nameLength(field)];
    if (names) for (const known of names) if (head.isNamed(field, known.name)) return known;
    return undefined;
  }

  /** `undefined` without one, empty where it is not valid. */
  #host(head: Head): string | undefined {
    const field = this.#found[HOST] ?? -1;
    if (field === -1) return undefined;
    if (this.#lastHost !== undefined && head.isValue(field, this.#lastHost)) return this.#lastHost;
    const host = head.value(field, true);
    if (!isAuthority(host)) return '';
    this.#lastHost = host;
    return host;
  }

  #value(head: Head, name: number): string | undefined {
    const field = this.#found[name] ?? -1;
    return field === -1 ? undefined : head.value(field, true);
  }

  /** Path and query. An absolute form is cut to them when it names the host that the request is for anyway. */
  #target(head: Head, host: string | undefined): string | undefined {
    if (this.#lastTarget !== undefined && head.isTarget(this.#lastTarget)) return this.#lastTarget;
    const raw = head.bytes.toString('latin1', head.targetStart, head.targetStart + head.targetLength);
    const target = raw.startsWith('/') ? raw : cutAbsolute(raw, host);
    if (target === undefined || !ORIGIN_FORM.test(target)) return undefined;
    this.#lastTarget = target;
    return target;
  }
}

/** Exactly `METHOD SP target SP HTTP/1.1 CRLF`, or 1.0; one empty line before it forgiven. llhttp lets more spaces and other versions pass. */
function judgeLine({ bytes, targetStart, targetLength }: Head): Refused | undefined {
  const end = targetStart + targetLength;
  if (!isText(bytes, end, LINE_END) && !isText(bytes, end, LINE_END_10)) {
    const isOther = /^ HTTP\/\d\.\d\r\n/.test(bytes.toString('latin1', end, end + LINE_END.length));
    return isOther ? { refused: refusals['other-version'] } : wrong('The request line is not valid.');
  }
  let start = bytes[0] === CR && bytes[1] === LF ? 2 : 0;
  const methodEnd = targetStart - 1;
  // It asks for a tunnel, so that llhttp sees no body where its headers announce one; and nobody is given one here.
  if (isText(bytes, start, 'CONNECT ')) return wrong('The request target is not valid.');
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
