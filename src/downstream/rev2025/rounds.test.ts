/** What a server asks by ending a call, put to a client question by question. */
import { expect, it } from 'vitest';
import { FakeTime } from '../../../test/fakes/time.ts';
import { Payload } from '../../core/payload.ts';
import type { ClientAnswer, Question, Round } from '../../core/question.ts';
import { Abort } from '../../kernel/abort.ts';
import { Budget } from '../../kernel/bounded.ts';
import { Fault } from '../../kernel/fault.ts';
import { MAX_ROUNDS, nextRound } from './rounds.ts';

interface Running {
  readonly next: Promise<Round>;
  readonly asked: Question[];
  readonly abort: Abort;
  readonly time: FakeTime;
  readonly buffered: Budget;
}

function run(json: string, answers: readonly ClientAnswer[] = [], round = 1): Running {
  const buffered = new Budget(1000);
  const asked: Question[] = [];
  const [abort, time] = [new Abort(), new FakeTime()];
  const ask = (question: Question): Promise<ClientAnswer> => {
    asked.push(question);
    return Promise.resolve(answers[asked.length - 1] ?? { kind: 'result', json: '{}' });
  };
  const outcome = { kind: 'input-required', payload: Payload.ofResult(json) } as const;
  return { next: nextRound(outcome, { round, ask, abort, time, buffered }), asked, abort, time, buffered };
}

it('questions are asked with their params as they were written, and answers come under their keys', async () => {
  const params = '{"messages":[], "maxTokens":1.0}';
  const { next, asked, buffered } = run(
    `{"inputRequests":{"b\\u0022":{"method":"sampling/createMessage","params":${params}},"a":{"method":"roots/list"}}}`,
    [
      { kind: 'result', json: '{"model":"m","n":1.0,"_meta":{"progressToken":1}}' },
      { kind: 'result', json: '{"roots":[]}' },
    ],
  );
  expect(await next).toEqual({
    answers: '{"b\\"":{"model":"m","n":1.0},"a":{"roots":[]}}',
    state: undefined,
    held: undefined,
  });
  expect(asked).toEqual([
    { method: 'sampling/createMessage', params },
    { method: 'roots/list', params: '{}' },
  ]);
  expect(buffered.held).toBe(0);
});

it('a round without questions comes after a while, and not where the call has ended', async () => {
  const going = run('{"requestState":"s"}');
  going.time.pass(249);
  expect(going.time.pending).toBe(1);
  going.time.pass(1);
  expect(await going.next).toEqual({ answers: undefined, state: '"s"', held: undefined });
  const gone = run('{"requestState":"s"}');
  gone.abort.now(new Fault('cancelled', 'gone'));
  await expect(gone.next).rejects.toMatchObject({ kind: 'cancelled' });
  expect(gone.time.pending).toBe(0);
});

it('answers are not held beyond what may be held', async () => {
  const { next, buffered } = run('{"inputRequests":{"r":{"method":"roots/list"}}}', [
    { kind: 'result', json: `{"roots":[],"x":"${'y'.repeat(1000)}"}` },
  ]);
  await expect(next).rejects.toMatchObject({ kind: 'overloaded' });
  expect(buffered.held).toBe(0);
});

it.each([
  ['asks for nothing', '{}', 1],
  ['asks nothing that is a question', '{"inputRequests":[]}', 1],
  ['asks too often', '{"requestState":"s"}', MAX_ROUNDS + 1],
  [
    'asks too much at once',
    JSON.stringify({ inputRequests: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`k${i}`, {}])) }),
    1,
  ],
])('a server that %s ends the call', async (_, json, round) => {
  const { next, asked } = run(json, [], round);
  await expect(next).rejects.toMatchObject({ kind: 'interaction-unsupported', delivered: 'yes' });
  expect(asked).toEqual([]);
});
