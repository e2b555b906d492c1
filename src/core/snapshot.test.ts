/** What calls hold, and when it is let go. */
import { expect, it } from 'vitest';
import { Snapshots } from './snapshot.ts';

const snapshot = () => ({ endpoints: new Map(), sse: new Map() });

it('keeps a replaced Snapshot for as long as a call holds it, then says so once', () => {
  const snapshots = new Snapshots(snapshot());
  const pinned = snapshots.pin();
  const released: string[] = [];
  snapshots.swap(snapshot(), () => released.push('first'));
  expect([snapshots.alive, released]).toEqual([2, []]);
  snapshots.unpin(pinned);
  expect([snapshots.alive, released]).toEqual([1, ['first']]);
});

it('releases at once what nobody holds', () => {
  const snapshots = new Snapshots(snapshot());
  const released: string[] = [];
  snapshots.swap(snapshot(), () => released.push('first'));
  expect([snapshots.alive, released]).toEqual([1, ['first']]);
});

it('releases in order: what an older call may still use outlives the Snapshots between', () => {
  const snapshots = new Snapshots(snapshot());
  const pinned = snapshots.pin();
  const released: string[] = [];
  snapshots.swap(snapshot(), () => released.push('first'));
  snapshots.swap(snapshot(), () => released.push('second'));
  expect([snapshots.alive, released]).toEqual([3, []]);
  snapshots.unpin(pinned);
  expect([snapshots.alive, released]).toEqual([1, ['first', 'second']]);
});
