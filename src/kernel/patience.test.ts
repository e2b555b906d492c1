/** Waiting once for what is slow, and not again while it still is. */
import { expect, it } from 'vitest';
import { FakeTime } from '../../test/fakes/time.ts';
import { Patience, within } from './patience.ts';

it('gives what comes in time, and goes on without what fails or is late', async () => {
  const time = new FakeTime();
  expect(await within(Promise.resolve(1), 100, time)).toBe(1);
  expect(await within(Promise.reject(new Error('x')), 100, time)).toBeUndefined();
  const late = within(new Promise(() => undefined), 100, time);
  time.pass(100);
  expect(await late).toBeUndefined();
});

it('waits for the same slow thing once', async () => {
  const time = new FakeTime();
  const patience = new Patience<string>(100, time);
  const slow = Promise.withResolvers<number>();
  const first = patience.wait('a', slow.promise);
  time.pass(100);
  expect(await first).toBeUndefined();
  const second = patience.wait('a', slow.promise);
  time.pass(1);
  expect(await second).toBeUndefined();
  slow.resolve(1);
  expect(await patience.wait('a', Promise.resolve(2))).toBe(2);
});
