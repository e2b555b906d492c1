/** Event ids come back as they were given out, and nothing else does. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cursorText, readCursor } from './cursor.ts';

const TAG = 'aB-_3dE5';

it('an id says which event of which stream it was', () => {
  const number = fc.integer({ min: 1, max: 2 ** 40 });
  fc.assert(
    fc.property(number, fc.integer({ min: 0, max: 2 ** 40 }), (stream, event) => {
      expect(readCursor(TAG, cursorText(TAG, { stream, event }))).toEqual({ stream, event });
    }),
  );
});

it('a text is an id in one way only', () => {
  fc.assert(
    fc.property(fc.string(), fc.boolean(), (text, isTagged) => {
      const id = isTagged ? `${TAG}.${text}` : text;
      const cursor = readCursor(TAG, id);
      if (cursor) expect(cursorText(TAG, cursor)).toBe(id);
    }),
  );
});

it.each([
  '',
  TAG,
  `${TAG}.1`,
  `${TAG}.1.`,
  `${TAG}.0.1`,
  `${TAG}.01.1`,
  `${TAG}.1.01`,
  `${TAG}.1.1 `,
  `${TAG}.1.1.1`,
  `${TAG}.1.-1`,
  `${TAG}.1.A`,
  'aB-_3dE6.1.1',
  `${TAG}.1.1\n`,
  `${TAG}.${'1'.repeat(100)}.1`,
  `${TAG}.1.${'z'.repeat(1_000_000)}`,
])('%# is none of ours', (text) => {
  expect(readCursor(TAG, text)).toBeUndefined();
});
