/** Entries of lists: what is shown of them, and which are not. */
import { describe, expect, it } from 'vitest';
import { readEntry, render } from './entries.ts';

const schema = (property: string): string => `{"type":"object","properties":{"a":${property},"b":[1.0]}}`;
const tool = (inputSchema: string): string => `{"name":"t","vendor":1.0,"inputSchema":${inputSchema}}`;
const read = (text: string, mirrors: boolean) => readEntry('tools', Buffer.from(text), mirrors);
const shown = (text: string, mirrors: boolean): string | undefined => {
  const { entry } = read(text, mirrors);
  return entry && render(entry, 't').toString();
};

describe('a tool whose header annotations are valid', () => {
  const text = tool(schema('{"type":"string","x-mcp-header":"A"}'));

  it('is shown with them, whoever its server is', () => {
    for (const mirrors of [true, false]) {
      expect(shown(text, mirrors)).toBe(text);
      expect(read(text, mirrors).entry?.mirrored).toMatchObject([{ header: 'mcp-param-a', path: ['a'] }]);
    }
  });
});

describe('a tool whose header annotations are invalid', () => {
  const text = tool(schema('{"x-mcp-header":"no token","type":"string","n":1.0}'));

  it('is left out where calls would need them, and that is said', () => {
    expect(read(text, true)).toEqual({ skipped: 'tool "t": x-mcp-header is no header token' });
  });

  it('is shown without them elsewhere, all else as it was', () => {
    expect(shown(text, false)).toBe(tool(schema('{"type":"string","n":1.0}')));
    expect(read(text, false)).toMatchObject({
      skipped: expect.stringContaining('"t"') as string,
      entry: { mirrored: [] },
    });
  });

  it.each([
    ['{"items":{"x-mcp-header":"A"}}', '{"items":{}}'],
    ['{"oneOf":[{"x-mcp-header":"A"},{}]}', '{"oneOf":[{},{}]}'],
    ['{"x-mcp-\\u0068eader":7}', '{}'],
    ['{"x-mcp-header":"","default":{"x-mcp-header":"data"}}', '{"default":{"x-mcp-header":"data"}}'],
    [
      '{"x-mcp-header":"","properties":{"x-mcp-header":{"type":"string"}}}',
      '{"properties":{"x-mcp-header":{"type":"string"}}}',
    ],
  ])('loses %s to %s', (before, after) => {
    expect(shown(tool(schema(before)), false)).toBe(tool(schema(after)));
  });
});

it.each(['{"default":{"x-mcp-header":"A"}}', '{"properties":{"x-mcp-header":{"type":"string"}}}'])(
  'what only looks like an annotation is none: %s',
  (property) => {
    expect(shown(tool(schema(property)), true)).toBe(tool(schema(property)));
  },
);

it('a tool with more annotations than a head can hold is invalid', () => {
  const many = Array.from({ length: 65 }, (_, i) => `"p${i}":{"type":"string","x-mcp-header":"H${i}"}`).join(',');
  expect(read(tool(`{"properties":{${many}}}`), true).entry).toBeUndefined();
});

it('an element without a name is no entry', () => {
  for (const text of ['{}', '{"name":""}', '{"name":7}']) expect(read(text, false).entry).toBeUndefined();
});
