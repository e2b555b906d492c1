/** Renamed URIs, sealed state, and questions that a client cannot be asked. */
import { describe, expect, it } from 'vitest';
import { FakeTime } from '../../test/fakes/time.ts';
import { fakeCall, FakeUpstream, silentLog } from '../../test/fakes/call.ts';
import { Catalog } from '../catalog/catalog.ts';
import { Directory } from '../catalog/directory.ts';
import { Payload } from '../core/payload.ts';
import type { Call } from '../core/call.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Round } from '../core/question.ts';
import { systemTime } from '../kernel/time.ts';
import { readIncoming } from '../protocol/jsonrpc.ts';
import { sealer } from '../seal/seal.ts';
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

function dispatch(answer: (round: Round | undefined) => Outcome, isMerged = true, time = new FakeTime()) {
  const seal = sealer(['k']);
  const chain = build([shaping({ server: 'a', directory, seal, time, isMerged })], (call) =>
    Promise.resolve(answer(call.round)),
  );
  return single({ chains: new Map([['a', chain]]), seal, time, isMerged });
}

const round = (state: string): Round => ({ answers: '{}', state: JSON.stringify(state), held: undefined });

const asking = (method: string): Outcome => ({
  kind: 'input-required',
  payload: Payload.ofResult(
    JSON.stringify({ resultType: 'input_required', inputRequests: { q: { method } }, requestState: 'theirs' }),
  ),
});

const able = '{"elicitation":{}}';

