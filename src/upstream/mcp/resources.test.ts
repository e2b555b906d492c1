/** One question a URI, one answer for all who asked, and updates for whoever is meant. */
import { expect, it } from 'vitest';
import { Fault } from '../../kernel/fault.ts';
import { Watched } from './resources.ts';

const caller = { key: 'c', kind: 'anonymous' as const, share: 'c' };
const watcher = (uri: string, heard: string[]) => ({
  caller,
  uri,
  updated: (updated: string) => void heard.push(updated),
});

it('asks once for all who want the same, and refuses all of them together', async () => {
  const watched = new Watched();
  const consent = Promise.withResolvers<void>();
  let asked = 0;
  const ask = (): Promise<void> => {
    asked += 1;
    return consent.promise;
  };
  const both = [watched.add(watcher('u', []), ask), watched.add(watcher('u', []), ask)];
  consent.reject(new Fault('broken', 'no'));
  const settled = await Promise.allSettled(both);
  expect([asked, settled.map(({ status }) => status), watched.uris()]).toEqual([1, ['rejected', 'rejected'], []]);
  await watched.add(watcher('u', []), () => Promise.resolve());
  expect(watched.uris()).toEqual(['u']);
});

it('tells exactly who watches, or who watches above', async () => {
  const watched = new Watched();
  const [exact, above, beside]: [string[], string[], string[]] = [[], [], []];
  const yes = (): Promise<void> => Promise.resolve();
  const one = watcher('f:/a', above);
  await watched.add(watcher('f:/a/b', exact), yes);
  await watched.add(one, yes);
  await watched.add(watcher('f:/ab', beside), yes);
  watched.updated('f:/a/b');
  watched.updated('f:/a/c');
  expect([exact, above, beside]).toEqual([['f:/a/b'], ['f:/a/c'], []]);
  expect([watched.remove(one), watched.remove(one)]).toEqual([true, false]);
});
