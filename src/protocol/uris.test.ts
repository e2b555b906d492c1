/** Public URIs, and which URIs a template may give. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayExpand, qualifiedTemplate, qualifiedUri, unqualified } from './uris.ts';

describe('qualified URIs', () => {
  it('name the server and can be undone', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), (uri) => {
        expect(unqualified(qualifiedUri('files', uri))).toEqual({ server: 'files', uri });
      }),
      { numRuns: 100, seed: 7 },
    );
  });

  it('keep the schemes that hosts insist on', () => {
    expect(qualifiedUri('shop', 'ui://cart/main.html')).toBe('ui://shop/cart/main.html');
    expect(unqualified('ui://shop/cart/main.html')).toEqual({ server: 'shop', uri: 'ui://cart/main.html' });
  });

  it('leave a template its text', () => {
    expect(qualifiedTemplate('files', 'file:///{+path}')).toBe('gatehouse://files/file:///{+path}');
    expect(unqualified('gatehouse://files/file:///a/b')).toEqual({ server: 'files', uri: 'file:///a/b' });
  });

  it('are nothing else', () => {
    expect(unqualified('file:///x')).toBeUndefined();
    expect(unqualified('gatehouse://files')).toBeUndefined();
  });
});

describe('mayExpand', () => {
  it.each([
    ['test://template/{id}/data', 'test://template/7/data', true],
    ['test://template/{id}/data', 'test://template/7/other', false],
    ['file:///{+path}', 'file:///a/b', true],
    ['a{x}a', 'a', false],
    ['plain', 'plain', true],
    ['plain', 'plain2', false],
    ['{x}{y}', 'anything', true],
  ])('%s and %s: %s', (template, uri, expected) => {
    expect(mayExpand(template, uri)).toBe(expected);
  });

  it('is linear in what a server can make of it', () => {
    expect(mayExpand('{a}x'.repeat(2000), 'x'.repeat(100_000))).toBe(true);
  });
});
