/** Header values and mirrored arguments (MCP 2026-07-28, "Streamable HTTP"). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHeader, encodeHeader, mirroredArguments, mirrors } from './headers.ts';

describe('header values', () => {
  it('come back as they were, and are plain ASCII on the way', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const header = encodeHeader(text);
        expect(header).toMatch(/^[\t\u0020-\u007e]*$/u);
        expect(decodeHeader(header)).toBe(text);
      }),
      { numRuns: 300, seed: 8 },
    );
  });

  it('stay readable where they can', () => {
    expect(encodeHeader('file:///a b')).toBe('file:///a b');
    expect(encodeHeader(' padded')).toBe('=?base64?IHBhZGRlZA==?=');
    expect(encodeHeader('=?base64?x?=')).not.toBe('=?base64?x?=');
  });

  it('are refused where they break the form that they claim', () => {
    expect(decodeHeader('=?base64?YQ?=')).toBeUndefined();
    expect(decodeHeader('=?base64?Y!==?=')).toBeUndefined();
    expect(decodeHeader('=?base64?YQ==')).toBe('=?base64?YQ==');
    expect(decodeHeader('=?BASE64?YQ==?=')).toBe('=?BASE64?YQ==?=');
  });
});

const region = { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } };

describe('mirrored arguments', () => {
  it('are found along properties, nested ones too', () => {
    const nested = { type: 'object', properties: { where: region, n: { type: 'integer', 'x-mcp-header': 'N' } } };
    expect(mirroredArguments(nested)).toEqual([
      { header: 'mcp-param-region', label: 'Region', path: ['where', 'region'], type: 'string' },
      { header: 'mcp-param-n', label: 'N', path: ['n'], type: 'integer' },
    ]);
  });

  it.each([
    ['a number', { properties: { a: { type: 'number', 'x-mcp-header': 'A' } } }],
    ['no token', { properties: { a: { type: 'string', 'x-mcp-header': 'a b' } } }],
    ['nothing', { properties: { a: { type: 'string', 'x-mcp-header': '' } } }],
    [
      'the same twice',
      { properties: { a: { type: 'string', 'x-mcp-header': 'A' }, b: { type: 'string', 'x-mcp-header': 'a' } } },
    ],
    ['a place inside items', { properties: { a: { type: 'array', items: { type: 'string', 'x-mcp-header': 'A' } } } }],
    ['a place inside oneOf', { oneOf: [region] }],
    ['the root', { 'x-mcp-header': 'A' }],
  ])('may not be on %s', (_, schema) => {
    expect(mirroredArguments({ type: 'object', ...schema })).toHaveProperty('invalid');
  });

  it('must say what the body says, and be absent where it says nothing', () => {
    const [argument] = mirroredArguments(region) as Exclude<ReturnType<typeof mirroredArguments>, { invalid: string }>;
    if (!argument) throw new Error('no argument');
    expect(mirrors(argument, 'eu', { region: 'eu' })).toBe(true);
    expect(mirrors(argument, 'us', { region: 'eu' })).toBe(false);
    expect(mirrors(argument, undefined, { region: 'eu' })).toBe(false);
    expect(mirrors(argument, undefined, {})).toBe(true);
    expect(mirrors(argument, undefined, { region: null })).toBe(true);
    expect(mirrors(argument, 'x', {})).toBe(false);
    const integer = { ...argument, type: 'integer' as const };
    expect(mirrors(integer, '42.0', { region: 42 })).toBe(true);
    expect(mirrors(integer, '43', { region: 42 })).toBe(false);
  });
});
