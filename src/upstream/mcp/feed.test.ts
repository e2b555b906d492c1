/** Which streams are asked for, which of them is heard about what, and what becomes of those who wait for one that is given up. */
import { expect, it } from 'vitest';
import { begin, message, updated } from '../../../test/fakes/feed.ts';

const LISTS = { tools: { listChanged: true } };

it('what is watched while a stream opens shares the next one, and nothing is asked for twice', async () => {
  const { streams, watch } = begin(LISTS);
  const all = Promise.all([watch('f:/a'), watch('f:/b'), watch('f:/b')]);
  expect(streams.map(({ filter }) => filter)).toEqual([{ toolsListChanged: true }]);
  await streams[0]?.grants();
  expect(streams[1]?.filter).toEqual({ resourceSubscriptions: ['f:/a', 'f:/b'] });
  await streams[1]?.grants();
  await all;
  expect([streams.length, streams.some(({ isClosed }) => isClosed)]).toEqual([2, false]);
});

it('a stream that is not acknowledged keeps others waiting for a moment only', async () => {
  const { time, streams, watch, feed } = begin(LISTS);
  void watch('f:/a').catch(() => undefined);
  time.pass(1000);
  expect(streams.map(({ uris }) => uris)).toEqual([[], ['f:/a']]);
  feed.close();
});

it('each stream is heard about what was asked on it, whatever else it tells', async () => {
  const { streams, heard, open } = begin(LISTS);
  await streams[0]?.grants();
  await open('f:/a', 'f:/a/b', 'f:/');
  for (const stream of streams) {
    stream.tells(updated('f:/a/b'));
    stream.tells(updated('f:/a/c'));
    stream.tells(message('notifications/tools/list_changed', {}));
  }
  expect(heard).toEqual(['tools changed', 'f:/a: f:/a/c', 'f:/a/b', 'f:/: f:/a/c']);
});

it('a stream of which nobody wants anything any more is closed; what another one tells still is not asked for again', async () => {
  const { streams, heard, watch, open } = begin();
  const [stopFirst] = await open('f:/a');
  stopFirst?.();
  expect(streams[0]?.isClosed).toBe(true);
  void watch('f:/b');
  const both = [watch('f:/c'), watch('f:/d')];
  await streams[1]?.grants();
  await streams[2]?.grants();
  const [stop] = await Promise.all(both);
  stop?.();
  streams[2]?.tells(updated('f:/c'));
  expect(heard).toEqual([]);
  await watch('f:/c');
  streams[2]?.tells(updated('f:/c'));
  expect([heard, streams.length]).toEqual([['f:/c'], 3]);
});

it('what the server does not promise is refused, and leaves nothing behind', async () => {
  const { time, streams, watch, open } = begin();
  await open('f:/a');
  const refused = expect(watch('f:/b')).rejects.toMatchObject({ kind: 'unknown-resource' });
  await streams[1]?.grants([]);
  await refused;
  expect([streams[1]?.isClosed, time.pending]).toEqual([true, 0]);
});

it('who is not answered waits ten seconds, and the stream is let go', async () => {
  const { time, streams, watch } = begin();
  const waits = watch('f:/a');
  time.pass(10_000);
  await expect(waits).rejects.toMatchObject({ kind: 'timed-out' });
  expect([streams[0]?.isClosed, time.pending]).toEqual([true, 0]);
});

it('many streams become few, and each update is heard once all the while, whichever stream tells it first', async () => {
  const { time, streams, heard, open } = begin();
  const uris = Array.from({ length: 9 }, (_, i) => `f:/${i}`);
  await open(...uris.slice(0, 8));
  const before = streams[0];
  const opening = open('f:/8');
  before?.tells(updated('f:/0/before the other one is there'));
  await opening;
  const after = streams[8];
  expect(after?.uris).toEqual(['f:/8', 'f:/0', 'f:/1', 'f:/2', 'f:/3']);
  before?.tells(updated('f:/0/1'));
  after?.tells(updated('f:/0/1'));
  after?.tells(updated('f:/0/2'));
  before?.tells(updated('f:/0/2'));
  before?.tells(updated('f:/0/1'));
  after?.tells(updated('f:/0/1'));
  time.pass(499);
  before?.tells(updated('f:/0/last'));
  expect(before?.isClosed).toBe(false);
  time.pass(50);
  expect(streams.map(({ isClosed }) => isClosed)).toEqual([true, true, true, true, ...Array<boolean>(5).fill(false)]);
  for (const uri of ['f:/0/last', 'f:/0/before the other one is there']) after?.tells(updated(uri));
  const told = ['before the other one is there', '1', '2', '1', 'last', 'before the other one is there'];
  expect(heard).toEqual(told.map((name) => `f:/0: f:/0/${name}`));
});

it('what the larger stream is not granted stays where it is', async () => {
  const { time, streams, heard, open, watch } = begin();
  await open(...Array.from({ length: 8 }, (_, i) => `f:/${i}`));
  const watching = watch('f:/8');
  await streams[8]?.grants(['f:/8', 'f:/1']);
  await watching;
  time.pass(600);
  expect(streams.slice(0, 3).map(({ isClosed }) => isClosed)).toEqual([false, true, false]);
  streams[0]?.tells(updated('f:/0'));
  expect(heard).toEqual(['f:/0']);
});

