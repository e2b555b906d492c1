/** JSON-RPC messages as peers send them and as an attacker would: every envelope member, in any order, twice, in another case, escaped. */
import type { Chance } from '../../soak/random.ts';

const META = 'io.modelcontextprotocol/';
const TOP = ['jsonrpc', 'id', 'method', 'params', 'result', 'error'];
const PARAMS = [
  'name',
  'uri',
  '_meta',
  'arguments',
  'cursor',
  'requestState',
  'inputResponses',
  'progressToken',
  'level',
];
const RESULT = [
  'content',
  'structuredContent',
  'isError',
  '_meta',
  'resultType',
  'requestState',
  'ttlMs',
  'cacheScope',
];
const OWN = ['protocolVersion', 'clientCapabilities', 'clientInfo', 'logLevel', 'serverInfo'].map(
  (name) => META + name,
);

export const WORDS: readonly string[] = [
  ...[...TOP, ...PARAMS, ...RESULT, ...OWN, 'code'].map((name) => `"${name}":`),
  '"2.0"',
  '"jsonrpc":"2.0"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '\\u0069',
  '\\u0000',
  '\\ud83d',
  '\\"',
  '\\\\',
  '1e5',
  '-0',
  '0.1',
  '1E+',
  '12345678901234567890',
  'null',
  'true',
  'false',
  ' ',
  '\t',
  '\r\n',
  '\x0B',
  '\xC3\xA9',
  '\xE2\x84\xAA',
  '\xC5\xBF',
  '\xEF\xBB\xBF',
  '\xF0\x9F\x98\x80',
  '\xED\xA0\x80',
  '\xC0\x80',
  '[[[[[[[[',
  '{"a":{"a":{"a":',
];

export function generateMessage(chance: Chance): Buffer {
  if (chance.below(12) === 0) return Buffer.from(`[${list(chance, 4, () => object(chance, TOP, 0))}]`);
  if (chance.below(20) === 0) return Buffer.from('['.repeat(chance.below(120)) + ']'.repeat(chance.below(120)));
  return Buffer.from(space(chance) + object(chance, TOP, 0) + space(chance));
}

function object(chance: Chance, names: readonly string[], depth: number): string {
  return `{${space(chance)}${list(chance, depth === 0 ? 7 : 5, () => member(chance, names, depth))}${space(chance)}}`;
}

function member(chance: Chance, names: readonly string[], depth: number): string {
  const name = chance.below(5) === 0 ? chance.one(['x', 'ids', '', 'a"b', 'é', '__proto__', 'nam']) : chance.one(names);
  return `${key(chance, name)}${space(chance)}:${space(chance)}${valueOf(chance, name, depth)}`;
}

/** Mostly as it is; else in another case, with escapes, or with a letter that folds to its own. */
function key(chance: Chance, name: string): string {
  switch (chance.below(16)) {
    case 0:
      return JSON.stringify(name.toUpperCase());
    case 1: {
      const at = chance.below(Math.max(1, name.length));
      const code = (name.charCodeAt(at) || 0).toString(16).padStart(4, '0');
      return `"${JSON.stringify(name.slice(0, at)).slice(1, -1)}\\u${code}${JSON.stringify(name.slice(at + 1)).slice(1, -1)}"`;
    }
    case 2:
      return JSON.stringify(name.replace('s', '\u017f').replace('k', '\u212a'));
    case 3:
      return JSON.stringify(name.replace('i', chance.one(['\uff49', '\u0131', '\u0130', 'I'])));
    default:
      return JSON.stringify(name);
  }
}

function valueOf(chance: Chance, name: string, depth: number): string {
  if (chance.below(8) === 0) return value(chance, depth);
  switch (name) {
    case 'jsonrpc':
      return chance.one(['"2.0"', '"2.0"', '"2.0"', '"1.0"', '2.0', '"2\\u002e0"', '"2.0 "']);
    case 'id':
      return chance.one([
        '1',
        '"a"',
        '0',
        '-5',
        '1.5',
        'null',
        '12345678901234567890',
        '"\\u0061"',
        '1e3',
        `"${'x'.repeat(1030)}"`,
      ]);
    case 'method':
      return chance.one(['"tools/call"', '"tools/list"', '"notifications/progress"', '"m\\u00e9"', '7']);
    case 'params':
      return object(chance, PARAMS, depth + 1);
    case 'result':
      return object(chance, RESULT, depth + 1);
    case 'error':
      return object(chance, ['code', 'message', 'data'], depth + 1);
    case '_meta':
      return object(chance, [...OWN, 'progressToken'], depth + 1);
    default:
      return value(chance, depth);
  }
}

function value(chance: Chance, depth: number): string {
  // Longer than what is looked at in one go.
  if (chance.below(600) === 0) return `"${chance.one(['x', '\\\\', '\\"', 'é', '{[,:']).repeat(40_000)}"`;
  const kind = chance.below(depth > 6 ? 6 : 9);
  if (kind === 6) return `[${list(chance, 4, () => value(chance, depth + 1))}]`;
  if (kind > 6) return object(chance, [...TOP, ...PARAMS, ...RESULT], depth + 1);
  return chance.one([
    'true',
    'false',
    'null',
    '0',
    '-1.5e-7',
    '"text"',
    '""',
    '"\\n\\t\\\\"',
    '"é😀"',
    `"${'long '.repeat(chance.below(60))}"`,
  ]);
}

function list(chance: Chance, most: number, one: () => string): string {
  return Array.from({ length: chance.below(most) }, one).join(chance.one([',', ', ', ' ,\n']));
}

const space = (chance: Chance): string => (chance.below(3) === 0 ? chance.one([' ', '\n', '\t\r\n ', '  ']) : '');
