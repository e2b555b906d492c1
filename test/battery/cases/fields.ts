/** Header fields: their grammar, their number and size, and those that may come once (RFC 9112 5, RFC 9110 5). */
import { BOUNDS } from '../house.ts';
import { fine, malformed, NO_MCP, refusal, refused, type Case, type CaseClass } from '../case.ts';
import { adding, asking, calmly, framed, hosted } from '../writing.ts';

const grammar = (name: string, sends: string, follows = 'RFC 9110 5.5'): Case => ({
  name,
  follows,
  sends,
  ...malformed,
});

export const fieldGrammar: CaseClass = {
  name: 'field grammar',
  cases: [
    grammar('a space before the colon', adding('X-A : b'), 'RFC 9112 5.1'),
    grammar('a tab before the colon', adding('X-A\t: b'), 'RFC 9112 5.1'),
    grammar('a space before the colon of Content-Length', framed(['Content-Length : 0'], ''), 'RFC 9112 5.1'),
    grammar('a folded line', adding('X-A: b', ' c'), 'RFC 9112 5.2'),
    grammar('a folded Transfer-Encoding', framed(['Transfer-Encoding:', ' chunked'], '0\n\n'), 'RFC 9112 5.2'),
    grammar('no colon', adding('X-A'), 'RFC 9112 5'),
    grammar('an empty name', adding(': b'), 'RFC 9110 5.1'),
    grammar('a name that is no token', adding('X(A): b'), 'RFC 9110 5.1'),
    grammar('a name with a byte beyond ASCII', adding('X-\u00c4: b'), 'RFC 9110 5.1'),
    grammar('a name with a NUL', adding('X-␀A: b'), 'RFC 9110 5.1'),
    grammar('a name with an underscore', adding('X_A: b'), 'security: names that become variables'),
    grammar('Host with an underscore', adding('HO_ST: evil.example'), 'security: names that become variables'),
    grammar('a NUL', adding('X-A: b␀c')),
    grammar('a bare CR', adding('X-A: b␍X-B: c'), 'RFC 9112 2.2'),
    grammar('a bare LF', adding('X-A: b␊X-B: c'), 'RFC 9112 2.2'),
    grammar('a bare LF at the end of the head', '{method} {path} HTTP/1.1\nHost: {host}␊␊', 'RFC 9112 2.2'),
    grammar('a control character', adding('X-A: b\x01c')),
    grammar('a DEL', adding('X-A: b\x7fc')),
    grammar('a control character that ends a line elsewhere', adding('X-A: b\x0bHost: evil.example')),
    { name: 'bytes beyond ASCII in a value', follows: 'RFC 9110 5.5', sends: calmly('X-A: b\u00e9\u00ff'), ...fine },
    { name: 'an empty value', follows: 'RFC 9110 5.5', sends: calmly('X-A:', 'X-B: \t '), ...fine },
  ],
};

const once = (name: string, ...lines: readonly string[]): Case => ({
  name,
  follows: 'RFC 9110 5.3',
  sends: adding(...lines),
  ...malformed,
});

/** Two readers take two of them for two different ones. */
export const singleFields: CaseClass = {
  name: 'fields that come once',
  cases: [
    once('Authorization twice', 'Authorization: Bearer a', 'Authorization: Bearer b'),
    once('Expect twice', 'Expect: 100-continue', 'Expect: 100-continue'),
    {
      ...once('Content-Type twice', 'Content-Type: text/plain'),
      leavesOut: { admin: 'a GET has none', health: 'a GET has none' },
    },
    { ...once('MCP-Protocol-Version twice', 'MCP-Protocol-Version: 2025-11-25'), leavesOut: NO_MCP },
    { ...once('Mcp-Method twice', 'Mcp-Method: tools/list'), leavesOut: NO_MCP },
    { ...once('Mcp-Name twice', 'mcp-name: other'), leavesOut: NO_MCP },
    { ...once('Mcp-Session-Id twice', 'Mcp-Session-Id: a', 'Mcp-Session-Id: b'), leavesOut: NO_MCP },
    { ...once('Last-Event-ID twice', 'Last-Event-ID: a', 'Last-Event-ID: b'), leavesOut: NO_MCP },
  ],
};

const large = (name: string, sends: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'RFC 6585 5',
  sends,
  gets: [refusal(431)],
  leaves: 'closed',
  ...more,
});

const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `X-${index}: b`);

