/**
 * One process that judges the cases of one target until its time is over. It may hang or die: what it found is in a file by then, and its
 * pulse says at which case it was. Not called by hand; `run` starts and watches it.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { Inputs } from './inputs.ts';
import { Pulse } from './pulse.ts';
import { smallest } from './smallest.ts';
import { family, trial, type Target, type Verdict } from './target.ts';
import { targetNamed } from './targets.ts';

/** How much of a target is done. */
export interface Share {
  /** So much of a processor's time, so that a busy machine gets as far as an idle one; on the clock at most three times as much. */
  readonly ms: number;
  /** And at least so many cases, however long they take, up to the longest time on the clock. */
  readonly cases: number;
  readonly longestMs: number;
}

/** What `run` hands over, as one JSON argument. */
export interface RoundOptions {
  readonly target: string;
  readonly seed: number;
  readonly from: number;
  readonly share: Share;
  readonly folder: string;
  /** Ends at the first finding, as it came. */
  readonly first: boolean;
  /** Only this input, instead of made ones. */
  readonly input?: string;
}

/** One line of `found`. */
export interface Found extends Verdict {
  readonly number: number;
  readonly input: string;
}

export const DIED = 3;
/** Findings beyond these say nothing more. */
const ENOUGH = 50;
const SMALLER = { attempts: 4000, ms: 4000 };

class Round {
  readonly #options: RoundOptions;
  readonly #target: Target;
  readonly #inputs: Inputs;
  readonly #pulse: Pulse;
  readonly #families = new Set<string>();
  /** Reading the sources is no part of the share. */
  readonly #used = process.cpuUsage();
  #found = 0;

  constructor(options: RoundOptions) {
    this.#options = options;
    this.#target = targetNamed(options.target);
    this.#inputs = new Inputs(this.#target, options.seed);
    this.#pulse = new Pulse(join(options.folder, 'pulse'));
  }

  async run(): Promise<void> {
    const { from, first, input } = this.#options;
    const began = performance.now();
    let number = from;
    // What is thrown where nobody waits belongs to the case that is running.
    process.on('uncaughtException', (error) => {
      this.#write({ kind: 'crash', says: error.stack ?? error.message }, number, this.#inputAt(number));
      process.exit(DIED);
    });
    for (; !this.#isOver(performance.now() - began); number += 1) {
      this.#pulse.begin(number);
      const bytes = this.#inputAt(number);
      const verdict = await trial(this.#target, bytes);
      this.#pulse.ended();
      if (verdict) await this.#keep(verdict, number, bytes);
      if (input !== undefined || (verdict && first)) break;
    }
    this.#pulse.close();
  }

  #inputAt(number: number): Buffer {
    const { input } = this.#options;
    return input === undefined ? this.#inputs.at(number) : Buffer.from(input, 'base64');
  }

  #isOver(elapsed: number): boolean {
    const { cases, ms, longestMs } = this.#options.share;
    if (this.#found >= ENOUGH || elapsed >= longestMs) return true;
    if (this.#pulse.done < cases) return false;
    const { user, system } = process.cpuUsage(this.#used);
    return (user + system) / 1000 >= ms || elapsed >= ms * 3;
  }

  /** The first of each family is made smaller. */
  async #keep(verdict: Verdict, number: number, bytes: Buffer): Promise<void> {
    const same = family(verdict);
    const isFirst = !this.#families.has(same);
    this.#families.add(same);
    if (!isFirst || this.#options.first) {
      this.#write(verdict, number, bytes);
      return;
    }
    const end = performance.now() + SMALLER.ms;
    const fails = async (candidate: Buffer): Promise<boolean> => {
      this.#pulse.beat();
      const again = await trial(this.#target, candidate);
      return again !== undefined && family(again) === same;
    };
    const isOver = (): boolean => performance.now() > end;
    const small = await smallest(bytes, fails, { attempts: SMALLER.attempts, isOver });
    this.#write((await trial(this.#target, small)) ?? verdict, number, small);
  }

  #write({ kind, says }: Verdict, number: number, bytes: Buffer): void {
    this.#found += 1;
    const found: Found = { kind, says, number, input: bytes.toString('base64') };
    appendFileSync(join(this.#options.folder, 'found'), `${JSON.stringify(found)}\n`);
  }
}

const [argument] = process.argv.slice(2);
if (import.meta.main && argument !== undefined) {
  await new Round(JSON.parse(argument) as RoundOptions).run();
  // A target may leave timers or sockets behind; they are of no more interest.
  process.exit(0);
}
