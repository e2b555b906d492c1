/** Who is on a roll, whoever comes and goes. */
import { expect, it } from 'vitest';
import { Roll } from './roll.ts';

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
