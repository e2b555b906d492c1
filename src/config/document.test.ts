/** YAML with places, and the forms of YAML that are refused. Nothing here knows a key of ours. */
import { expect, test } from 'vitest';
import { parse } from './document.ts';
import { tell } from './source.ts';
import { find, plain } from './tree.ts';

const told = (text: string) => parse(text, 'g.yaml').problems.map(tell);

test('values keep the line and column at which they were written', () => {
  const { tree } = parse('servers:\n  github:\n    args: [a, b]\n', 'g.yaml');
  expect(tree && find(tree, ['servers', 'github', 'args', 1])).toMatchObject({
    value: { place: { file: 'g.yaml', line: 3, column: 15 } },
  });
  expect(tree && find(tree, ['servers', 'github', 'url']).keyPlace).toMatchObject({ line: 2, column: 3 });
});

test('an empty file is an empty map', () => {
  expect(parse('# nothing yet\n', 'g.yaml')).toMatchObject({ problems: [], tree: { kind: 'map' } });
});

test.each([
  ['a: 1\nb: 2\na: 3\n', 'g.yaml:3:1 a: is given twice; first in line 1; remove one of them'],
  ['a: !!str 5\n', 'g.yaml:1:10 a: YAML tags are not allowed; write the plain value'],
  ['a: !secret x\n', 'g.yaml:1:12 a: YAML tags are not allowed; write the plain value'],
  ['x: &x {b: 1}\na:\n  <<: *x\n', 'g.yaml:3:3 a: merge keys (<<) are not allowed; write the keys out'],
  ['__proto__: {a: 1}\n', 'g.yaml:1:1 a key cannot be called __proto__'],
  ['? [a]\n: 1\n', 'g.yaml:1:3 a key must be plain text'],
  ['a:\nb: 1\n', 'g.yaml:1:3 a: is empty; write a value, or remove the line'],
  ['{a}\n', 'g.yaml:1:2 a: is empty; write a value, or remove the line'],
  ['a: *nothing\n', 'g.yaml:1:4 a: is an alias (*) of nothing; put it in quotes if it is text'],
  ['- a\n- b\n', 'g.yaml:1:1 must be a map of keys; begin with `servers:`'],
  ['a: 1\n---\nb: 2\n', 'g.yaml:2:1 begins a second document; remove the `---`; name further files with include'],
  ['a: [1,\nb: 2\n', 'is no valid YAML'],
])('%j is refused with its place', (text, message) => {
  expect(told(text).join('\n')).toContain(message);
});

test.each([
  '""}hunter2',
  'a: |hunter2\n',
  'a: *hunter2\n',
  'a: !hunter2 x\n',
  'a: "\\hunter2"\n',
  'a: [x]hunter2\n',
  'a: `hunter2\n',
  '&hunter2 *hunter2\n',
])('nothing of %j is repeated', (text) => {
  expect(told(text).join('\n')).toMatch(/^g\.yaml:\d/);
  expect(told(text).join('\n')).not.toContain('hunter2');
});

test('every problem of a file is told, not only the first', () => {
  expect(told('a: !x 1\nb:\nc: 1\nc: 2\n')).toHaveLength(3);
});

test('a plain alias stands for what its anchor holds', () => {
  const { tree } = parse('a: &x {k: [1]}\nb: *x\n', 'g.yaml');
  expect(tree && plain(tree)).toEqual({ a: { k: [1] }, b: { k: [1] } });
});

test('aliases that multiply are stopped', () => {
  const lines = Array.from(
    { length: 12 },
    (_, level) =>
      `k${level}: &k${level} [${Array.from({ length: 10 }, () => (level === 0 ? '1' : `*k${level - 1}`)).join(', ')}]`,
  );
  const problems = told(lines.join('\n'));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain('too many values');
});

test('of very many problems some are told', () => {
  expect(told('a: 1\n'.repeat(130_000))).toHaveLength(1000);
});

test('an alias stands for the last anchor of its name before it, wherever it is used', () => {
  const { tree } = parse('a: &x 1\nb: &y [*x]\nc: &x 2\nd: [*y, *x]\n', 'g.yaml');
  expect(tree && plain(tree)).toEqual({ a: 1, b: [1], c: 2, d: [[1], 2] });
});

test('thousands of aliases are read once each', () => {
  const { tree, problems } = parse(`x: &x 1\ny: [${'*x, '.repeat(20_000)}]\n`, 'g.yaml');
  expect(problems).toEqual([]);
  expect(tree && find(tree, ['y', 19_999]).value).toMatchObject({ value: 1 });
});

test('an alias that holds itself is stopped, and that is said once', () => {
  expect(told('a: &a [*a, *a, *a]\n')).toHaveLength(1);
  expect(told('a: &a [*a]\n').join()).toContain('is nested too deeply');
});

test.each([100, 20_000])('lists %i deep are refused without a crash', (depth) => {
  expect(told(`a: ${'['.repeat(depth)}${']'.repeat(depth)}`)).not.toEqual([]);
});

test('one that multiplies is stopped', () => {
  const lines = Array.from({ length: 20 }, (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`);
  expect(told(['a0: &a0 [x]', ...lines].join('\n')).join()).toContain('holds too many values');
});

test.each([
  ['open brackets', `a: ${'['.repeat(20_000)}`],
  ['brackets', `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`],
  ['a few too many brackets', `a: ${'['.repeat(70)}${']'.repeat(70)}`],
  ['indentation', Array.from({ length: 1200 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
])('what is nested too deeply is one problem: %s', (_what, text) => {
  const problems = told(text);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain('is nested too deeply; at most 64 levels are read');
});
