/** How a request to an upstream is written. */
import { expect, it } from 'vitest';
import { idText } from './link.ts';

it('an id is written as the digits of its number', () => {
  for (const id of [
    1,
    9,
    10,
    999,
    1000,
    1001,
    1009,
    1010,
    1999,
    2000,
    65_536,
    999_999,
    1_000_000,
    123_456_789_012,
    2 ** 53 - 1,
  ]) {
    expect(idText(id)).toBe(`${id}`);
  }
  for (let id = 1; id < 20_000; id += 1) if (idText(id) !== `${id}`) expect.fail(`${id} as ${idText(id)}`);
});
