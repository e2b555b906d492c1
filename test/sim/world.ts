/** What all of one simulated run share: chance from its seed, a clock that it turns, what has gone wrong, and a record that two runs of a seed must have in common. */
import { createHash } from 'node:crypto';
import { FakeTime } from '../fakes/time.ts';
import { Chance } from '../soak/random.ts';

/** Something that may happen next. */
export interface Source {
  /** How likely it is to be chosen beside others. */
  readonly weight: number;
  /** Whether it can happen now. */
  readonly isReady: boolean;
  act(): void;
}

/** How rough a run is. */
export type Temper = 'calm' | 'uneasy' | 'stormy';

export interface Wrong {
  readonly step: number;
  readonly says: string;
}

const SHOWN = 400;

export class World {
  readonly seed: number;
  readonly chance: Chance;
  readonly temper: Temper;
  readonly time = new FakeTime();
  readonly sources = new Set<Source>();
  readonly wrongs: Wrong[] = [];
  readonly lines: string[] = [];
  step = 0;
  /** While this is so nothing is broken on purpose. */
  isGentle = false;
  readonly #digest = createHash('sha256');

  constructor(seed: number) {
    this.seed = seed;
    this.chance = new Chance(seed);
    this.temper = this.chance.one(['calm', 'uneasy', 'uneasy', 'stormy'] as const);
  }

  get isCalm(): boolean {
    return this.temper === 'calm' || this.isGentle;
  }

  /** The same for every run of this seed. */
  get digest(): string {
    return this.#digest.copy().digest('hex').slice(0, 16);
  }

  wrong(says: string): void {
    this.note(`WRONG ${says}`);
    if (this.wrongs.length < 20) this.wrongs.push({ step: this.step, says: says.slice(0, SHOWN) });
  }

  /** Must not hold what the gateway draws by itself: session ids, sealed texts. */
  note(text: string): void {
    const line = `${this.step} ${this.time.elapsed()} ${text}`;
    this.#digest.update(line);
    this.lines.push(line);
  }

  /** `true` in so many of a hundred cases. */
  draws(percent: number): boolean {
    return this.chance.below(100) < percent;
  }

  /** How often what can be broken is. */
  breaks(): boolean {
    if (this.isCalm) return false;
    return this.draws(this.temper === 'stormy' ? 40 : 12);
  }

  /** One of what can happen now; `false` if nothing can. */
  choose(): Source | undefined {
    const ready = [...this.sources].filter(({ isReady }) => isReady);
    let left = this.chance.below(
      Math.max(
        1,
        ready.reduce((sum, { weight }) => sum + weight, 0),
      ),
    );
    return ready.find(({ weight }) => (left -= weight) < 0);
  }
}
