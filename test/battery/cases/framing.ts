/** Where a body ends: lengths, codings, chunks, and requests hidden in each other (RFC 9112, sections 6, 7 and 11.2). */
import { BOUNDS } from '../house.ts';
import { fault, fine, malformed, refusal, served, type Case, type CaseClass } from '../case.ts';
import { framed } from '../writing.ts';

/** A listener without MCP refuses a POST before it reads a body. */
const UNREAD = { control: { gets: [refusal(400, 405)], leaves: 'closed' } } as const;

const length = (name: string, fields: readonly string[], more: Partial<Case> = {}): Case => ({
  name,
  follows: 'RFC 9112 6.2',
  sends: framed(fields, '{body}'),
  ...malformed,
  ...more,
});

export const contentLength: CaseClass = {
  name: 'content length',
  cases: [
    length('twice, different', ['Content-Length: {length}', 'Content-Length: 0']),
    length('twice, the same', ['Content-Length: 5', 'Content-Length: 5']),
    length('a list', ['Content-Length: 5, 5']),
    length('negative', ['Content-Length: -1']),
    length('with a sign', ['Content-Length: +5']),
    length('hexadecimal', ['Content-Length: 0x5']),
    length('with a fraction', ['Content-Length: 5.0']),
    length('with an exponent', ['Content-Length: 5e0']),
    length('empty', ['Content-Length:']),
    length('with a space inside', ['Content-Length: 1 0']),
    length('with a NUL behind', ['Content-Length: 5␀']),
    length('a word', ['Content-Length: five']),
    length('beyond 64 bits', ['Content-Length: 18446744073709551621']),
    length('beyond the integers of JavaScript', ['Content-Length: 9007199254740993'], { gets: [refusal(400, 413)] }),
    length('with an underscore for the hyphen', ['Content_Length: 0', 'Content-Length: 0', 'Content-Length: {length}']),
    length('larger than is accepted', [`Content-Length: ${BOUNDS.bodyBytes + 1}`], {
      follows: 'RFC 9110 15.5.14',
      gets: [refusal(413)],
    }),
  ],
};

const coding = (name: string, fields: readonly string[], more: Partial<Case> = {}): Case => ({
  name,
  follows: 'RFC 9112 6.1',
  sends: framed(fields, '0\n\n'),
  ...malformed,
  ...more,
});

export const transferEncoding: CaseClass = {
  name: 'transfer encoding',
  cases: [
    coding('and Content-Length', ['Transfer-Encoding: chunked', 'Content-Length: 5'], { follows: 'RFC 9112 6.3' }),
    coding('behind Content-Length', ['Content-Length: 5', 'Transfer-Encoding: chunked'], { follows: 'RFC 9112 6.3' }),
    coding('identity, chunked', ['Transfer-Encoding: identity, chunked']),
    coding('identity', ['Transfer-Encoding: identity']),
    coding('gzip', ['Transfer-Encoding: gzip']),
    coding('gzip, chunked', ['Transfer-Encoding: gzip, chunked'], { gets: [refusal(400, 501)] }),
    coding('chunked, gzip', ['Transfer-Encoding: chunked, gzip']),
    coding('chunked twice in a list', ['Transfer-Encoding: chunked, chunked']),
    coding('chunked in two fields', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']),
    coding('chunked, and in another field something else', ['Transfer-Encoding: chunked', 'Transfer-Encoding: x']),
    coding('xchunked', ['Transfer-Encoding: xchunked']),
    coding('quoted', ['Transfer-Encoding: "chunked"']),
    coding('with a parameter', ['Transfer-Encoding: chunked;q=1']),
    coding('with a comma behind', ['Transfer-Encoding: chunked,']),
    coding('empty', ['Transfer-Encoding:']),
    coding('with a vertical tab before it', ['Transfer-Encoding: \x0bchunked']),
    coding('in a name with a space', ['Transfer-Encoding : chunked'], { follows: 'RFC 9112 5.1' }),
    coding('with an underscore, beside a length', [
      'Transfer_Encoding: chunked',
      'Content-Length: 5',
      'Content-Length: 5',
    ]),
  ],
};

const chunk = (name: string, body: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'RFC 9112 7.1',
  sends: framed(['Transfer-Encoding: chunked'], body),
  ...malformed,
  ...UNREAD,
  ...more,
});