it('a larger stream that is not acknowledged is let go, and tried again later; what it was to take over is heard all the while', async () => {
  const { time, streams, heard, open, watch } = begin();
  await open(...Array.from({ length: 8 }, (_, i) => `f:/${i}`));
  const refused = expect(watch('f:/8')).rejects.toMatchObject({ kind: 'timed-out' });
  time.pass(10_000);
  await refused;
  expect(streams.map(({ isClosed }) => isClosed)).toEqual([...Array<boolean>(8).fill(false), true]);
  streams[0]?.tells(updated('f:/0'));
  const watching = watch('f:/9');
  expect(streams[9]?.uris).toHaveLength(9);
  await streams[9]?.grants();
  await watching;
  time.pass(600);
  streams[9]?.tells(updated('f:/0'));
  expect([heard, streams.filter(({ isClosed }) => !isClosed), time.pending]).toEqual([
    ['f:/0', 'f:/0'],
    [streams[9]],
    0,
  ]);
});

it('there are never more than 64 streams', async () => {
  const { streams, watch } = begin();
  const uris = Array.from({ length: 100 }, (_, i) => `f:/${i}`);
  for (const uri of uris) {
    void watch(uri).catch(() => undefined);
    await streams.at(-1)?.grants();
  }
  expect(streams.filter(({ isClosed }) => !isClosed)).toHaveLength(64);
});

it('a stream that is cut is asked for again with all others, which are heard meanwhile; what was missed is told once', async () => {
  const { time, streams, heard, open } = begin(LISTS);
  await streams[0]?.grants();
  await open('f:/a', 'f:/b');
  await streams[1]?.ends();
  streams[2]?.tells(updated('f:/b'));
  time.pass(1000);
  expect(streams[3]?.filter).toEqual({ resourceSubscriptions: ['f:/a', 'f:/b'] });
  await streams[3]?.grants();
  expect(heard).toEqual(['f:/b', 'f:/a']);
  await streams[0]?.ends();
  time.pass(1000);
  await streams[4]?.grants();
  expect(heard.slice(2)).toEqual(['tools missed', 'prompts missed', 'resources missed']);
});

it('a server that has room for one stream is asked for one, after two refusals', async () => {
  const { time, streams, heard, open, watch } = begin();
  await open('f:/a');
  const watching = watch('f:/b');
  await streams[1]?.ends();
  time.pass(1000);
  expect([streams[2]?.uris, streams[0]?.isClosed]).toEqual([['f:/b', 'f:/a'], false]);
  await streams[2]?.ends();
  expect(streams[0]?.isClosed).toBe(true);
  time.pass(2000);
  await streams[3]?.grants();
  await watching;
  expect([streams[3]?.uris.toSorted(), heard]).toEqual([['f:/a', 'f:/b'], ['f:/a']]);
});

it('a server that keeps the newest stream only ends up with one for all', async () => {
  const { time, streams, heard, open } = begin(LISTS);
  await streams[0]?.grants();
  await open('f:/a');
  await streams[0]?.ends();
  time.pass(1000);
  expect(streams[2]?.filter).toEqual({ toolsListChanged: true, resourceSubscriptions: ['f:/a'] });
  await streams[1]?.ends();
  await streams[2]?.grants();
  time.pass(5000);
  streams[2]?.tells(updated('f:/a'));
  expect([streams.length, heard.filter((one) => one === 'f:/a')]).toEqual([3, ['f:/a', 'f:/a']]);
});

it('on a pipe messages go by the request that they name, as number or text; without one they count', async () => {
  const { streams, heard, feed, open } = begin(LISTS);
  feed.heard(message('notifications/subscriptions/acknowledged', { notifications: {} }));
  expect(feed.live).toBe(true);
  await open('f:/a', 'f:/b');
  const by = (id: unknown) => ({ _meta: { 'io.modelcontextprotocol/subscriptionId': id } });
  for (const id of [1, 2, '2', 3, 9]) feed.heard(updated('f:/a', by(id)));
  expect(heard).toEqual(['f:/a', 'f:/a']);
  feed.heard(updated('f:/a'));
  feed.heard(message('notifications/tools/list_changed', by('1')));
  expect(heard.slice(2)).toEqual(['f:/a', 'tools changed']);
  feed.heard(message('notifications/cancelled', { requestId: 1 }));
  expect([feed.live, streams[0]?.isClosed]).toEqual([false, true]);
  feed.close();
});

it('a feed that is closed keeps nobody waiting for an acknowledgement', async () => {
  const { time, feed, watch, streams } = begin(LISTS);
  await streams[0]?.grants();
  const waits = watch('note://x');
  feed.close();
  await expect(waits).rejects.toMatchObject({ kind: 'unavailable' });
  expect(time.pending).toBe(0);
});
