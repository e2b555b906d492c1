/** Framing: what is read does not depend on how the bytes are cut. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { Parsers, type Parser } from './parser.ts';

const bounds = { headerBytes: 500, headers: 10, targetBytes: 100 };

/** What a message says when it comes in these pieces. */
function read(parser: Parser, pieces: readonly string[]): Record<string, unknown> {
  let body = '';
  let head: unknown;
  for (const piece of pieces) {
    const chunk = Buffer.from(piece, 'latin1');
    const used = parser.execute(chunk);
    if (used < 0) return { problem: parser.problem };
    const { bytes, targetStart, targetLength, size } = parser.head;
    head = {
      target: bytes.toString('latin1', targetStart, targetStart + targetLength),
      fields: Array.from({ length: size }, (_, index) => parser.head.value(index, true)),
      host: parser.head.header('host'),
      two: parser.head.header('two'),
    };
    for (let index = 0; index < parser.spanned; index += 2) {
      body += chunk.toString('latin1', parser.spans[index], parser.spans[index + 1]);
    }
    if (parser.complete) return { head, body, rest: piece.slice(used) };
  }
  return { incomplete: true };
}

const request = (text: string): string => text.replaceAll('\n', '\r\n');
const MESSAGES = {
  'with a length': request(
    'POST /a?b HTTP/1.1\nHost: h:1 \nTwo: a\nEmpty:\ntwo:  b\nBlank:   \nContent-Length: 5\n\nhello',
  ),
  'in chunks': request('POST /a HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\n\n3\nhel\n2\nlo\n0\nTrailer: a;b\n\n'),
  'without a body': request('GET /a HTTP/1.1\nHost: h\nLast:\n\n'),
};

describe('the parser', () => {
  it('is the wasm that was looked at', () => {
    const source = readFileSync(createRequire(import.meta.url).resolve('undici/lib/llhttp/llhttp_simd-wasm.js'));
    expect(createHash('sha256').update(source).digest('hex')).toBe(
      'a3f30f3307ab3c191720cb636d570febb3610c420bc7077f2e225dacfcad3295',
    );
  });

  it.each(Object.entries(MESSAGES))('reads a message %s alike wherever it is cut', (_, message) => {
    const parsers = new Parsers();
    const whole = read(parsers.borrow('request', bounds), [`${message}GET`]);
    expect(whole).toMatchObject({ rest: 'GET', head: { target: expect.stringMatching(/^\/a/) } });
    for (let cut = 1; cut < message.length; cut += 1) {
      const parser = parsers.borrow('request', bounds);
      expect(read(parser, [message.slice(0, cut), `${message.slice(cut)}GET`]), `cut at ${cut}`).toEqual(whole);
      parsers.giveBack(parser);
    }
    expect(read(parsers.borrow('request', bounds), message.split(''))).toEqual({ ...whole, rest: '' });
  });

  it('gives names and values as they are', () => {
    expect(read(new Parsers().borrow('request', bounds), [MESSAGES['with a length']])).toEqual({
      head: { target: '/a?b', fields: ['h:1', 'a', '', 'b', '', '5'], host: 'h:1', two: 'a, b' },
      body: 'hello',
      rest: '',
    });
  });

  it('keeps apart parsers that read in turn, through memory that grows', () => {
    const parsers = new Parsers();
    const [first, second] = [parsers.borrow('request', bounds), parsers.borrow('request', bounds)];
    const message = MESSAGES['with a length'];
    expect(first.execute(Buffer.from(message.slice(0, 30)))).toBe(30);
    const others = Array.from({ length: 3000 }, () => parsers.borrow('response', bounds));
    expect(read(second, [message])).toMatchObject({ body: 'hello' });
    expect(read(first, [message.slice(30)])).toMatchObject({ body: 'hello', head: { host: 'h:1' } });
    for (const parser of others) parsers.giveBack(parser);
    expect(parsers.lent).toBe(2);
    expect(read(parsers.borrow('response', bounds), ['HTTP/1.1 204 No Content\r\n\r\n'])).toMatchObject({ body: '' });
  });

  it('takes chunks larger than its input area', () => {
    const parser = new Parsers().borrow('request', bounds);
    const body = 'x'.repeat(300_000);
    const message = `POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    expect(read(parser, [message])).toMatchObject({ body });
  });

  it.each([
    ['a chunk extension', 'POST /a HTTP/1.1\nTransfer-Encoding: chunked\n\n3;x=y\nabc\n0\n\n', 'malformed'],
    ['an extension of the last chunk', 'POST /a HTTP/1.1\nTransfer-Encoding: chunked\n\n3\nabc\n0;a\n\n', 'malformed'],
    [
      'a chunk size that never ends',
      `POST /a HTTP/1.1\nTransfer-Encoding: chunked\n\n${'0'.repeat(600)}`,
      'head-too-large',
    ],
    [
      'trailers that never end',
      `POST /a HTTP/1.1\nTransfer-Encoding: chunked\n\n0\n${'A: b\n'.repeat(120)}`,
      'head-too-large',
    ],
    ['a head that never ends', `POST /a HTTP/1.1\nA: ${'a'.repeat(600)}`, 'head-too-large'],
    ['a head over the bound', `POST /a HTTP/1.1\nA: ${'a'.repeat(600)}\n\n`, 'head-too-large'],
    ['too many fields', `POST /a HTTP/1.1\n${'A: b\n'.repeat(11)}\n`, 'head-too-large'],
    ['a long target', `POST /${'a'.repeat(101)}`, 'target-too-large'],
    ['another version', 'GET /a HTTP/3.7\n\n', 'other-version'],
  ])('stops at %s, wherever it is cut', (_, text, problem) => {
    const parsers = new Parsers();
    const message = request(text);
    for (let cut = 0; cut < message.length; cut += 1) {
      const parser = parsers.borrow('request', bounds);
      expect(read(parser, [message.slice(0, cut), message.slice(cut)]), `cut at ${cut}`).toEqual({ problem });
      parsers.giveBack(parser);
    }
  });

  it('reads a body that ends with the connection', () => {
    const parser = new Parsers().borrow('response', { ...bounds, targetBytes: 0 });
    expect(read(parser, ['HTTP/1.1 200 OK\r\n\r\n', 'abc'])).toEqual({ incomplete: true });
    expect(parser.finish()).toBe(true);
    const cutShort = new Parsers().borrow('response', { ...bounds, targetBytes: 0 });
    read(cutShort, ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc']);
    expect(cutShort.finish()).toBe(false);
  });
});