export const headSizes: CaseClass = {
  name: 'size of the head',
  cases: [
    large('one large field', adding(`X-A: ${'b'.repeat(BOUNDS.headerBytes)}`)),
    large('a name that is large', adding(`${'X'.repeat(BOUNDS.headerBytes)}: b`)),
    large('a large Host', hosted(`Host: ${'a'.repeat(BOUNDS.headerBytes)}`), { gets: [refusal(400, 431)] }),
    large('many fields', adding(...many(BOUNDS.headers + 1))),
    large('many fields of one name', adding(...many(BOUNDS.headers + 1).map(() => 'Cookie: a=b'))),
    large('a head without an end', `{method} {path} HTTP/1.1\nHost: {host}\nX-A: ${'b'.repeat(BOUNDS.headerBytes)}`, {
      ends: 'waits',
    }),
    large('many large fields', adding(...many(30).map((each) => `${each}${'c'.repeat(200)}`))),
    large('a long target', asking(`{method} {path}?${'a'.repeat(BOUNDS.targetBytes)} HTTP/1.1`), {
      follows: 'RFC 9110 15.5.15',
      gets: [refusal(414)],
    }),
    large('a long target without an end', `{method} {path}?${'a'.repeat(BOUNDS.targetBytes)}`, {
      follows: 'RFC 9110 15.5.15',
      gets: [refusal(414)],
      ends: 'waits',
    }),
    large('a target that just fits', '', {
      follows: 'RFC 9112 3',
      ...fine,
      sends: `{method} {path}?${'a'.repeat(BOUNDS.targetBytes - 20)} HTTP/1.1\nHost: {host}\n{calm}{counted}\n{list}`,
    }),
    large('as many fields as may be', calmly(...many(BOUNDS.headers - 8)), { ...fine }),
  ],
};

const unread = { admin: 'nothing is posted to it', health: 'nothing is posted to it' } as const;

const media = (name: string, types: string, status: 406 | 415): Case => ({
  name,
  follows: status === 415 ? 'RFC 9110 15.5.16' : 'RFC 9110 12.5.1',
  sends: `POST {path} HTTP/1.1\nHost: {host}\n${types}MCP-Protocol-Version: 2026-07-28\nMcp-Method: tools/call\nMcp-Name: {tool}\nContent-Length: {length}\n\n{body}`,
  ...refused(status),
});

const ACCEPT = 'Accept: application/json, text/event-stream\n';
const JSON_TYPE = 'Content-Type: application/json\n';

export const mediaTypes: CaseClass = {
  name: 'media type',
  leavesOut: unread,
  cases: [
    media('none', ACCEPT, 415),
    media('empty', `Content-Type:\n${ACCEPT}`, 415),
    media('text', `Content-Type: text/plain\n${ACCEPT}`, 415),
    media('a form, as a page can send it', `Content-Type: application/x-www-form-urlencoded\n${ACCEPT}`, 415),
    media('JSON in a parameter', `Content-Type: text/plain; x=application/json\n${ACCEPT}`, 415),
    media('something that begins like JSON', `Content-Type: application/json-seq\n${ACCEPT}`, 415),
    media('a list', `Content-Type: application/json, text/plain\n${ACCEPT}`, 415),
    media('another JSON', `Content-Type: application/problem+json\n${ACCEPT}`, 415),
  ],
};

export const acceptance: CaseClass = {
  name: 'accept',
  leavesOut: unread,
  cases: [
    media('none', JSON_TYPE, 406),
    media('empty', `${JSON_TYPE}Accept:\n`, 406),
    media('half', `${JSON_TYPE}Accept: application/json\n`, 406),
    media('the other half', `${JSON_TYPE}Accept: text/event-stream\n`, 406),
    media('with a weight of zero', `${JSON_TYPE}Accept: application/json;q=0, text/event-stream\n`, 406),
    media('of something else', `${JSON_TYPE}Accept: text/html, image/*\n`, 406),
    {
      name: 'of a GET without event streams',
      follows: 'MCP 2025-11-25 Transports, listening',
      sends: 'GET {path} HTTP/1.1\nHost: {host}\nAccept: application/json\n\n',
      gets: [refusal(406)],
      leaves: 'kept',
    },
  ],
};

const coded = (name: string, ...lines: readonly string[]): Case => ({
  name,
  follows: 'RFC 9110 8.4',
  sends: adding(...lines),
  ...refused(415),
});

/** A body that we would not decode must not be read as if it were plain. */
export const contentCoding: CaseClass = {
  name: 'content coding',
  leavesOut: unread,
  cases: [
    coded('gzip that is none', 'Content-Encoding: gzip'),
    coded('br', 'Content-Encoding: br'),
    coded('one that nobody knows', 'Content-Encoding: x-nothing'),
    coded('two, one of them plain', 'Content-Encoding: identity, gzip'),
    coded('in capitals', 'CONTENT-ENCODING: GZIP'),
    { name: 'identity', follows: 'RFC 9110 8.4.1', sends: calmly('Content-Encoding: identity'), ...fine },
  ],
};
