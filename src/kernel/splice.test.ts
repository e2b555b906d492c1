/** Members taken out of JSON text, whichever they are. */
import { joinParts } from './parts.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keyBefore, scan } from './scan.ts';
import { compileShape } from './shape.ts';
import { splice, takenOut } from './splice.ts';

const KEYS = ['a', 'b', 'c', 'd'];
const shape = compileShape(Object.fromEntries(KEYS.map((key) => [key, null])));

function without(text: string, keys: readonly string[]): string {
  const { bytes, spans } = scan(Buffer.from(text), shape, 64);
  const found = keys
    .map((key) => (shape.slots.get(key) ?? 0) * 2)
    .filter((base) => spans[base + 1] !== 0)
    .map((base): [number, number] => [keyBefore(bytes, spans[base] ?? 0), spans[base + 1] ?? 0]);
  return joinParts(splice(bytes, { start: 0, end: bytes.length }, takenOut(bytes, found))).toString();
}

it('takes members out with their commas and leaves the rest byte for byte', () => {
  expect(without('{ "a" : 1.0 , "x":[ ] }', ['a'])).toBe('{ "x":[ ] }');
  expect(without('{"x":1 , "a":2}', ['a'])).toBe('{"x":1 }');
  expect(without('{"a":1}', ['a'])).toBe('{}');
});

it('gives JSON without exactly these members, whichever they are', () => {
  const object = fc.uniqueArray(fc.constantFrom(...KEYS, 'x', 'y'), { minLength: 1 });
  const gap = fc.constantFrom('', ' ', '\n ');
  fc.assert(
    fc.property(object, fc.subarray(KEYS), gap, (keys, taken, space) => {
      const text = `{${space}${keys.map((key, i) => `"${key}"${space}:${space}${i}`).join(`${space},${space}`)}${space}}`;
      expect(Object.keys(JSON.parse(without(text, taken)) as object)).toEqual(
        keys.filter((key) => !taken.includes(key)),
      );
    }),
    { numRuns: 500, seed: 3 },
  );
});
