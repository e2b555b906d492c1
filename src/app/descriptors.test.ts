/** Clients that fit into a process. */
import { expect, it } from 'vitest';
import { connectionsWithin } from './descriptors.ts';

it.each([
  [10_000, undefined, 10_000],
  [10_000, 1_048_576, 10_000],
  [10_000, 4096, 2000],
  [10_000, 256, 80],
  [50, 256, 50],
  [10_000, 20, 8],
  [3, 20, 3],
])('of %i clients %s descriptors let in %i', (wanted, descriptors, within) => {
  expect(connectionsWithin(wanted, descriptors)).toBe(within);
});
