/** Renamed URIs, sealed state, and questions that a client cannot be asked. */
import { describe, expect, it } from 'vitest';
import { fakeCall, FakeUpstream, silentLog } from '../../test/fakes/call.ts';
import { Catalog } from '../catalog/catalog.ts';
import { Directory } from '../catalog/directory.ts';
import { Payload } from '../core/payload.ts';
import type { Outcome } from '../core/outcome.ts';
import { systemTime } from '../kernel/time.ts';
import { sealer } from '../seal/seal.ts';
import { REQUEST } from '../protocol/jsonrpc.ts';
import { renamedUris } from '../catalog/renamed.ts';
import { build } from '../pipeline/build.ts';
import { shaping, single } from './single.ts';

const catalog = new Catalog(new FakeUpstream('a', {}), {
  maxEntries: 10,
  time: systemTime(),
  log: silentLog,
  onChange: () => undefined,
});
const directory = new Directory([catalog], { separator: '__', max: 64 }, silentLog);
const target = { server: 'a', name: 't', edits: [], mirrored: [] };

function dispatch(answer: (state: string | undefined) => Outcome) {
  const seal = sealer(['k']);
  const chain = build([shaping({ server: 'a', directory, seal })], (call) => {
    const edit = call.target?.edits.find(({ start }) => start === call.payload.fields.start(REQUEST.requestState));
    return Promise.resolve(answer(typeof edit?.put === 'string' ? (JSON.parse(edit.put) as string) : undefined));
  });
  return single({ chains: new Map([['a', chain]]), seal });
}

const asking = (method: string): Outcome => ({
  kind: 'input-required',
  payload: Payload.ofResult(
    JSON.stringify({ resultType: 'input_required', inputRequests: { q: { method } }, requestState: 'theirs' }),
  ),
});

describe('where several servers share an address', () => {
  it('a server\u2019s state goes out sealed and comes back as it was, to that caller only', async () => {
    const seen: (string | undefined)[] = [];
    const next = dispatch((state) => {
      seen.push(state);
      return asking('elicitation/create');
    });
    const able = '{"elicitation":{}}';
    const first = await next(fakeCall('tools/call', { name: 't' }, { target, able }));
    const state = first.kind === 'input-required' ? first.state : undefined;
    expect(state).toBeDefined();
    expect(state).not.toContain('theirs');
    await next(fakeCall('tools/call', { name: 't', requestState: state }, { target, able }));
    expect(seen).toEqual([undefined, 'theirs']);
    const other = { key: 'other', kind: 'anonymous' as const, share: 'x' };
    await expect(
      next(fakeCall('tools/call', { name: 't', requestState: state }, { target, able, caller: other })),
    ).rejects.toMatchObject({ kind: 'unknown-name' });
    await expect(
      next(fakeCall('tools/call', { name: 't', requestState: 'theirs' }, { target, able })),
    ).rejects.toMatchObject({ kind: 'unknown-name' });
  });

  it.each([
    ['elicitation/create', '{}', 'elicitation'],
    ['sampling/createMessage', '{"elicitation":{}}', 'sampling'],
    ['elicitation/create', '{"elicitation":{"url":{}}}', 'elicitation'],
  ])('a client that cannot answer %s is not asked', async (method, able, missing) => {
    const next = dispatch(() => asking(method));
    await expect(next(fakeCall('tools/call', { name: 't' }, { target, able }))).rejects.toMatchObject({
      kind: 'capability-missing',
      data: { requiredCapabilities: { [missing]: {} } },
    });
  });
});

describe('renamed URIs', () => {
  it('are found wherever a result names a resource, and nothing else is touched', () => {
    const result = Buffer.from(
      '{"content":[{"type":"resource_link","uri":"x:1","n":1.0},{"type":"resource","resource":{"uri":"x:1","text":"x:1"}}],"_meta":{"ui":{"resourceUri":"x:1"},"o":"x:1"}, "uri":["x:1"] }',
    );
    const renamed = renamedUris(result, (uri) => (uri === 'x:1' ? 'g:1' : uri));
    expect(renamed?.toString()).toBe(
      '{"content":[{"type":"resource_link","uri":"g:1","n":1.0},{"type":"resource","resource":{"uri":"g:1","text":"x:1"}}],"_meta":{"ui":{"resourceUri":"g:1"},"o":"x:1"}, "uri":["x:1"] }',
    );
    expect(renamedUris(result, (uri) => uri)).toBeUndefined();
  });
});
