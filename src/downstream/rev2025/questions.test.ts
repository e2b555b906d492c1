/** Questions of one session, on a clock that stands still. */
import { expect, it } from 'vitest';
import { FakeTime } from '../../../test/fakes/time.ts';
import type { ClientAnswer, Question } from '../../core/question.ts';
import { Abort } from '../../kernel/abort.ts';
import { Fault } from '../../kernel/fault.ts';
import { joinParts } from '../../kernel/parts.ts';
import { readIncoming } from '../../protocol/jsonrpc.ts';
import type { Revision2025 } from '../../protocol/rev2025/differences.ts';
import type { Edge } from '../edge.ts';
import type { Asker } from './answer.ts';
import { ask } from './questions.ts';
import { Session } from './session.ts';

const ROOTS: Question = { method: 'roots/list', params: '{}' };

interface Said {
  readonly id?: string;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

class House {
  readonly time = new FakeTime();
  readonly counts = { parked: 0 };
  readonly said: Said[] = [];
  readonly session: Session;
  isGone = false;

  constructor(able = '{"roots":{}}', revision: Revision2025 = '2025-11-25') {
    this.session = new Session({ address: '/mcp', revision, able, remote: '::1' });
  }

  ask(question = ROOTS, abort = new Abort()): Promise<ClientAnswer> {
    const { time, counts, session } = this;
    const bounds = { parked: 3, parkedPerCaller: 2, parkedTimeoutMs: 1000 };
    const asker = {
      session,
      ask: (parts: Parameters<Asker['ask']>[0]) => {
        if (!this.isGone) this.said.push(JSON.parse(joinParts(parts).toString()) as Said);
        return !this.isGone;
      },
    };
    return ask({ time, counts, bounds } as unknown as Edge, asker as unknown as Asker, { question, abort });
  }

  hear(message: object): void {
    this.session.questions.answered(readIncoming(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message })), 10));
  }
}

const LISTED = { roots: [{ uri: 'file:///a' }] };

it('an answer finds its question by its id, once, in whatever order they come', async () => {
  const house = new House();
  const both = [house.ask(), house.ask()];
  const [first, second] = house.said;
  house.hear({ id: second?.id, error: { code: 1, message: 'no' } });
  house.hear({ id: first?.id, result: LISTED });
  house.hear({ id: first?.id, result: { roots: [] } });
  house.hear({ id: 'unknown', result: LISTED });
  expect(await Promise.all(both)).toEqual([
    { kind: 'result', json: JSON.stringify(LISTED) },
    { kind: 'error', json: '{"code":1,"message":"no"}' },
  ]);
  expect([house.counts.parked, house.time.pending, first?.id === second?.id]).toEqual([0, 0, false]);
});

it('who does not answer in time is told so, and an answer that is late means nothing', async () => {
  const house = new House();
  const asked = house.ask();
  house.time.pass(999);
  expect(house.said).toHaveLength(1);
  house.time.pass(1);
  const id = house.said[0]?.id;
  house.hear({ id, result: LISTED });
  await expect(asked).rejects.toMatchObject({ kind: 'timed-out', delivered: 'yes' });
  expect(house.said[1]).toMatchObject({ method: 'notifications/cancelled', params: { requestId: id } });
  expect(house.counts.parked).toBe(0);
});

it('a call that is over asks nothing, and withdraws what it has asked', async () => {
  const house = new House();
  const abort = new Abort();
  const asked = house.ask(ROOTS, abort);
  abort.now(new Fault('cancelled', 'over'));
  await expect(asked).rejects.toMatchObject({ kind: 'cancelled' });
  await expect(house.ask(ROOTS, abort)).rejects.toMatchObject({ kind: 'cancelled' });
  expect(house.said.map(({ method }) => method)).toEqual(['roots/list', 'notifications/cancelled']);
  expect([house.counts.parked, house.time.pending]).toEqual([0, 0]);
});

it('who cannot be asked is not waited for', async () => {
  const house = new House();
  const asked = house.ask();
  house.isGone = true;
  await expect(house.ask()).rejects.toMatchObject({ kind: 'interaction-unsupported' });
  house.session.silent();
  await expect(asked).rejects.toMatchObject({ kind: 'interrupted' });
  await expect(house.ask()).rejects.toMatchObject({ kind: 'interrupted' });
  house.session.end();
  await expect(house.ask()).rejects.toMatchObject({ kind: 'cancelled' });
  expect([house.counts.parked, house.time.pending]).toEqual([0, 0]);
});

it('questions are bounded, of one client and of all', async () => {
  const house = new House();
  const two = [house.ask(), house.ask()];
  await expect(house.ask()).rejects.toMatchObject({ kind: 'overloaded' });
  const other = new House();
  other.counts.parked = 3;
  await expect(other.ask()).rejects.toMatchObject({ kind: 'overloaded' });
  house.session.end();
  expect((await Promise.allSettled(two)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(house.counts.parked).toBe(0);
});

it.each([
  [
    'what its revision has no words for',
    '2025-03-26',
    '{"elicitation":{}}',
    { method: 'elicitation/create', params: '{}' },
  ],
  ['what it did not declare', '2025-11-25', '{"roots":{}}', { method: 'elicitation/create', params: '{}' }],
  [
    'a mode it did not declare',
    '2025-11-25',
    '{"elicitation":{}}',
    { method: 'elicitation/create', params: '{"mode":"url"}' },
  ],
  [
    'tools it did not declare',
    '2025-11-25',
    '{"sampling":{}}',
    { method: 'sampling/createMessage', params: '{"tools":[]}' },
  ],
  ['what nobody is asked', '2025-11-25', '{"roots":{}}', { method: 'tools/list', params: '{}' }],
] as const)('a client is not asked for %s', async (_, revision, able, question) => {
  const house = new House(able, revision);
  await expect(house.ask(question)).rejects.toMatchObject({ kind: 'interaction-unsupported' });
  expect([house.said, house.counts.parked]).toEqual([[], 0]);
});

it('an answer that is none is as good as a refusal', async () => {
  const house = new House();
  const asked = house.ask();
  house.hear({ id: house.said[0]?.id, result: { roots: 'all' } });
  expect(await asked).toMatchObject({ kind: 'error', json: expect.stringContaining('-32602') });
});

it.each([['no'], [7], [{ code: 1 }], [{ code: 'x', message: 'no' }]])(
  'a refusal such as %j is told in its proper shape',
  async (error) => {
    const house = new House();
    const asked = house.ask();
    house.hear({ id: house.said[0]?.id, error });
    const { kind, json } = await asked;
    expect([kind, JSON.parse(json)]).toEqual(['error', { code: -32602, message: expect.any(String) as string }]);
  },
);
