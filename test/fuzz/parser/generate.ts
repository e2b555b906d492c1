/** Streams of HTTP/1.1 messages: well formed ones, one behind the other, and what smugglers write. */
import type { Chance } from '../../soak/random.ts';

const HOST = 'Host: a.example';
const FIELDS = [
  HOST,
  'host: b',
  'Content-Length: 5',
  'content-length: 0',
  'Content-Length: 5, 5',
  'Content-Length: +5',
  'Content-Length: 0x5',
  'Transfer-Encoding: chunked',
  'transfer-encoding: Chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding:\tchunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: \x0bchunked',
  ' folded',
  '\tfolded',
  'NoColon',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: upgrade',
  'Upgrade: websocket',
  'Expect: 100-continue',
  'X: \xe9\xff',
  'X:',
  'X: ',
  'X:a',
  'X: a \t',
  'X\x00: a',
  'X: a\x00b',
  'X: a\rb',
  'X: a\nb',
  ': empty',
  'X-\xc3: a',
  '^: a',
  '~: b',
  'Origin: http://a',
  'mcp-session-id: 1',
  'Authorization: x',
  'Content-Type: application/json',
  'Trailer: x',
];
const TARGETS = [
  '/',
  '/mcp',
  '/a?b=c',
  '/%41',
  '/%zz',
  '*',
  'http://a.example/mcp',
  'http://b/',
  'a:80',
  '/\xe9',
  '/#f',
  '//a',
  '/a b',
  '',
];
const METHODS = [
  'GET',
  'POST',
  'HEAD',
  'OPTIONS',
  'DELETE',
  'PUT',
  'CONNECT',
  'PATCH',
  'M-SEARCH',
  'QUERY',
  'get',
  'GE T',
  'FOO',
  'PRI',
];
const VERSIONS = [
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'HTTP/1.2',
  'HTTP/0.9',
  'http/1.1',
  'HTTP/1.1 ',
  'RTSP/1.0',
  'ICE/1.0',
];

export const WORDS: readonly string[] = [
  ...FIELDS.map((field) => `${field}\r\n`),
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  ' ',
  '\t',
  '\0',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
  '5;x=y\r\nhello\r\n',
  '00\r\n',
  'FFFFFFFFFFFFFFFF\r\n',
  'GET / HTTP/1.1\r\n',
  'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n',
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  ';',
  ':',
  '\x80',
];

export function generateStream(chance: Chance): Buffer {
  const isResponse = chance.below(5) === 0;
  let text = '';
  for (let count = 1 + chance.below(3); count > 0; count -= 1) text += isResponse ? response(chance) : request(chance);
  return Buffer.from(text, 'latin1');
}

function request(chance: Chance): string {
  const isWell = chance.below(3) > 0;
  const method = isWell ? chance.one(['GET', 'POST', 'DELETE', 'PUT']) : chance.one(METHODS);
  const target = isWell ? chance.one(['/', '/mcp', '/a?b=c', '/x/y']) : chance.one(TARGETS);
  const line = `${method}${isWell ? ' ' : chance.one([' ', '  ', '\t', ''])}${target} ${isWell ? 'HTTP/1.1' : chance.one(VERSIONS)}`;
  const fields = some(
    chance,
    isWell ? FIELDS.filter((field) => /^(?:X|Origin|mcp|Content-Type)/.test(field) && !/[\0\r\n]/.test(field)) : FIELDS,
  );
  return (chance.below(10) === 0 ? '\r\n' : '') + message(chance, line, [HOST, ...fields]);
}

function response(chance: Chance): string {
  const status = chance.one([
    '200 OK',
    '200',
    '204 No Content',
    '304 X',
    '100 Continue',
    '101 S',
    '404 \xe9',
    '500 ',
    '99 X',
    '1000 X',
  ]);
  return message(
    chance,
    `${chance.one(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/1.9'])} ${status}`,
    some(chance, FIELDS),
  );
}

/** A body in one of the ways to say how long it is, or in several. */
function message(chance: Chance, line: string, fields: readonly string[]): string {
  const body = 'x'.repeat(chance.below(12));
  const end = chance.below(20) === 0 ? '\n' : '\r\n';
  const head = (more: readonly string[]): string => [line, ...fields, ...more, '', ''].join(end);
  switch (chance.below(4)) {
    case 0:
      return head([]);
    case 1:
      return head([`Content-Length: ${body.length}`]) + body;
    case 2:
      return head(['Transfer-Encoding: chunked']) + chunked(chance);
    default:
      return head(some(chance, FIELDS.slice(2, 14))) + chance.one([body, chunked(chance)]);
  }
}

function chunked(chance: Chance): string {
  let text = '';
  for (let count = chance.below(4); count > 0; count -= 1) {
    const data = chance.one(['a', 'hello', '0\r\n\r\n', 'x'.repeat(20)]);
    const size = data.length.toString(16);
    text += `${chance.below(6) === 0 ? `0${size.toUpperCase()}` : size}${chance.below(12) === 0 ? ';a="b"' : ''}\r\n${data}\r\n`;
  }
  return `${text}0\r\n${chance.below(4) === 0 ? `${chance.one(FIELDS)}\r\n` : ''}\r\n`;
}

function some(chance: Chance, from: readonly string[]): string[] {
  return Array.from({ length: chance.below(5) }, () => chance.one(from));
}
