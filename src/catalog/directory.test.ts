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

/** Lists what needs no answer to everybody, `asks` to who can fill in forms, and `plain` to who cannot. */
class ParticularUpstream extends FakeUpstream {
  override listsVary = true;

  override listed(_: string, able: string): unknown[] {
    return [{ name: 'x' }, { name: able.includes('elicitation') ? 'asks' : 'plain' }];
  }
}

describe('a server whose lists depend on what its client can answer', () => {
  const upstream = new ParticularUpstream('a', {});
  const catalog = new Catalog(upstream, { maxEntries: 100, time, log: silentLog, onChange: () => undefined });
  const directory = new Directory([catalog], rule, silentLog);
  const names = async (able?: string): Promise<string[]> =>
    (await directory.list('tools', able)).entries.map((entry) => (JSON.parse(String(entry)) as { name: string }).name);

  it('shows a client with a session of its own what it has for that, and everybody else all it has', async () => {
    expect(await names()).toEqual(['a__x', 'a__asks']);
    expect(await names('{}')).toEqual(['a__x', 'a__plain']);
    expect(await names('{"elicitation":{}}')).toEqual(['a__x', 'a__asks']);
    expect(await names()).toEqual(['a__x', 'a__asks']);
  });

  it('has for such a client what nobody else is shown', async () => {
    expect(await directory.named('tools', 'a__plain')).toBeUndefined();
    expect((await directory.named('tools', 'a__plain', '{}'))?.entry.own).toBe('plain');
  });

  it('keeps the texts of its templates in every view beside other servers', async () => {
    class Templates extends ParticularUpstream {
      override listed(): unknown[] {
        return [{ uriTemplate: 'a://{id}', name: 't' }];
      }
    }
    const [one, other] = [new Templates('a', {}), new FakeUpstream('b', {})].map(
      (upstream) => new Catalog(upstream, { maxEntries: 100, time, log: silentLog, onChange: () => undefined }),
    );
    const merged = new Directory(one && other ? [one, other] : [], rule, silentLog);
    for (const able of [undefined, '{}', '{"elicitation":{}}']) {
      const { entries } = await merged.list('resourceTemplates', able);
      expect(entries.map(String)).toEqual(['{"uriTemplate":"a://{id}","name":"t"}']);
    }
  });

  it('finds for such a client the resources and templates that it alone is shown, beside other servers', async () => {
    class Particular extends ParticularUpstream {
      override listed(key: string, able: string): unknown[] {
        if (able !== '{}') return [];
        return key === 'resources' ? [{ uri: 'p://x', name: 'x' }] : [{ uriTemplate: 'p://y/{id}', name: 'y' }];
      }
    }
    const { catalogs } = house({
      b: { resources: [{ uri: 'b://1', name: 'r' }] },
      c: { resources: [{ uri: 'c://1', name: 'r' }] },
    });
    const own = new Catalog(new Particular('a', {}), {
      maxEntries: 9,
      time,
      log: silentLog,
      onChange: () => undefined,
    });
    const merged = new Directory([...catalogs, own], rule, silentLog);
    for (const uri of ['p://x', 'p://y/1']) {
      expect((await merged.place(uri, '{}'))?.catalog).toBe(own);
      expect(await merged.place(uri, '{"elicitation":{}}')).toBeUndefined();
      expect(await merged.place(uri)).toBeUndefined();
    }
    expect(await merged.template('p://y/{id}', '{}')).toEqual({ catalog: own, template: 'p://y/{id}' });
    expect(await merged.template('p://y/{id}')).toBeUndefined();
  });

  it('gives cursors of one list no place in another', async () => {
    const fingerprints = await Promise.all([undefined, '{}'].map((able) => directory.list('tools', able)));
    expect(new Set(fingerprints.map(({ fingerprint }) => fingerprint)).size).toBe(2);
  });

  it('tells a view that was forgotten from the one that is made anew', async () => {
    class Growing extends ParticularUpstream {
      count = 0;
      override listed(): unknown[] {
        return [{ name: `t${this.count}` }];
      }
    }
    const growing = new Growing('a', {});
    const one = new Catalog(growing, { maxEntries: 100, time, log: silentLog, onChange: () => undefined });
    const names = new Directory([one], rule, silentLog);
    const before = await names.list('tools', '{}');
    growing.count = 1;
    for (let i = 0; i < 9; i += 1) await one.as(`{"sampling":{"x${i}":{}}}`);
    const after = await names.list('tools', '{}');
    expect(after.entries).not.toEqual(before.entries);
    expect(after.fingerprint).not.toBe(before.fingerprint);
  });

  it('is asked once for each of a bounded number of views', async () => {
    const asked = (): number => upstream.asked.length;
    await names('{}');
    const before = asked();
    await names('{}');
    expect(asked()).toBe(before);
    for (let i = 0; i < 9; i += 1) await names(`{"sampling":{"x${i}":{}}}`);
    await names('{}');
    expect(asked()).toBe(before + 10);
  });
});

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
