/** Who waits, by id, whoever comes and goes. */
import { expect, it } from 'vitest';
import fc from 'fast-check';
import { FakeTime } from '../../../test/fakes/time.ts';
import { Abort } from '../../kernel/abort.ts';
import { Waiting, WaitingTable, type WaitingRoom } from './waiting.ts';

const room: WaitingRoom = { time: new FakeTime(), left: () => undefined, cancel: () => undefined };
const ask = { method: 'x', params: () => [], headers: '', abort: new Abort(), heard: () => undefined };
const added = (table: WaitingTable): Waiting => {
  const waiting = new Waiting(room, ask, table.nextId());
  table.add(waiting);
  return waiting;
};

it('finds those who wait and nobody else, however many come and in whichever order they go', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 50 }), { maxLength: 400 }), (goes) => {
      const table = new WaitingTable();
      const here: Waiting[] = [];
      const gone: Waiting[] = [];
      for (const which of goes) {
        // a half of all goes, so that some stay while others come by the hundred
        if (which < 25 && here[which]) gone.push(...here.splice(which, 1));
        else here.push(added(table));
        const last = gone.at(-1);
        if (last) table.delete(last);
      }
      expect(table.size).toBe(here.length);
      expect(new Set(table.values())).toEqual(new Set(here));
      expect(here.every((waiting) => table.get(waiting.id) === waiting)).toBe(true);
      expect(gone.every(({ id }) => table.get(id) === undefined)).toBe(true);
      expect(new Set([...here, ...gone].map(({ id }) => id)).size).toBe(here.length + gone.length);
    }),
    { numRuns: 200, seed: 11 },
  );
});

it('keeps one that stands while a thousand come and go', () => {
  const table = new WaitingTable();
  const standing = added(table);
  for (let i = 0; i < 1000; i += 1) table.delete(added(table));
  expect([table.size, table.get(standing.id)]).toEqual([1, standing]);
  expect([-1, 0.5, Number.NaN, 2 ** 40 + standing.id].map((id) => table.get(id))).toEqual(Array(4).fill(undefined));
});
