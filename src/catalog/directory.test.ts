/** Directories and catalogs over upstreams that are only lists. */
import { describe, expect, it } from 'vitest';
import { FakeUpstream, silentLog } from '../../test/fakes/call.ts';
import { systemTime } from '../kernel/time.ts';
import type { ListKind } from '../protocol/methods.ts';
import { Catalog } from './catalog.ts';
import { Directory } from './directory.ts';

const time = systemTime();
const rule = { separator: '__', max: 64 };

function house(lists: Record<string, Record<string, unknown[]>>, changed: (list: ListKind) => void = () => undefined) {
  const upstreams = Object.entries(lists).map(([name, list]) => new FakeUpstream(name, list));
  const catalogs = upstreams.map(
    (upstream) => new Catalog(upstream, { maxEntries: 100, time, log: silentLog, onChange: changed }),
  );
  return { upstreams, catalogs, merged: new Directory(catalogs, rule, silentLog) };
}

const shown = async (directory: Directory, kind: ListKind): Promise<string[]> =>
  (await directory.list(kind)).entries.map(String);

describe('a directory of several servers', () => {
  it('lists every entry under its public name and every other byte as it was', async () => {
    const { merged } = house({
      a: { tools: [{ name: 'x', n: 1, execution: { taskSupport: 'optional' }, z: [] }] },
      b: { tools: [{ t: 1, name: 'x' }] },
    });
    expect(await shown(merged, 'tools')).toEqual(['{"name":"a__x","n":1,"z":[]}', '{"t":1,"name":"b__x"}']);
  });

  it('finds by public name only, and asks again before it says no', async () => {
    const { merged, upstreams } = house({ a: { tools: [{ name: 'x' }] } });
    expect((await merged.named('tools', 'a__x'))?.entry.own).toBe('x');
    expect(await merged.named('tools', 'x')).toBeUndefined();
    expect(await merged.named('tools', 'b__x')).toBeUndefined();
    expect(upstreams[0]?.asked).toEqual(['tools/list']);
  });

  it('leaves a URI that two servers offer to the first by name, and names the other one', async () => {
    const resource = (uri: string) => ({ uri, name: 'r' });
    const { merged } = house({
      b: { resources: [resource('file:///x'), resource('https://x.example/')] },
      a: { resources: [resource('file:///x'), resource('https://x.example/')] },
    });
    const uris = (await shown(merged, 'resources')).map((entry) => (JSON.parse(entry) as { uri: string }).uri);
    expect(uris).toEqual(['gatehouse://b/file%3A%2F%2F%2Fx', 'https://x.example/', 'file:///x', 'https://x.example/']);
    expect((await merged.place('file:///x'))?.catalog.upstream.name).toBe('a');
    expect(await merged.place('gatehouse://b/file%3A%2F%2F%2Fx')).toMatchObject({
      uri: 'file:///x',
      catalog: { upstream: { name: 'b' } },
    });
    expect(merged.renames('b')).toBe(true);
    expect(merged.renames('a')).toBe(false);
  });

  it('finds resources that only a template describes', async () => {
    const { merged } = house({
      a: { resourceTemplates: [{ uriTemplate: 'db://{table}/rows', name: 't' }] },
      b: { resources: [{ uri: 'file:///x', name: 'r' }] },
    });
    expect((await merged.place('db://users/rows'))?.catalog.upstream.name).toBe('a');
    expect(await merged.place('nobody://x')).toBeUndefined();
  });
});

describe('a catalog', () => {
  it('reads first and tells then', async () => {
    const heard: string[] = [];
    const { merged, upstreams } = house({ a: { tools: [{ name: 'x' }] } }, (list) => heard.push(list));
    await shown(merged, 'tools');
    const [upstream] = upstreams;
    if (!upstream) throw new Error('no upstream');
    upstream.lists = { tools: [{ name: 'y' }] };
    upstream.tell({ kind: 'changed', list: 'tools' });
    await expect.poll(() => heard).toEqual(['tools']);
    expect(merged.known('tools', 'a__y')).toBeDefined();
    expect(merged.known('tools', 'a__x')).toBeUndefined();
  });

  it('keeps what it knew while the server is away', async () => {
    const { merged, upstreams } = house({ a: { tools: [{ name: 'x' }] } });
    await shown(merged, 'tools');
    const [upstream] = upstreams;
    if (upstream) upstream.state = 'unavailable';
    upstream?.tell({ kind: 'changed', list: 'tools' });
    expect(await shown(merged, 'tools')).toHaveLength(1);
  });

  it('refuses a server that offers more than the bound', async () => {
    const tools = Array.from({ length: 101 }, (_, i) => ({ name: `t${i}` }));
    const { catalogs, merged } = house({ a: { tools } });
    expect(await shown(merged, 'tools')).toEqual([]);
    expect(catalogs[0]?.problem).toContain('bounds.listEntries');
  });
});
