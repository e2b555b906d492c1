/** When the gateway takes itself for overloaded, on a clock that the test moves. */
import { expect, it } from 'vitest';
import { FakeTime } from '../../test/fakes/time.ts';
import type { Load, Rung } from '../core/load.ts';
import { Overload } from './overload.ts';

/** A clock on which ticks come as late as the test wants. */
class LateTime extends FakeTime {
  late = 0;
  #behind = 0;

  override elapsed(): number {
    return super.elapsed() + this.#behind;
  }

  /** So many ticks, each of them late. */
  ticks(count: number): void {
    for (let each = 0; each < count; each += 1) {
      this.#behind += this.late;
      this.pass(250);
    }
  }
}

function watched() {
  const time = new LateTime();
  const load: Load = { rung: 0, isDraining: false };
  const changes: Rung[] = [];
  const lines: string[] = [];
  const note = (level: string) => (_: unknown, message: string) => void lines.push(`${level} ${message}`);
  const log = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
  const state = { memory: 0 };
  const changed = (rung: Rung): void => void changes.push(rung);
  const overload = new Overload({ time, log, load, changed, memory: () => state.memory });
  return { time, load, changes, lines, state, overload };
}

it('is not moved by a delay that comes now and then', () => {
  const { time, changes } = watched();
  for (let each = 0; each < 30; each += 1) {
    time.late = each % 3 === 0 ? 5000 : 20;
    time.ticks(1);
  }
  expect(changes).toEqual([]);
});

it('goes up by delays that stay, says so once, and comes down when they end', () => {
  const { time, load, changes, lines, overload } = watched();
  time.late = 120;
  time.ticks(20);
  expect([load.rung, overload.reading.delayMs]).toEqual([1, 120]);
  time.late = 1500;
  time.ticks(20);
  time.late = 0;
  time.ticks(20);
  expect(changes).toEqual([1, 3, 0]);
  expect(lines).toEqual([
    'warn overloaded: answers end their connections, and no session is opened',
    'warn overloaded: nobody is let in',
    'info no longer overloaded',
  ]);
});

it('goes by memory too', () => {
  const { time, load, state, overload } = watched();
  state.memory = 0.86;
  time.ticks(4);
  expect(load.rung).toBe(2);
  state.memory = 0.5;
  time.ticks(4);
  expect(load.rung).toBe(0);
  overload.close();
  state.memory = 1;
  time.ticks(8);
  expect(load.rung).toBe(0);
});

it('measures this process as not overloaded', () => {
  const load: Load = { rung: 0, isDraining: false };
  const { log } = { log: { debug() {}, info() {}, warn() {}, error() {} } };
  const overload = new Overload({ time: new FakeTime(), log, load, changed: () => undefined });
  expect(overload.reading.memory).toBeGreaterThan(0);
  expect(overload.reading.memory).toBeLessThan(0.9);
  overload.close();
});
