/** What a model is told of a tool that failed. */
import { expect, it } from 'vitest';
import { fakeCall, silentLog } from '../../test/fakes/call.ts';
import type { Round } from '../core/question.ts';
import { Fault, type Delivered } from '../kernel/fault.ts';
import { member } from '../kernel/json.ts';
import { build } from './build.ts';
import { settle } from './settle.ts';

async function told(delivered: Delivered, round?: Round): Promise<string> {
  const next = build([settle(silentLog)], () => Promise.reject(new Fault('unavailable', 'Away.', { delivered })));
  const outcome = await next(fakeCall('tools/call', { name: 't' }, { round }));
  return outcome.kind === 'result' ? JSON.stringify(member(outcome.payload.parse(), 'content')) : outcome.kind;
}

it('a call that failed is told with whether it may have run', async () => {
  expect(await told('no')).toContain('The tool was not run.');
  expect(await told('unknown')).toContain('The tool may have run');
  expect(await told('yes')).toContain('The tool has run');
});

it('who has answered what a tool asked is not told that it was not run', async () => {
  const round = { answers: '{}', state: '"s"', held: undefined };
  expect(await told('no', round)).toContain('The tool may have run');
  expect(await told('yes', round)).toContain('The tool has run');
});
