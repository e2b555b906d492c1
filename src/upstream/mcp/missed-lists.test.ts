/** How often it is told that many sessions may have missed a change. */
import { expect, it } from 'vitest';
import { FakeTime } from '../../../test/fakes/time.ts';
import { MissedLists } from './missed-lists.ts';

function house() {
  const time = new FakeTime();
  const told: string[] = [];
  return { time, told, lists: new MissedLists(time, (list) => void told.push(list)) };
}

it('what many sessions may have missed is told at once, and once more when all have been quiet for a while', () => {
  const { time, told, lists } = house();
  for (let session = 0; session < 100; session += 1) lists.missed('tools');
  lists.missed('prompts');
  expect(told).toEqual(['tools', 'prompts']);
  time.pass(30_000);
  expect(told).toEqual(['tools', 'prompts', 'tools']);
  time.pass(30_000);
  lists.missed('tools');
  expect(told).toHaveLength(4);
});

it('nothing is told of what was missed once nobody asks any more', () => {
  const { time, told, lists } = house();
  lists.missed('tools');
  lists.missed('tools');
  lists.close();
  lists.missed('prompts');
  time.pass(60_000);
  expect([told, time.pending]).toEqual([['tools'], 0]);
});
