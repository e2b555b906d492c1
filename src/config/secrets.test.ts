/** What is taken for a secret, and what is left as it is. Cut-out parts are shown as `‹name›`. */
import { describe, expect, it } from 'vitest';
import { secretOfArgument, secretOfPair, secretsOfUrl, type Cut } from './secrets.ts';

const shown = (text: string, cuts: readonly Cut[]): string => {
  let out = '';
  let from = 0;
  for (const { start, end, name } of cuts) {
    out += `${text.slice(from, start)}‹${name}›`;
    from = end;
  }
  return out + text.slice(from);
};
const RANDOM = 'q7Zp2LxW9vTn4KcRb8Ys1MdGf6Hj3Ue5';

describe('a variable or a header', () => {
  it.each([
    ['GITHUB_TOKEN', 'x', '‹GITHUB_TOKEN›'],
    ['apiKey', 'short', '‹apiKey›'],
    ['Authorization', 'Bearer abc', 'Bearer ‹Authorization›'],
    ['X-Whatever', 'Bearer abc', 'Bearer ‹X-Whatever›'],
    ['DATABASE_URL', 'postgres://me:pw@db/x', '‹DATABASE_URL›'],
    ['ANYTHING', RANDOM, '‹ANYTHING›'],
    ['OTHER', 'sk-proj-abcdefgh', '‹OTHER›'],
    ['DB_PASSWORD', '123456', '‹DB_PASSWORD›'],
    ['LOG_LEVEL', 'debug', 'debug'],
    ['PORT', '8080', '8080'],
    ['USE_TOKEN', 'true', 'true'],
    ['KEY_FILE', '/etc/ssl/key.pem', '/etc/ssl/key.pem'],
    ['KEYBOARD', 'qwerty', 'qwerty'],
    ['GITHUB_TOKEN', '', ''],
    ['MEMORY_FILE_PATH', '/home/ann/memory.jsonl', '/home/ann/memory.jsonl'],
  ])('%s: %j is %s', (key, value, expected) => {
    expect(shown(value, secretOfPair(key, value))).toBe(expected);
  });
});

describe('an argument', () => {
  it.each([
    ['--api-key=abc', undefined, '--api-key=‹api-key›'],
    ['abc', '--api-key', '‹api-key›'],
    ['GITHUB_TOKEN=abc', '-e', 'GITHUB_TOKEN=‹GITHUB_TOKEN›'],
    ['Authorization: Bearer abc', '--header', 'Authorization: Bearer ‹Authorization›'],
    ['postgresql://me:pw@localhost/db', undefined, 'postgresql://me:‹password›@localhost/db'],
    [`https://x.example/s/${RANDOM}/mcp`, undefined, 'https://x.example/s/‹path›/mcp'],
    [RANDOM, undefined, '‹argument›'],
    ['-y', '--token', '-y'],
    ['@modelcontextprotocol/server-filesystem', '-y', '@modelcontextprotocol/server-filesystem'],
    [
      '/home/ann/projects/some-long-name-of-a-folder-2026',
      undefined,
      '/home/ann/projects/some-long-name-of-a-folder-2026',
    ],
    ['--level=debug', undefined, '--level=debug'],
    ['GITHUB_TOKEN', '-e', 'GITHUB_TOKEN'],
    ['some-very-long-package-name-of-somebody', undefined, 'some-very-long-package-name-of-somebody'],
  ])('%j after %j is %s', (argument, before, expected) => {
    expect(shown(argument, secretOfArgument(argument, before))).toBe(expected);
  });
});

describe('an address', () => {
  it.each([
    ['https://x.example/mcp?api_key=abc&x=1', 'https://x.example/mcp?api_key=‹api_key›&x=1'],
    [`https://x.example/mcp?id=${RANDOM}`, 'https://x.example/mcp?id=‹id›'],
    ['https://me:pw@x.example/mcp', 'https://me:‹password›@x.example/mcp'],
    [`https://x.example/${RANDOM}?key=k`, 'https://x.example/‹path›?key=‹key›'],
    ['https://api.example.com:8443/v1/mcp?tools=all', 'https://api.example.com:8443/v1/mcp?tools=all'],
  ])('%s is %s', (url, expected) => {
    expect(shown(url, secretsOfUrl(url))).toBe(expected);
  });

  it('may be as long and as strange as a file may be', () => {
    const strange = `https://x.example/mcp${'?'.repeat(4_000_000)}`;
    expect(secretsOfUrl(strange)).toEqual([]);
    expect(secretsOfUrl(`${strange}token=abc`).map(({ name }) => name)).toEqual(['token']);
  });
});
