/** What is kept of streams, against a model that knows everything that was ever told. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Budget, Share } from '../../kernel/bounded.ts';
import { Replay, type Ring, type Source } from './replay.ts';

const INSTEAD = 'gone';

/** Tells events that are their own number; the last one, if it is told, has something kept in its place. */
class Teller implements Source {
  lostTo = 0;
  last = 0;
  isOver = false;
  hasStandIn = false;
  readonly ring: Ring;

  constructor(ring: Ring) {
    this.ring = ring;
  }

  tell(size: number): void {
    this.last += 1;
    this.ring.keep(this, this.last, Buffer.from(String(this.last).padEnd(size)));
  }

  lost(event: number): Buffer | undefined {
    if (this.isOver && event === this.last && !this.hasStandIn) {
      this.hasStandIn = true;
      this.lostTo = event - 1;
      return Buffer.from(INSTEAD);
    }
    this.lostTo = Math.max(this.lostTo, event);
    return undefined;
  }

  /** What is kept after an event, as numbers; the stand-in is the last one. */
  after(event: number): number[] {
    return this.ring.after(this, event).map((bytes) => {
      const text = bytes.toString().trim();
      return text === INSTEAD ? this.last : Number(text);
    });
  }
}

interface House {
  readonly buffered: Budget;
  readonly replay: Replay;
  readonly rings: Ring[];
  readonly tellers: Teller[];
}

function house({ rings, ringBytes, shareBytes, bufferedBytes }: Record<string, number>): House {
  const buffered = new Budget(bufferedBytes ?? 0);
  const replay = new Replay(new Share(buffered, shareBytes ?? 0), ringBytes ?? 0);
  const made = Array.from({ length: rings ?? 0 }, () => replay.ring());
  return { buffered, replay, rings: made, tellers: made.flatMap((ring) => [new Teller(ring), new Teller(ring)]) };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

it('what is kept of a stream is its end, in order; what is not is known; no bound is ever passed', () => {
  const step = fc.record({
    teller: fc.nat(5),
    size: fc.oneof(fc.nat(200), fc.nat(4000)),
    ends: fc.boolean(),
    others: fc.nat(3000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const { buffered, replay, rings, tellers } = house({
        rings: 3,
        ringBytes: 8000,
        shareBytes: 16_000,
        bufferedBytes: 18_000,
      });
      for (const { teller: which, size, ends, others } of steps) {
        const teller = tellers[which];
        if (!teller || teller.isOver) continue;
        // Bodies and results take what they need while the event comes.
        const isTaken = buffered.take(others);
        teller.isOver = ends && size % 7 === 0;
        teller.tell(size);
        if (isTaken) buffered.give(others);
        for (const each of tellers) expect(each.after(0)).toEqual(range(each.lostTo + 1, each.last));
        for (const ring of rings) expect(ring.held).toBeLessThanOrEqual(8000);
        expect(replay.held).toBeLessThanOrEqual(16_000);
        expect(replay.held).toBe(rings.reduce((sum, ring) => sum + ring.held, 0));
        expect(buffered.held).toBe(replay.held);
      }
      for (const each of tellers)
        for (const event of range(0, each.last))
          expect(each.after(event)).toEqual(range(Math.max(event, each.lostTo) + 1, each.last));
      for (const ring of rings) ring.close();
      expect([replay.held, buffered.held]).toEqual([0, 0]);
    }),
    { numRuns: 200 },
  );
});

it('as much is kept as the ring has room for', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(9000)), { maxLength: 200 }), (steps) => {
      const bounds = { ringBytes: 8000, shareBytes: 100_000, bufferedBytes: 100_000 };
      const { rings } = house({ rings: 1, ...bounds });
      const tellers = [1, 2, 3].flatMap(() => rings.map((ring) => new Teller(ring)));
      let model: { readonly which: number; readonly event: number; readonly cost: number }[] = [];
      const lostTo = [0, 0, 0];
      for (const [which, size] of steps) {
        tellers[which]?.tell(size);
        const event = tellers[which]?.last ?? 0;
        const cost = Math.max(size, String(event).length) + 512;
        if (cost > bounds.ringBytes) lostTo[which] = event;
        else model.push({ which, event, cost });
        while (model.reduce((sum, one) => sum + one.cost, 0) > bounds.ringBytes) model = model.slice(1);
        for (const [i, teller] of tellers.entries()) {
          const kept = model.filter((one) => one.which === i && one.event > (lostTo[i] ?? 0));
          expect(teller.after(0)).toEqual(kept.map((one) => one.event));
        }
      }
    }),
  );
});

it('a ring gives up its oldest events first, of whatever stream', () => {
  const { tellers } = house({ rings: 1, ringBytes: 3000, shareBytes: 100_000, bufferedBytes: 100_000 });
  const [a, b] = tellers as [Teller, Teller];
  a.tell(100);
  b.tell(100);
  b.tell(100);
  a.tell(100);
  expect([a.after(0), b.after(0)]).toEqual([
    [1, 2],
    [1, 2],
  ]);
  b.tell(100);
  expect([a.after(0), b.after(0)]).toEqual([[2], [1, 2, 3]]);
});

it('an event that is larger than a ring pushes nothing out', () => {
  const { tellers } = house({ rings: 1, ringBytes: 3000, shareBytes: 100_000, bufferedBytes: 100_000 });
  const [a, b] = tellers as [Teller, Teller];
  a.tell(100);
  b.tell(100_000);
  expect([a.after(0), b.after(0), b.lostTo]).toEqual([[1], [], 1]);
});

it('an answer that is not kept has its stand-in kept, once', () => {
  const { tellers } = house({ rings: 1, ringBytes: 3000, shareBytes: 100_000, bufferedBytes: 100_000 });
  const [a, b] = tellers as [Teller, Teller];
  a.tell(100);
  a.isOver = true;
  a.tell(100_000);
  expect([a.after(0), a.hasStandIn]).toEqual([[2], true]);
  for (let told = 0; told < 5; told += 1) b.tell(100);
  expect([a.after(0), a.lostTo]).toEqual([[], 2]);
});

it('where all that is kept needs room, who has most gives first, then the oldest goes', () => {
  const { tellers, rings } = house({ rings: 2, ringBytes: 8000, shareBytes: 6500, bufferedBytes: 100_000 });
  const [busy, , quiet] = tellers as [Teller, Teller, Teller];
  quiet.tell(100);
  for (let told = 0; told < 50; told += 1) busy.tell(100);
  expect(quiet.after(0)).toEqual([1]);
  expect(rings[0]?.held).toBeGreaterThan(3250);
  // Who has little gets room from whoever told longest ago.
  for (let told = 0; told < 3; told += 1) quiet.tell(100);
  expect(quiet.after(0).at(-1)).toBe(4);
  expect(busy.after(0).at(-1)).toBe(50);
});

it('what is not kept any more is freed at once, and nothing else', () => {
  const { tellers, rings } = house({ rings: 1, ringBytes: 3100, shareBytes: 10_000, bufferedBytes: 10_000 });
  const [teller] = tellers;
  const events = range(1, 3).map(() => Buffer.alloc(1000, 'x'));
  for (const [index, bytes] of events.entries()) if (teller) rings[0]?.keep(teller, index + 1, bytes);
  expect(events.map(({ length }) => length)).toEqual([0, 1000, 1000]);
  rings[0]?.close();
  expect(events.map(({ length }) => length)).toEqual([0, 0, 0]);
});
