/** What a client of each revision can be asked, and that nothing else of what it declares is kept. */
import { expect, it } from 'vitest';
import { ableOf } from './able.ts';

const ALL = { elicitation: { form: {}, url: {} }, sampling: { tools: {}, context: {} }, roots: { listChanged: true } };

it.each([
  ['2025-11-25', '{"elicitation":{"form":{}},"sampling":{"tools":{},"context":{}},"roots":{"listChanged":true}}'],
  ['2025-06-18', '{"elicitation":{"form":{}},"sampling":{},"roots":{"listChanged":true}}'],
  ['2025-03-26', '{"sampling":{},"roots":{"listChanged":true}}'],
  ['2024-11-05', '{"sampling":{},"roots":{"listChanged":true}}'],
] as const)('a client of %s can be asked what its revision has', (revision, able) => {
  expect(ableOf(ALL, revision)).toBe(able);
});

it.each([
  [{ elicitation: {} }, '{"elicitation":{}}'],
  [{ elicitation: { url: {} } }, '{}'],
  [{ elicitation: true, sampling: [], roots: null }, '{}'],
  [{ experimental: { x: 'y'.repeat(1e6) }, roots: { list: 'z'.repeat(1e6) } }, '{"roots":{}}'],
  [{ roots: { listChanged: false, subscribe: true } }, '{"roots":{}}'],
  [undefined, '{}'],
  ['all', '{}'],
])('what else it declares is not kept', (declared, able) => {
  expect(ableOf(declared, '2025-11-25')).toBe(able);
});
