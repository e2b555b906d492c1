/** Which slips are recognised, and which are too far. */
import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

test.each([
  ['urll', ['url', 'command'], 'url'],
  ['ulr', ['url', 'env'], 'url'],
  ['URL', ['url'], 'url'],
  ['comand', ['url', 'command'], 'command'],
  ['zzz', ['url', 'command'], undefined],
  ['x', [], undefined],
  ['x'.repeat(100), ['x'], undefined],
])('%s among %j is %s', (word, known, meant) => {
  expect(nearest(word, known)).toBe(meant);
});
