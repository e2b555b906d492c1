/** Who is on a roll, whoever comes and goes. */
import { expect, it } from 'vitest';
import { Place, Roll } from './roll.ts';

it('holds those who have not left, in the order in which they came', () => {
  const roll = new Roll<string>();
  expect([roll.isEmpty, roll.values()]).toEqual([true, []]);
  const [first, second, third] = ['a', 'b', 'c'].map((name) => roll.add(name));
  second?.leave();
  second?.leave();
  expect([roll.isEmpty, roll.values()]).toEqual([false, ['a', 'c']]);
  first?.leave();
  roll.add('d');
  third?.leave();
  expect(roll.values()).toEqual(['d']);
});

it('lets members leave while it is gone through', () => {
  const roll = new Roll<() => void>();
  const places = [0, 1, 2].map((index) => roll.add(() => places[index]?.leave()));
  for (const leave of roll.values()) leave();
  expect(roll.isEmpty).toBe(true);
});

it('takes who has a place of its own in at the end, as often as it comes, and away from where it was', () => {
  const [one, other] = [new Roll<string>(), new Roll<string>()];
  const [a, b, c] = [new Place('a'), new Place('b'), new Place('c')];
  expect(one.first).toBeUndefined();
  for (const place of [a, b, c, a]) one.enter(place);
  expect([one.first, one.values()]).toEqual(['b', ['b', 'c', 'a']]);
  b.leave();
  c.leave();
  one.enter(c);
  expect(one.values()).toEqual(['a', 'c']);
  other.enter(a);
  expect([one.values(), other.values()]).toEqual([['c'], ['a']]);
});