/** With params as they are written. */
const textCall = (params: string): Call => ({
  ...fakeCall('tools/call', {}, { target, able }),
  payload: Payload.params(
    readIncoming(Buffer.from(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`), 64).fields,
  ),
});
const stranger = { key: 'other', kind: 'anonymous' as const, share: 'x' };

describe('where several servers share an address', () => {
  it('a server\u2019s state goes out sealed and comes back as it was, to that caller and that call only', async () => {
    const seen: (Round | undefined)[] = [];
    const next = dispatch((brought) => {
      seen.push(brought);
      return asking('elicitation/create');
    });
    const first = await next(fakeCall('tools/call', { name: 't' }, { target, able }));
    const state = (first.kind === 'input-required' && first.state) || '';
    expect(state).not.toBe('');
    expect(state).not.toContain('theirs');
    const again = { target, able, round: round(state) };
    await next(fakeCall('tools/call', { name: 't', requestState: state }, again));
    expect(seen).toEqual([undefined, round('theirs')]);
    const refused = { kind: 'unknown-name', message: 'params.requestState is not one that was given out here.' };
    for (const call of [
      fakeCall('tools/call', { name: 't' }, { ...again, caller: stranger }),
      fakeCall('tools/call', { name: 't', arguments: { x: 1 } }, again),
      fakeCall('tools/call', { name: 't' }, { ...again, endpoint: '/servers/a/mcp' }),
      fakeCall('tools/call', { name: 't' }, { ...again, round: round('theirs') }),
      fakeCall('tools/call', { name: 't' }, { ...again, round: round(`${state}A`) }),
      fakeCall('tools/call', { name: 't' }, { ...again, round: { ...round(''), state: '7' } }),
    ])
      await expect(next(call)).rejects.toMatchObject(refused);
  });
});

it('state comes back with the same params in other words, and with no others', async () => {
  const next = dispatch(() => asking('elicitation/create'));
  const first = await next(textCall('{"name":"t","arguments":{"a":1,"b":{"c":[1,2],"d":"x"}}}'));
  const brought = round((first.kind === 'input-required' && first.state) || '');
  const again = (params: string): Promise<Outcome> => next({ ...textCall(params), round: brought });
  const same = String.raw`{ "arguments" : {"b":{"d":"\u0078","c":[1.0, 2]}, "a":1e0}, "inputResponses":{}, "name":"t", "_meta":{"n":2} }`;
  await expect(again(same)).resolves.toMatchObject({ kind: 'input-required' });
  for (const other of ['{"a":1,"b":{"c":[2,1],"d":"x"}}', '{"a":"1","b":{"c":[1,2],"d":"x"}}', '{"a":1}', 'null'])
    await expect(again(`{"name":"t","arguments":${other}}`)).rejects.toMatchObject({ kind: 'unknown-name' });
});

it('a server\u2019s state that is too long to come back is refused at once', async () => {
  const asks = (length: number): Outcome => ({
    kind: 'input-required',
    payload: Payload.ofResult(`{"resultType":"input_required","requestState":"${'s'.repeat(length)}"}`),
  });
  const call = fakeCall('tools/call', { name: 't' }, { target, able });
  const fits = await dispatch(() => asks(48_000))(call);
  const state = (fits.kind === 'input-required' && fits.state) || '';
  const seen: (Round | undefined)[] = [];
  const next = dispatch((brought) => {
    seen.push(brought);
    return asks(1);
  });
  await next({ ...call, round: round(state) });
  expect(seen[0]?.state?.length).toBe(48_002);
  await expect(dispatch(() => asks(60_000))(call)).rejects.toMatchObject({ kind: 'broken' });
});

it.each([
  ['neither questions nor state', '{}'],
  ['no question and no state', '{"inputRequests":{}}'],
  ['questions in a list', '{"inputRequests":[],"requestState":"s"}'],
  ['state that is no text', '{"inputRequests":{"q":{"method":"elicitation/create"}},"requestState":7}'],
])('a server that gives %s has not asked', async (_, json) => {
  for (const isMerged of [true, false]) {
    const next = dispatch(() => ({ kind: 'input-required', payload: Payload.ofResult(json) }), isMerged);
    await expect(next(fakeCall('tools/call', { name: 't' }, { target, able }))).rejects.toMatchObject({
      kind: 'broken',
    });
  }
});

it('a completion asks nobody', async () => {
  const next = dispatch(() => asking('elicitation/create'));
  const call = fakeCall('completion/complete', { ref: { type: 'ref/prompt', name: 't' } }, { target, able });
  await expect(next(call)).rejects.toMatchObject({ kind: 'broken' });
});

it('a server\u2019s state that was sealed is good for an hour', async () => {
  const time = new FakeTime();
  const next = dispatch(() => asking('elicitation/create'), true, time);
  const first = await next(fakeCall('tools/call', { name: 't' }, { target, able }));
  const again = { target, able, round: round((first.kind === 'input-required' && first.state) || '') };
  time.pass(59 * 60_000);
  await expect(next(fakeCall('tools/call', { name: 't' }, again))).resolves.toMatchObject({ kind: 'input-required' });
  time.pass(60_001);
  await expect(next(fakeCall('tools/call', { name: 't' }, again))).rejects.toMatchObject({ kind: 'unknown-name' });
});

describe('at the address of one server', () => {
  it('its own state passes as it is', async () => {
    const seen: (Round | undefined)[] = [];
    const next = dispatch((brought) => {
      seen.push(brought);
      return asking('elicitation/create');
    }, false);
    const first = await next(fakeCall('tools/call', { name: 't' }, { target, able }));
    expect(first).not.toHaveProperty('state');
    await next(fakeCall('tools/call', { name: 't' }, { target, able, round: round('theirs') }));
    expect(seen[1]).toEqual(round('theirs'));
  });

  it('a call that is held goes on for its caller alone', async () => {
    const seen: (Round | undefined)[] = [];
    const next = dispatch((brought) => {
      seen.push(brought);
      return { ...asking('elicitation/create'), held: 'leg-1' } as Outcome;
    }, false);
    const first = await next(fakeCall('tools/call', { name: 't' }, { target, able }));
    const state = (first.kind === 'input-required' && first.state) || '';
    expect(state).not.toContain('leg');
    const again = { target, able, round: round(state) };
    await next(fakeCall('tools/call', { name: 't' }, again));
    expect(seen[1]).toEqual({ answers: '{}', state: undefined, held: 'leg-1' });
    // To whom it was not given it says nothing: it may as well be the server's.
    await next(fakeCall('tools/call', { name: 't' }, { ...again, caller: stranger }));
    expect(seen[2]).toEqual(round(state));
    await expect(next(fakeCall('tools/call', { name: 't', arguments: { x: 1 } }, again))).rejects.toMatchObject({
      kind: 'unknown-name',
    });
  });
});

describe('a question', () => {
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
