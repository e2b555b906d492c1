/** What may not come out of a handshake: no TLS, an old one, half of one (RFC 8446; RFC 6176, 7568 and 8996 for what is forbidden). */
import { alert, begunHandshake, type Case, type CaseClass } from '../case.ts';

const PLAIN = 'it is plain';

/** As text for `writing.ts`. */
const bytes = (...parts: readonly (number | readonly number[])[]): string =>
  parts
    .flat()
    .map((byte) => (byte === 0x0a ? '␊' : byte === 0 ? '␀' : String.fromCharCode(byte)))
    .join('');

const sized = (body: readonly number[], width: number): readonly number[] => [
  ...Array.from({ length: width }, (_, index) => (body.length >> (8 * (width - 1 - index))) & 0xff),
  ...body,
];

const RANDOM = Array.from({ length: 32 }, (_, index) => 0x40 + index);
/** ECDHE with AES-GCM, which everybody has. */
const GOOD_SUITES = [0xc0, 0x2b, 0xc0, 0x2f];

/** A ClientHello without extensions, so without TLS 1.3. */
function hello(version: readonly [number, number], suites: readonly number[] = GOOD_SUITES): readonly number[] {
  const body = [...version, ...RANDOM, 0, ...sized(suites, 2), 1, 0];
  return [0x16, 3, 1, ...sized([1, ...sized(body, 3)], 2)];
}

const knock = (name: string, sends: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'RFC 8446 6.2',
  sends,
  gets: [alert],
  leaves: 'closed',
  isBelowTls: true,
  ends: 'waits',
  ...more,
});

export const handshakes: CaseClass = {
  name: 'handshakes',
  leavesOut: { data: PLAIN, admin: PLAIN, health: PLAIN },
  cases: [
    knock('plain HTTP', '{method} {path} HTTP/1.1\nHost: {host}\n{fields}\n{body}', { follows: 'RFC 9112 9.7' }),
    knock(
      'SSL 2',
      bytes(
        0x80,
        0x2e,
        1,
        0,
        2,
        0,
        0x15,
        0,
        0,
        0,
        0x10,
        Array.from({ length: 37 }, () => 7),
      ),
      { follows: 'RFC 6176 3' },
    ),
    knock('SSL 3', bytes(hello([3, 0])), { follows: 'RFC 7568 3' }),
    knock('TLS 1.0', bytes(hello([3, 1])), { follows: 'RFC 8996 4' }),
    knock('TLS 1.1', bytes(hello([3, 2])), { follows: 'RFC 8996 5' }),
    knock('ciphers of no worth', bytes(hello([3, 3], [0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5])), {
      follows: 'RFC 9325 4.1',
    }),
    knock('no cipher', bytes(hello([3, 3], [])), { follows: 'RFC 8446 4.1.2' }),
    knock('data before a handshake', bytes(0x17, 3, 3, sized(RANDOM, 2)), { follows: 'RFC 8446 5.2' }),
    knock('a heartbeat before a handshake', bytes(0x18, 3, 3, 0, 3, 1, 0x40, 0), { follows: 'RFC 6520 3' }),
    knock(
      'a record that is too long',
      bytes(
        0x16,
        3,
        3,
        0xff,
        0xff,
        Array.from({ length: 2000 }, () => 1),
      ),
      { follows: 'RFC 8446 5.1' },
    ),
    knock('a handshake message that is too long', bytes(0x16, 3, 3, 0, 6, 1, 0xff, 0xff, 0xff, 3, 3), {
      follows: 'RFC 8446 4',
    }),
    knock('a message of no kind', bytes(0x16, 3, 3, sized([0x63, ...sized(RANDOM, 3)], 2)), { follows: 'RFC 8446 4' }),
    knock('half a greeting, and silence', bytes(hello([3, 3]).slice(0, 20)), { follows: 'RFC 9112 9.5' }),
    knock('a greeting that goes on for ever', bytes(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3), {
      follows: 'RFC 9112 9.5',
      ends: 'drips',
    }),
    knock('silence', '', { follows: 'RFC 9112 9.5' }),
    knock('an end at once', '', { ends: 'fin' }),
    knock('an end inside the greeting', bytes(hello([3, 3]).slice(0, 20)), { ends: 'fin' }),
    knock('an error inside the greeting', bytes(hello([3, 3]).slice(0, 20)), { ends: 'reset' }),
    knock('a greeting, and no answer to the answer', bytes(hello([3, 3])), {
      follows: 'RFC 9112 9.5',
      gets: [begunHandshake],
    }),
  ],
};
