/** The load client and its judge against the fixtures alone, and against answers that are wrong on purpose. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from './client.ts';
import type { Answer } from './client.ts';
import { HttpFixture, readJournal } from './fixture.ts';
import { until } from './soak.ts';
import { judge, secretOf } from './verdict.ts';

const revisions = ['2025-11-25', '2026-07-28'] as const;
const MANY = 50;

describe.each(revisions)('a client of %s on a fixture', (revision) => {
  const folder = mkdtempSync(join(tmpdir(), 'soak-client-'));
  const journal = join(folder, 'journal');
  let fixture: HttpFixture;

  beforeAll(async () => {
    fixture = await HttpFixture.started({ name: 'alone', revision, journal });
  });

  afterAll(async () => {
    await fixture[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  it('gets its own result, progress and log lines', async () => {
    const client = await opened(fixture, revision, true);
    const secret = secretOf(1, 2, 3);
    const answer = await client.call('echo', { secret, pauses: [0, 1, 2] }, { progress: true });
    const verdict = judge(answer, { secret, steps: 3, progress: true, logs: true });
    expect(verdict).toEqual({ wrong: [], progress: 3, logs: 3 });
    await client.close();
  });

  it('gets neither progress nor log lines that it did not ask for', async () => {
    const client = await opened(fixture, revision, false);
    const answer = await client.call('echo', { secret: 'x', pauses: [1] });
    expect(answer.told).toEqual([]);
    await client.close();
  });

  it('is heard by others with the same ids, each for itself', async () => {
    const clients = await Promise.all(Array.from({ length: MANY }, () => opened(fixture, revision, false)));
    const keys = clients.map((_, index) => `key-${index}`);
    const answers = await Promise.all(
      clients.map((each, index) => each.call('count', { key: keys[index], pauses: [index % 3] })),
    );
    expect(answers.map(textOf)).toEqual(keys);
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    const counted = readJournal(journal).filter(({ kind }) => kind === 'count');
    expect(counted.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
    await Promise.all(clients.map((each) => each.close()));
  });

  it('hears of what it subscribed to, and of nothing else', async () => {
    const client = await opened(fixture, revision, false);
    const heard: unknown[] = [];
    const stream = await client.listen(['secret://alone/mine'], ({ params }) =>
      heard.push((params as { uri?: unknown }).uri),
    );
    await client.call('touch', { uri: 'secret://alone/another' });
    await client.call('touch', { uri: 'secret://alone/mine' });
    await until('the update', 5_000, () => heard.length > 0);
    expect(heard).toEqual(['secret://alone/mine']);
    expect(stream.ended).toBeUndefined();
    await client.close();
    await until('the end of the stream', 5_000, () => stream.ended !== undefined);
  });

  it('is told of a reset, of a deadline and of an unknown tool as three different things', async () => {
    const client = await opened(fixture, revision, false);
    expect((await client.call('none', {})).response?.['error']).toMatchObject({ code: -32602 });
    expect((await client.call('hang', {}, { deadlineMs: 50 })).failure).toContain('50 ms');
    const hanging = client.call('slow', { ms: 60_000 });
    await client.call('identity', {});
    fixture.signal('SIGUSR2');
    expect(await hanging).toMatchObject({ status: 0, response: undefined, failure: expect.any(String) });
    await client.close();
  });
});

describe('the judge', () => {
  const secret = secretOf(1, 1, 1);
  const expected = { secret, steps: 1, progress: true, logs: false };
  const result = (text: string) => ({ jsonrpc: '2.0', id: 4, result: { content: [{ type: 'text', text }] } });
  const progress = (token: unknown, message: string) => ({
    method: 'notifications/progress',
    params: { progressToken: token, progress: 1, message },
  });
  const answer = (more: Partial<Answer>): Answer => ({
    status: 200,
    headers: {},
    failure: undefined,
    body: undefined,
    ms: 1,
    id: 4,
    told: [progress(4, secret)],
    response: result(secret),
    ...more,
  });
  const kinds = (more: Partial<Answer>) => judge(answer(more), expected).wrong.map(({ kind }) => kind);

  it.each([
    ['nothing wrong', {}, []],
    ["another's result", { response: result(secretOf(2, 1, 1)) }, ['cross-delivery', 'missing-result']],
    ["another's progress", { told: [progress(4, secretOf(1, 2, 1))] }, ['cross-delivery']],
    ['a token of another type', { told: [progress('4', secret)] }, ['wrong-id']],
    ['an id of another type', { response: { ...result(secret), id: '4' } }, ['wrong-id']],
    ['no progress', { told: [] }, ['missing-progress']],
    ['progress twice', { told: [progress(4, secret), progress(4, secret)] }, ['missing-progress']],
    [
      'a log line unasked',
      { told: [progress(4, secret), { method: 'notifications/message', params: {} }] },
      ['unasked'],
    ],
    ['no response', { response: undefined }, ['error']],
    ['an error', { response: { jsonrpc: '2.0', id: 4, error: { code: -32603 } } }, ['error']],
    ['two responses', { failure: '2 responses' }, ['error']],
  ] as const)('finds %s', (_what, more, found) => {
    expect(kinds(more as Partial<Answer>)).toEqual(found);
  });
});

async function opened(fixture: HttpFixture, revision: (typeof revisions)[number], logs: boolean): Promise<Client> {
  const client = new Client(fixture.url, revision, { logs });
  await client.open();
  return client;
}

function textOf({ response }: Answer): unknown {
  return (response?.['result'] as { content?: readonly { text?: unknown }[] } | undefined)?.content?.[0]?.text;
}
