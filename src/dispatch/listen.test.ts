/** Streams over endpoints that change under them. */
import { describe, expect, it } from 'vitest';
import { FakeUpstream, silentLog } from '../../test/fakes/call.ts';
import type { Change } from '../core/ports/changes.ts';
import type { Endpoint } from '../core/endpoint.ts';
import { Streams } from './listen.ts';

const caller = { key: 'c', kind: 'anonymous' as const, share: 'c' };
const ALL = { tools: true, prompts: true, resources: true };

/** An endpoint in front of upstreams; a URI's scheme is its upstream's name. */
function endpoint(...upstreams: FakeUpstream[]): Endpoint {
  return {
    address: '/mcp',
    isMerged: true,
    upstreams,
    serve: () => Promise.reject(new Error('not called')),
    tool: () => undefined,
    offers: () => Promise.resolve(true),
    place: (uri) => {
      const upstream = upstreams.find(({ name }) => uri.startsWith(`${name}:`));
      return Promise.resolve(upstream && { upstream, uri: uri.slice(upstream.name.length + 1) });
    },
    publicUri: (server, uri) => `${server}:${uri}`,
  };
}

async function listening(first: Endpoint, uris: string[] = []) {
  let current: Endpoint | undefined = first;
  const streams = new Streams(() => current, silentLog);
  const heard: Change[] = [];
  let ended = false;
  const stream = await streams.listen({
    address: '/mcp',
    caller,
    wanted: { ...ALL, uris },
    changed: (change) => heard.push(change),
    ended: () => (ended = true),
  });
  const swap = (next: Endpoint | undefined): void => {
    current = next;
    streams.swapped();
  };
  return { streams, stream, heard, swap, isEnded: () => ended };
}

describe('a stream', () => {
  it('hears of lists of servers behind its endpoint, and of no other', async () => {
    const { streams, heard } = await listening(endpoint(new FakeUpstream('a', {})));
    streams.listChanged('a', 'tools');
    streams.listChanged('b', 'tools');
    streams.listChanged('a', 'resourceTemplates');
    expect(heard).toEqual([
      { kind: 'list', list: 'tools' },
      { kind: 'list', list: 'resources' },
    ]);
  });

  it('watches what can be watched, and hears public URIs, of what lies below a URI too', async () => {
    const a = new FakeUpstream('a', {});
    const { stream, heard } = await listening(endpoint(a), ['a:x', 'nobody:x']);
    expect(stream.honoured.uris).toEqual(['a:x']);
    a.subscribed.get('x')?.('x');
    a.subscribed.get('x')?.('x/below');
    expect(heard).toEqual([
      { kind: 'updated', uri: 'a:x' },
      { kind: 'updated', uri: 'a:x/below' },
    ]);
    expect(await stream.want(['a:y'])).toEqual(['a:y']);
    expect([...a.subscribed.keys()]).toEqual(['y']);
    stream.close();
    expect(a.subscribed.size).toBe(0);
  });

  it('is told once of each list when a reload changed what is behind it, and not when it did not', async () => {
    const a = new FakeUpstream('a', {});
    const { heard, swap } = await listening(endpoint(a));
    swap(endpoint(a));
    expect(heard).toEqual([]);
    swap(endpoint(a, new FakeUpstream('b', {})));
    expect(heard.map((change) => change.kind === 'list' && change.list)).toEqual(['tools', 'prompts', 'resources']);
  });

  it('watches on at the server that took the place of another', async () => {
    const [before, after] = [new FakeUpstream('a', {}), new FakeUpstream('a', {})];
    const { swap, heard } = await listening(endpoint(before), ['a:x']);
    swap(endpoint(after));
    expect(before.subscribed.size).toBe(0);
    await expect.poll(() => after.subscribed.size).toBe(1);
    after.subscribed.get('x')?.('x');
    expect(heard.at(-1)).toEqual({ kind: 'updated', uri: 'a:x' });
  });

  it('ends with its endpoint, and holds nothing then', async () => {
    const a = new FakeUpstream('a', {});
    const { swap, isEnded, streams } = await listening(endpoint(a), ['a:x']);
    swap(undefined);
    expect([isEnded(), streams.size, a.subscribed.size]).toEqual([true, 0, 0]);
  });
});
