/** Equal values and their texts. */
import { expect, it } from 'vitest';
import { canonical } from './canonical.ts';
import { parseJson } from './json.ts';

const of = (text: string): string => canonical(parseJson(text));

it.each([
  ['{"a":1,"b":{"c":2,"d":[3]}}', '{ "b": {"d": [3], "c": 2}, "a": 1 }'],
  ['{"n":1}', '{"n":1.0}'],
  ['{"n":1000}', '{"n":1e3}'],
  ['{"n":0}', '{"n":-0}'],
  ['{"s":"A\u00e9/"}', String.raw`{"s":"\u0041\u00E9\/"}`],
])('%s and %s are one text', (one, other) => {
  expect(of(other)).toBe(of(one));
});

it.each([
  ['{"a":1}', '{"a":"1"}'],
  ['{"a":1}', '{"a":2}'],
  ['{"a":[1,2]}', '{"a":[2,1]}'],
  ['{"a":null}', '{}'],
  ['{"a":{"b":1}}', '{"a":1,"b":1}'],
  ['{"__proto__":{"a":1}}', '{}'],
  ['{"a":"b\\",\\"c"}', '{"a":"b","c":""}'],
])('%s and %s are two', (one, other) => {
  expect(of(other)).not.toBe(of(one));
});