const EXTENSION = { follows: 'RFC 9112 7.1.1' } as const;
const TRAILER = { follows: 'RFC 9112 7.1.2' } as const;
const LARGE = 'x'.repeat(BOUNDS.bodyBytes / 2);

export const chunks: CaseClass = {
  name: 'chunks',
  cases: [
    chunk('an extension', '5;a=b\nhello\n0\n\n', EXTENSION),
    chunk('an extension of the last', '5\nhello\n0;a\n\n', EXTENSION),
    chunk('an extension with a line end in it', '5;a="␊"\nhello\n0\n\n', EXTENSION),
    chunk('a large extension', `5;${'a'.repeat(BOUNDS.headerBytes * 2)}\nhello\n0\n\n`, {
      ...EXTENSION,
      gets: [refusal(400, 431)],
      control: { gets: [refusal(400, 405, 431)], leaves: 'closed' },
    }),
    chunk('a size with a space behind', '5 \nhello\n0\n\n'),
    chunk('a size with a space before', ' 5\nhello\n0\n\n'),
    chunk('a size with 0x', '0x5\nhello\n0\n\n'),
    chunk('a size with a sign', '+5\nhello\n0\n\n'),
    chunk('a negative size', '-5\nhello\n0\n\n'),
    chunk('no size', '\nhello\n0\n\n'),
    chunk('a size beyond 64 bits', '10000000000000005\nhello\n0\n\n'),
    chunk('a size that just fits 64 bits', 'ffffffffffffffff\nhello\n0\n\n', {
      gets: [refusal(400, 408, 413)],
      control: { gets: [refusal(400, 405, 413)], leaves: 'closed' },
      ends: 'waits',
    }),
    chunk('a size ended by LF', '5␊hello\n0\n\n'),
    chunk('a size ended by CR', '5␍hello\n0\n\n'),
    chunk('a chunk ended by LF', '5\nhello␊0\n\n'),
    chunk('a chunk without an end', '5\nhello0\n\n'),
    chunk('a chunk longer than its size', '3\nhello\n0\n\n'),
    chunk('a chunk ended by two other bytes', '5\nhelloXX0\n\n'),
    chunk('a digit that is none', '5g\nhello\n0\n\n'),
    chunk('more than is accepted', `8000\n${LARGE}\n8000\n${LARGE}\n1\nx\n0\n\n`, {
      follows: 'RFC 9110 15.5.14',
      gets: [refusal(413)],
      control: { gets: [refusal(405, 413)], leaves: 'in-sync' },
    }),
  ],
};

export const trailers: CaseClass = {
  name: 'trailers',
  cases: [
    chunk('without a colon', '5\nhello\n0\nX-A\n\n', TRAILER),
    chunk('with a space before the colon', '5\nhello\n0\nX-A : b\n\n', TRAILER),
    chunk('folded', '5\nhello\n0\nX-A: b\n c\n\n', TRAILER),
    chunk('with a bare LF', '5\nhello\n0\nX-A: b␊\n\n', TRAILER),
    chunk('with a NUL', '5\nhello\n0\nX-A: ␀\n\n', TRAILER),
    chunk('that are large', `5\nhello\n0\nX-A: ${'b'.repeat(BOUNDS.headerBytes * 2)}\n\n`, {
      follows: 'RFC 6585 5',
      gets: [refusal(400, 431)],
      control: { gets: [refusal(400, 405, 431)], leaves: 'closed' },
    }),
    chunk('that say how long it is', '5\nhello\n0\nContent-Length: 99\n\n', { follows: 'RFC 9110 6.5.1' }),
    chunk('that name fields of the head', '', {
      follows: 'RFC 9110 6.5.1',
      sends:
        '{method} {path} HTTP/1.1\nHost: {host}\n{calm}Transfer-Encoding: chunked\n\n1\n \n0\nHost: evil.example\nMcp-Method: tools/call\n\n',
      gets: [fault(400, -32_700, 'none')],
      leaves: 'kept',
      control: { gets: [served()], leaves: 'in-sync' },
    }),
  ],
};

