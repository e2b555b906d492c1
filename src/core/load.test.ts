/** Which rung of overload is reached, and when it is left. */
import { expect, it } from 'vitest';
import { rungOf, type Rung } from './load.ts';

it.each<[number, number, Rung]>([
  [0, 0.5, 0],
  [99, 0.74, 0],
  [100, 0, 1],
  [0, 0.75, 1],
  [200, 0, 2],
  [0, 0.85, 2],
  [150, 0.86, 2],
  [1000, 0, 3],
  [0, 0.92, 3],
  [0, 1.5, 3],
])('a delay of %i ms and %d of the memory reach rung %i', (delayMs, memory, rung) => {
  expect(rungOf({ delayMs, memory }, 0)).toBe(rung);
});

it.each<[Rung, number, number, Rung]>([
  [1, 60, 0.1, 1],
  [1, 49, 0.1, 0],
  [1, 0, 0.71, 1],
  [1, 0, 0.69, 0],
  [1, 49, 0.71, 1],
  [2, 110, 0, 2],
  [2, 90, 0, 1],
  [3, 600, 0, 3],
  [3, 400, 0, 2],
  [3, 0, 0, 0],
  [3, 0, 0.88, 3],
])('on rung %i, %i ms and %d mean rung %i', (before, delayMs, memory, rung) => {
  expect(rungOf({ delayMs, memory }, before)).toBe(rung);
});
