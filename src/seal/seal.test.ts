/** Sealed values: unreadable, unchangeable, good for one purpose. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sealer } from './seal.ts';

it('opens what it sealed, for the same purpose only', () => {
  const seal = sealer([]);
  fc.assert(
    fc.property(fc.string(), fc.string(), (purpose, text) => {
      const sealed = seal.seal(purpose, text);
      expect(seal.open(purpose, sealed)).toBe(text);
      expect(seal.open(`${purpose}x`, sealed)).toBeUndefined();
    }),
    { numRuns: 50, seed: 4 },
  );
});

it('opens nothing that was changed, cut, or sealed by another', () => {
  const seal = sealer(['k1']);
  const sealed = seal.seal('p', 'value');
  for (let i = 0; i < sealed.length; i += 1) {
    const other = sealed[i] === 'A' ? 'B' : 'A';
    expect(seal.open('p', sealed.slice(0, i) + other + sealed.slice(i + 1))).toBeUndefined();
  }
  expect(seal.open('p', sealed.slice(1))).toBeUndefined();
  expect(seal.open('p', '')).toBeUndefined();
  expect(seal.open('p', 'x'.repeat(100_000))).toBeUndefined();
  expect(sealer(['k2']).open('p', sealed)).toBeUndefined();
});

it('does not look at what is longer than anything that is sealed here', () => {
  const seal = sealer(['k1']);
  expect(seal.open('p', seal.seal('p', 'x'.repeat(49_000)))).toHaveLength(49_000);
  expect(seal.open('p', seal.seal('p', 'x'.repeat(49_200)))).toBeUndefined();
});

it('opens with an older key while the newest seals', () => {
  const sealed = sealer(['old']).seal('p', 'value');
  expect(sealer(['new', 'old']).open('p', sealed)).toBe('value');
});