/** What is hidden is a call that would do; were it read, the upstream would see it. */
const HIDDEN = '{method} {path} HTTP/1.1\nHost: {host}\n{fields}\n{body}';

const hiding = (name: string, sends: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'RFC 9112 11.2',
  sends,
  ...malformed,
  ...more,
});

const pair = (name: string, fields: readonly string[], before: string, more: Partial<Case> = {}): Case =>
  hiding(name, framed(fields, `${before}${HIDDEN}`), more);

export const smuggling: CaseClass = {
  name: 'hidden requests',
  cases: [
    pair('CL.TE', ['Content-Length: 6', 'Transfer-Encoding: chunked'], '0\n\nG'),
    pair('TE.CL', ['Transfer-Encoding: chunked', 'Content-Length: 4'], '0\n\n'),
    pair('TE.TE with a name that is no token', ['Transfer-Encoding: chunked', 'Transfer-Encoding\x01: x'], '0\n\n'),
    pair('TE.TE with two values', ['Transfer-Encoding: chunked', 'Transfer-encoding: cow'], '0\n\n'),
    pair('TE behind a bare LF', ['X-A: b␊Transfer-Encoding: chunked', 'Content-Length: 5'], '0\n\n'),
    pair('TE behind a bare CR', ['X-A: b␍Transfer-Encoding: chunked', 'Content-Length: 5'], '0\n\n'),
    pair('CL.CL', ['Content-Length: 0', 'Content-Length: 400'], ''),
    pair('CL with a leading space in its name', [' Content-Length: 400'], ''),
    pair('TE with a NUL', ['Transfer-Encoding: chunked␀', 'Content-Length: 0'], ''),
    pair('chunk extension with a bare LF (TERM.EXT)', ['Transfer-Encoding: chunked'], '2;␊xx\n0\n\n', UNREAD),
    pair(
      'chunk ended by two bytes that are skipped (SPILL)',
      ['Transfer-Encoding: chunked'],
      '5\nAAAAAXX0\n\n',
      UNREAD,
    ),
    hiding(
      'a GET whose body is a request',
      `GET {path} HTTP/1.1\nHost: {host}\nContent-Length: {length}\n\n${HIDDEN}`,
      {
        follows: 'RFC 9110 9.3.1',
        gets: [refusal(405, 406)],
        leaves: 'in-sync',
        control: { gets: [served(), refusal(400, 413)], leaves: 'in-sync' },
      },
    ),
    hiding(
      'a refused request whose body is one',
      `PUT {path} HTTP/1.1\nHost: {host}\nContent-Length: {length}\n\n${HIDDEN}`,
      {
        follows: 'RFC 9112 9.3',
        gets: [refusal(405)],
        leaves: 'in-sync',
      },
    ),
    hiding(
      'an OPTIONS whose body is one',
      `OPTIONS {path} HTTP/1.1\nHost: {host}\nContent-Length: {length}\n\n${HIDDEN}`,
      {
        follows: 'RFC 9110 9.3.7',
        gets: [refusal(405)],
        leaves: 'in-sync',
      },
    ),
    hiding(
      'behind an Upgrade',
      `{method} {path} HTTP/1.1\nHost: {host}\nUpgrade: websocket\nConnection: upgrade\n{calm}{counted}\n{list}`,
      {
        follows: 'RFC 9110 7.8',
        ...fine,
      },
    ),
    hiding(
      'behind an upgrade to HTTP/2',
      `{method} {path} HTTP/1.1\nHost: {host}\nUpgrade: h2c\nHTTP2-Settings: AAMAAABkAAQAAP__\nConnection: Upgrade, HTTP2-Settings\n{calm}{counted}\n{list}`,
      { follows: 'RFC 9113 3.1', ...fine },
    ),
    hiding(
      'behind a Connection that names Content-Length',
      '{method} {path} HTTP/1.1\nHost: {host}\nConnection: Content-Length\n{calm}{counted}\n{list}',
      {
        follows: 'RFC 9110 7.6.1',
        ...fine,
      },
    ),
  ],
};
