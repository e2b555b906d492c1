/** Who may take how many of the slots that all share. */
import { expect, it } from 'vitest';
import { Shares } from './shares.ts';

/** Takes for each in turn for as long as anybody gets something. */
function fill(shares: Shares, names: readonly string[]): Record<string, number> {
  const taken = Object.fromEntries(names.map((name) => [name, 0]));
  for (let more = true; more;) {
    more = false;
    for (const name of names) {
      if (!shares.take(name)) continue;
      taken[name] = (taken[name] ?? 0) + 1;
      more = true;
    }
  }
  return taken;
}

it.each([
  [100, ['a'], { a: 80 }],
  [2000, ['a'], { a: 1600 }],
  [90, ['a', 'b'], { a: 40, b: 40 }],
  [5, ['a'], { a: 4 }],
  [4, ['a'], { a: 4 }],
  [1, ['a'], { a: 1 }],
  [0, ['a'], { a: 0 }],
])('of %i slots %j get %j', (slots, names, expected) => {
  expect(fill(new Shares(slots), names)).toEqual(expected);
});

it('leaves a slot for who comes new, however much one has', () => {
  const shares = new Shares(10);
  fill(shares, ['greedy']);
  expect([shares.take('greedy'), shares.take('other')]).toEqual([false, true]);
});

it('gives back what was taken, and no more', () => {
  const shares = new Shares(3);
  for (let each = 0; each < 1000; each += 1) {
    expect(shares.take(`s${each}`)).toBe(true);
    shares.give(`s${each}`);
    shares.give(`s${each}`);
    shares.give('never');
  }
  expect(shares.held).toBe(0);
  expect(fill(shares, ['a'])).toEqual({ a: 3 });
});
