/** What a form takes. */
import { describe, expect, test } from 'vitest';
import { formProblem } from './forms.ts';

const judge = (field: unknown, value: unknown): string | undefined =>
  formProblem({ type: 'object', properties: { f: field } }, { f: value });

const GOOD: readonly (readonly [field: unknown, value: unknown])[] = [
  [{ type: 'string' }, ''],
  [{ type: 'string', minLength: 1, maxLength: 2 }, '😀😀'],
  [{ type: 'string', minLength: 2 }, '\ud83d\ud83d'],
  [{ type: 'string', minLength: 2 }, '\ude00\ude00'],
  [{ type: 'string', pattern: '^(a+)+$' }, 'b'],
  [{ type: 'string', format: 'email' }, 'ann@example.com'],
  [{ type: 'string', format: 'uri' }, 'urn:isbn:0'],
  [{ type: 'string', format: 'uri' }, 'https://example.com/a?b=%20#c'],
  [{ type: 'string', format: 'date' }, '2024-02-29'],
  [{ type: 'string', format: 'date-time' }, '2026-11-21T20:00:00.5+01:00'],
  [{ type: 'string', format: 'date-time' }, '2016-12-31T23:59:60Z'],
  [{ type: 'string', format: 'something' }, 'x'],
  [{ type: 'number', minimum: 0, maximum: 1 }, 0.5],
  [{ type: 'integer', minimum: -3 }, -3],
  [{ type: 'integer' }, 42.0],
  [{ type: 'boolean' }, false],
  [{ type: 'string', enum: ['a', 'b'] }, 'b'],
  [{ type: 'string', enum: ['a'], enumNames: ['A'] }, 'a'],
  [{ type: 'string', oneOf: [{ const: 'a', title: 'A' }] }, 'a'],
  [{ enum: ['a'] }, 'a'],
  [{ type: 'array', items: { type: 'string', enum: ['a', 'b'] }, minItems: 1, maxItems: 2 }, ['a', 'b']],
  [{ type: 'array', items: { anyOf: [{ const: 'a' }] } }, []],
  [{ type: 'x-vendor' }, 'x'],
  ['nonsense', 'x'],
];

const BAD: readonly (readonly [field: unknown, value: unknown])[] = [
  [{ type: 'string' }, 1],
  [{ type: 'string' }, null],
  [{ type: 'string' }, { a: 1 }],
  [{ type: 'string', minLength: 3 }, '😀😀'],
  [{ type: 'string', maxLength: 1 }, 'ab'],
  [{ type: 'string', format: 'email' }, 'ann at example.com'],
  [{ type: 'string', format: 'email' }, '@example.com'],
  [{ type: 'string', format: 'uri' }, '/relative'],
  [{ type: 'string', format: 'uri' }, 'https://exa mple.com'],
  [{ type: 'string', format: 'date' }, '2023-02-29'],
  [{ type: 'string', format: 'date' }, '2023-13-01'],
  [{ type: 'string', format: 'date' }, '2023-1-1'],
  [{ type: 'string', format: 'date-time' }, '2026-11-21'],
  [{ type: 'string', format: 'date-time' }, '2026-11-21T24:00:00Z'],
  [{ type: 'string', format: 'date-time' }, '2026-11-21T20:00:00'],
  [{ type: 'number', minimum: 1 }, 0.5],
  [{ type: 'number' }, '1'],
  [{ type: 'integer' }, 1.5],
  [{ type: 'integer', maximum: 3 }, 4],
  [{ type: 'boolean' }, 'true'],
  [{ type: 'string', enum: ['a', 'b'] }, 'c'],
  [{ type: 'string', oneOf: [{ const: 'a', title: 'A' }] }, 'A'],
  [{ type: 'array', items: { enum: ['a', 'b'] } }, ['a', 'c']],
  [{ type: 'array', items: { anyOf: [{ const: 'a' }] } }, ['b']],
  [{ type: 'array', minItems: 1 }, []],
  [{ type: 'array', maxItems: 1 }, ['a', 'a']],
  [{ type: 'array' }, [1]],
  [{ type: 'array' }, 'a'],
  [{ type: 'x-vendor' }, {}],
];

describe('a field', () => {
  test.each(GOOD)('%j takes %j', (field, value) => {
    expect(judge(field, value)).toBeUndefined();
  });

  test.each(BAD)('%j refuses %j, by its name', (field, value) => {
    expect(judge(field, value)).toMatch(/^"f" .*\.$/u);
  });
});

test('a form needs what it requires, and takes more unless it says that it does not', () => {
  const form = { type: 'object', properties: { a: { type: 'string' } }, required: ['a', 7] };
  expect(formProblem(form, {})).toBe('The form needs "a".');
  expect(formProblem(form, { a: 'x', b: 1 })).toBeUndefined();
  expect(formProblem(form, { a: 'x', b: { c: 1 } })).toMatch(/^A field of the content /u);
  expect(formProblem({ ...form, additionalProperties: false }, { a: 'x', b: 1 })).toMatch(/does not\.$/u);
});

test('a form that takes no more takes what it has', () => {
  const form = { properties: { a: { type: 'string' } }, additionalProperties: false };
  expect(formProblem(form, { a: 'x' })).toBeUndefined();
});

test('members that every object inherits are no fields', () => {
  const form = { properties: {}, required: ['toString'], additionalProperties: false };
  expect(formProblem(form, {})).toBe('The form needs "toString".');
  expect(formProblem({ ...form, required: [] }, { constructor: 'x' })).toMatch(/does not\.$/u);
});

test('what is no schema asks for nothing', () => {
  for (const schema of [undefined, null, 7, [], { properties: [], required: 'a' }])
    expect(formProblem(schema, { a: 'x' })).toBeUndefined();
});

test('names are shown short', () => {
  expect(formProblem({ required: ['n'.repeat(1_000_000)] }, {})?.length).toBeLessThan(100);
});

test('many values among many choices are looked up, not compared one by one', () => {
  const choices = Array.from({ length: 100_000 }, (_, i) => `c${i}`);
  expect(judge({ type: 'array', items: { enum: choices } }, choices)).toBeUndefined();
});
