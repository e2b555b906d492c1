/** A verdict that could not be bad would be worth nothing. */
import { expect, it } from 'vitest';
import { judgeOrder } from './replay-verdict.ts';
import { Findings } from './soak.ts';

const expected = ['a 1', 'a 2', 'a 3'];

it.each([
  [['a 1', 'a 2', 'a 3'], undefined],
  [['a 1', 'a 3'], 'missing'],
  [['a 1', 'a 2', 'a 2', 'a 3'], 'twice'],
  [['a 2', 'a 1', 'a 3'], 'disordered'],
  [['a 1', 'a 2', 'b 2', 'a 3'], 'crossed'],
])('what was heard as %j is %s', (got, finding) => {
  const findings = new Findings(() => undefined);
  judgeOrder('here', { expected, got, secret: 'a' }, findings);
  expect(findings.kept.map((text) => text.split(':')[0])).toEqual(finding === undefined ? [] : [finding]);
});
