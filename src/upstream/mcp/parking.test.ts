/** How many ends are kept for clients that did not hear of them. */
import { describe, expect, it } from 'vitest';
import { fakeCall } from '../../../test/fakes/call.ts';
import { FakeTime } from '../../../test/fakes/time.ts';
import { Payload } from '../../core/payload.ts';
import { Budget } from '../../kernel/bounded.ts';
import { Fault } from '../../kernel/fault.ts';
import { Endings } from './endings.ts';
import { heldAs, Parking } from './parking.ts';

function house() {
  const time = new FakeTime();
  const bounds = { parked: 1, parkedPerCaller: 1 };
  const parking = new Parking({ time, bounds, counts: { parked: 0, legs: 0 } });
  const buffered = new Budget(10_000_000);
  const end = (id: string): void => {
    const endings = new Endings({ id, owner: 'test' }, buffered);
    endings.keep(1, { kind: 'result', payload: Payload.ofResult('{"content":[]}') });
    parking.ended(endings, 0);
  };
  const again = (id: string): Promise<unknown> => {
    const held = heldAs({ id, owner: 'test', resume: () => Promise.reject(new Error()) }, 1);
    return parking.resume(fakeCall('tools/call', {}, { round: { answers: undefined, state: undefined, held } }));
  };
  return { time, buffered, end, again };
}

describe('the ends of calls', () => {
  it('are kept for a minute, each in memory of its own', async () => {
    const { time, buffered, end, again } = house();
    end('one');
    expect(await again('one')).toMatchObject({ kind: 'result' });
    time.pass(60_000);
    await expect(again('one')).rejects.toMatchObject({ kind: 'unknown-name' });
    expect([buffered.held, time.pending]).toEqual([0, 0]);
  });

  it('are a thousand at most: the oldest makes room', async () => {
    const { time, end, again } = house();
    for (let i = 0; i <= 1000; i += 1) end(`${i}`);
    expect(time.pending).toBe(1000);
    await expect(again('0')).rejects.toMatchObject({ kind: 'unknown-name' });
    expect(await again('1')).toMatchObject({ kind: 'result' });
  });

  it('are those of the latest eight rounds of a call', async () => {
    const endings = new Endings({ id: 'one', owner: 'test' }, new Budget(10_000));
    for (let round = 1; round <= 9; round += 1)
      endings.keep(round, { kind: 'error', code: round, json: Buffer.from('{}') });
    expect(endings.of(1)).toBe(undefined);
    expect(await endings.of(2)).toMatchObject({ kind: 'error', code: 2 });
    expect(await endings.of(9)).toMatchObject({ kind: 'error', code: 9 });
  });

  it('are told as they were, faults too', async () => {
    const budget = new Budget(10_000);
    const endings = new Endings({ id: 'one', owner: 'test' }, budget);
    const bytes = Buffer.from('{"message":"no"}');
    endings.keep(1, { kind: 'error', code: 7, json: bytes });
    bytes.fill(0);
    endings.keep(2, new Fault('interrupted', 'Lost.', { detail: 'why', delivered: 'unknown', retryAfterMs: 5 }));
    expect(await endings.of(1)).toEqual({ kind: 'error', code: 7, json: Buffer.from('{"message":"no"}') });
    await expect(endings.of(2)).rejects.toMatchObject({
      kind: 'interrupted',
      message: 'Lost.',
      detail: 'why',
      delivered: 'unknown',
      retryAfterMs: 5,
    });
    endings.release();
    expect(budget.held).toBe(0);
  });
});
