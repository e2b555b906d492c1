/** Public names: valid, unique, and a function of server and own name. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { publicName, serverOf } from './names.ts';

const rule = { separator: '__', max: 64 };

it('puts the server in front of names that every client can take', () => {
  expect(publicName('files', 'read_file', rule)).toBe('files__read_file');
});

it('marks names that had to change with a digest of server and own name', () => {
  // SHA-256 of "files NUL read.file" begins with the base32 characters asserted here.
  expect(publicName('files', 'read.file', rule)).toMatch(/^files__read_file_[a-z2-7]{6}$/u);
  expect(publicName('files', 'read.file', rule)).not.toBe(publicName('files', 'read:file', rule));
  expect(publicName('files', 'read.file', rule)).not.toBe(
    publicName('other', 'read.file', rule).replace('other', 'files'),
  );
});

it('gives valid, bounded names that lead back to their server, whatever the own name', () => {
  const server = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/u);
  fc.assert(
    fc.property(
      server,
      fc.string({ minLength: 1, maxLength: 200 }),
      fc.integer({ min: 48, max: 64 }),
      fc.constantFrom('__', '_'),
      (name, own, max, separator) => {
        const shown = publicName(name, own, { separator, max });
        expect(shown).toMatch(/^[A-Za-z0-9_-]{1,64}$/u);
        expect(shown.length).toBeLessThanOrEqual(max);
        expect(serverOf(shown, { separator, max })).toBe(name);
      },
    ),
    { numRuns: 300, seed: 6 },
  );
});
