/** Containers that do not grow beyond their bound, aborts that happen once, and a wheel that is never early. */
import { expect, it, vi } from 'vitest';
import { Abort } from './abort.ts';
import { BoundedMap, Budget, SingleFlight } from './bounded.ts';
import { Fault, toFault } from './fault.ts';
import { systemTime } from './time.ts';

it('a bounded map forgets what was used longest ago, and says so', () => {
  const evicted: string[] = [];
  const map = new BoundedMap<string, number>(2, (key) => evicted.push(key));
  map.set('a', 1);
  map.set('b', 2);
  map.get('a');
  map.peek('b');
  map.set('c', 3);
  expect([evicted, [...map.entries()]]).toEqual([
    ['b'],
    [
      ['a', 1],
      ['c', 3],
    ],
  ]);
});

it('a budget says no, and is whole again when all was given back', () => {
  const budget = new Budget(10);
  expect([budget.take(6), budget.take(5), budget.take(4), budget.held]).toEqual([true, false, true, 10]);
  budget.give(10);
  expect(budget.take(10)).toBe(true);
});

it('one flight serves all who wait, a failed one nobody afterwards', async () => {
  const flight = new SingleFlight<string, number>();
  let count = 0;
  const task = (): Promise<number> => Promise.resolve((count += 1));
  expect(await Promise.all([flight.run('k', task), flight.run('k', task), flight.run('other', task)])).toEqual([
    1, 1, 2,
  ]);
  await expect(flight.run('k', () => Promise.reject(new Error('x')))).rejects.toThrow('x');
  expect(await flight.run('k', task)).toBe(3);
});

it('an abort has one reason, and tells everybody who still listens', () => {
  const abort = new Abort();
  const heard: string[] = [];
  const gone = (reason: Fault): void => void heard.push(`gone ${reason.message}`);
  abort.listen((reason) => heard.push(reason.message));
  abort.listen(gone);
  abort.ignore(gone);
  abort.now(new Fault('cancelled', 'first'));
  abort.now(new Fault('cancelled', 'second'));
  abort.listen((reason) => heard.push(`late ${reason.message}`));
  expect([heard, abort.reason?.message]).toEqual([['first', 'late first'], 'first']);
});

it('a mistake of ours becomes a fault whose text says nothing of it', () => {
  const fault = toFault(new Error('secret detail'));
  expect([fault.kind, fault.message.includes('secret'), fault.detail?.includes('secret')]).toEqual([
    'internal',
    false,
    true,
  ]);
  expect(fault.id).toBe(fault.id);
});

it('timers fire once, never early, and not at all when cancelled', () => {
  vi.useFakeTimers();
  try {
    const time = systemTime();
    const fired: string[] = [];
    time.after(100, () => fired.push('100'));
    time.after(60_000, () => fired.push('60000'));
    time.after(200, () => fired.push('cancelled')).cancel();
    vi.advanceTimersByTime(99);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(101);
    expect(fired).toEqual(['100']);
    vi.advanceTimersByTime(59_700);
    expect(fired).toEqual(['100']);
    vi.advanceTimersByTime(200);
    expect(fired).toEqual(['100', '60000']);
  } finally {
    vi.useRealTimers();
  }
});
