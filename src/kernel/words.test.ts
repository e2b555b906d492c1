/** Texts out of bytes, without making one where it is known. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SeenTexts, Words } from './words.ts';

it('finds a word of its set, and no other', () => {
  const words = new Words(['tools/call', 'tools/list', 'ping']);
  const find = (text: string): string | undefined => words.find(Buffer.from(`<${text}>`), 1, text.length + 1);
  expect(['tools/call', 'tools/list', 'ping'].map(find)).toEqual(['tools/call', 'tools/list', 'ping']);
  expect(['tools/calk', 'pong', '', 'Ping'].map(find)).toEqual([undefined, undefined, undefined, undefined]);
});

it('gives back what the bytes say, whatever came before', () => {
  const seen = new SeenTexts();
  const text = fc.oneof(fc.constantFrom('a', 'aa', 'ab', 'a b', 'host'), fc.string({ maxLength: 120 }));
  fc.assert(
    fc.property(text, (said) => {
      const bytes = Buffer.from(`x${said}y`, 'latin1');
      expect(seen.latin1(bytes, 1, bytes.length - 1)).toBe(bytes.toString('latin1', 1, bytes.length - 1));
    }),
    { seed: 7, numRuns: 2000 },
  );
});
