/** Hosts, targets and origins: those that are served, those that look like them, and the numbers and escapes that readers differ about. */
import type { Chance } from '../../soak/random.ts';

const NAMES = [
  '127.0.0.1',
  'localhost',
  '[::1]',
  '10.0.0.5',
  'gw.internal',
  'exact',
  'mcp.example.com',
  '[2001:db8::1]',
  '[2001:db8::2]',
  'LOCALHOST',
  '127.1',
  '0x7f.1',
  '2130706433',
  '0177.0.0.1',
  '127.0.0.1.',
  'localhost.',
  '[::ffff:127.0.0.1]',
  '[0:0:0:0:0:0:0:1]',
  '[::1%25lo]',
  '[v1.a]',
  '[::1',
  '::1',
  '[]',
  'loc%61lhost',
  'localhost%00',
  'localhost%2eevil',
  'evil.example',
  'localhost@evil.example',
  'a_b',
  'x--y',
  'gw.internal.',
  'GW.internal',
  'gw..internal',
  'xn--80ak6aa92e',
  'b\xFCcher',
  'a b',
  'a,b',
  "a'b",
  '[1::2::3]',
  '[1:2:3:4:5:6:7:8:9]',
  '255.255.255.256',
];
const PORTS = [
  '',
  ':8080',
  ':80',
  ':81',
  ':82',
  ':443',
  ':',
  ':0',
  ':08080',
  ':65535',
  ':65536',
  ':99999',
  ':8080:8080',
  ':+80',
  ':80x',
  ':8080@evil',
];
const PATHS = [
  '/mcp',
  '/servers/files/mcp',
  '/adapters/files/mcp',
  '/',
  '/mcp/',
  '//mcp',
  '/./mcp',
  '/a/../mcp',
  '/%6dcp',
  '/mcp;x',
  '/MCP',
  '/mcp%2f',
  '/mcp/..',
  '/mcp/.',
  '/servers/files%2Fmcp',
  '/servers//files/mcp',
  '/servers/../mcp',
  '/\\mcp',
  '/mcp\\',
  '*',
  'mcp',
  '',
  '/mcp#x',
  '/mcp%',
  '/mcp%00',
];
const QUERIES = ['', '', '', '?', '?a=b', '?x#y', '?/../', '?%zz', "?'", '?a?b', '?http://evil/'];

export const WORDS: readonly string[] = [
  ...NAMES,
  ...PORTS,
  ...PATHS,
  'http://',
  'https://',
  'HTTP://',
  'user@',
  'user:pw@',
  '..',
  '%2e%2e',
  '%5c',
  '%40',
  '%23',
  '\t',
  ' ',
  '/',
  '\\',
  '@',
  '?',
  '#',
  '\n',
  ':',
];

export function generateAuthority(chance: Chance): Buffer {
  const isServed = chance.below(2) === 0;
  const name = chance.one(isServed ? NAMES.slice(0, 10) : NAMES);
  const host = name + chance.one(isServed ? PORTS.slice(0, 7) : PORTS);
  const path = chance.one(chance.below(2) === 0 ? PATHS.slice(0, 3) : PATHS) + chance.one(QUERIES);
  const lines = [host, target(chance, host, path)];
  if (chance.below(3) === 0) lines.push(origin(chance, host));
  return Buffer.from(lines.join('\n'), 'latin1');
}

function target(chance: Chance, host: string, path: string): string {
  if (chance.below(3) > 0) return path;
  const other = chance.below(3) === 0 ? chance.one(NAMES) : host;
  return `${chance.one(['http://', 'https://', 'HTTP://', 'ftp://', 'http:/', 'http:'])}${chance.one(['', '', '', 'user@', '@'])}${other}${path}`;
}

function origin(chance: Chance, host: string): string {
  const other = chance.below(2) === 0 ? chance.one(NAMES) + chance.one(PORTS) : host;
  return chance.one([
    `http://${other}`,
    `https://${other}`,
    other,
    'null',
    '',
    `http://${other}/`,
    'https://app.example',
    `ftp://${other}`,
  ]);
}
