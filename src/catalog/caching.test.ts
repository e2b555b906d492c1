/** For how long lists hold, and for whom (MCP, "Caching"): what servers say of theirs, and what is said of what is made of them. */
import { describe, expect, it } from 'vitest';
import { FakeUpstream, silentLog } from '../../test/fakes/call.ts';
import { FakeTime } from '../../test/fakes/time.ts';
import { Catalog } from './catalog.ts';
import { Directory } from './directory.ts';

type Hints = FakeUpstream['hints'];

const MERGED = { separator: '__', max: 64 };

/** One endpoint over servers that say these hints. */
function house(...said: readonly Hints[]) {
  const time = new FakeTime();
  const upstreams = said.map((hints, i) => {
    const upstream = new FakeUpstream(`s${i}`, { tools: [{ name: 'x' }] });
    upstream.hints = hints;
    return upstream;
  });
  const catalogs = upstreams.map(
    (upstream) => new Catalog(upstream, { maxEntries: 10, time, log: silentLog, onChange: () => undefined }),
  );
  const directory = new Directory(catalogs, upstreams.length > 1 ? MERGED : undefined, silentLog);
  const list = async (): Promise<readonly [ttlMs: number, isPublic: boolean]> => {
    const { ttlMs, isPublic } = await directory.list('tools', '{}');
    return [ttlMs, isPublic];
  };
  const [upstream] = upstreams;
  if (!upstream) throw new Error('no upstream');
  return { time, upstream, list, reads: () => upstream.asked.length };
}

const PUBLIC = { ttlMs: 60_000, cacheScope: 'public' };

describe('the list of one server', () => {
  it('holds as the server says', async () => {
    expect(await house(PUBLIC).list()).toEqual([60_000, true]);
    expect(await house({ ...PUBLIC, cacheScope: 'private' }).list()).toEqual([60_000, false]);
  });

  it.each([-1, 1.5, '60000', null, undefined, 1e300])('does not hold where the server says %j', async (ttlMs) => {
    expect(await house({ ...PUBLIC, ttlMs }).list()).toEqual([0, true]);
  });

  it('is private where the server says nothing, or lists by who asks', async () => {
    expect(await house({}).list()).toEqual([0, false]);
    const varying = house(PUBLIC);
    varying.upstream.listsVary = true;
    expect(await varying.list()).toEqual([60_000, false]);
  });

  it('holds for what is left, and is asked for again when nothing is, where nobody tells of changes', async () => {
    const { upstream, time, list, reads } = house(PUBLIC);
    upstream.live = false;
    await list();
    time.pass(20_500);
    expect(await list()).toEqual([39_000, true]);
    expect(reads()).toBe(1);
    time.pass(39_600);
    expect(await list()).toEqual([60_000, true]);
    expect(reads()).toBe(2);
  });

  it('holds as long as ever where its server tells of changes', async () => {
    const { time, list, reads } = house(PUBLIC);
    await list();
    time.pass(600_000);
    expect(await list()).toEqual([60_000, true]);
    expect(reads()).toBe(1);
  });

  it('holds for a little where its server is away', async () => {
    const { upstream, list } = house(PUBLIC);
    await list();
    upstream.state = 'unavailable';
    expect(await list()).toEqual([5000, true]);
  });
});

describe('the list of several servers', () => {
  it('holds for the shortest time, and is private', async () => {
    expect(await house(PUBLIC, { ...PUBLIC, ttlMs: 7000 }).list()).toEqual([7000, false]);
    expect(await house(PUBLIC, {}).list()).toEqual([0, false]);
  });
});
