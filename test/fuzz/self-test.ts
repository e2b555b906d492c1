/**
 * Whether the fuzzer finds anything: a copy of the project with a fault planted in it must turn red, one fault after the other, and the copy
 * without any must not.
 */
import { join } from 'node:path';
import { copyProject, plant } from '../fixtures/planted-faults.ts';
import { faults } from './faults.ts';
import { targets } from './targets.ts';
import { watched, type Seen } from './watch.ts';

const CASES = 1500;
const LONGEST_MS = 60_000;
/** What the targets read. */
const PARTS = ['src', 'test/fuzz', 'test/fakes', 'test/fixtures/child.ts', 'test/soak/random.ts'];

export interface SelfTestOptions {
  readonly folder: string;
  readonly tell: (line: string) => void;
}

export async function selfTest({ folder, tell }: SelfTestOptions): Promise<{ planted: number; found: number }> {
  const copy = join(folder, 'copy');
  const run = (target: string): Promise<Seen> =>
    watched({
      target,
      seed: 1,
      share: { ms: 0, cases: CASES, longestMs: LONGEST_MS },
      first: true,
      root: copy,
      folder: join(folder, target),
    });
  copyProject(copy, PARTS);
  for (const { name } of targets) {
    const { found, cases } = await run(name);
    if (found[0] || cases < CASES) throw new Error(`${name} is not clean: ${found[0]?.says ?? `${cases} cases`}`);
  }
  let count = 0;
  for (const fault of faults) {
    const mend = plant(copy, fault);
    const { found } = await run(fault.target);
    mend();
    if (found.length > 0) count += 1;
    const [says = ''] = (found[0]?.says ?? 'NOT FOUND').split('\n');
    tell(`${fault.target}: ${fault.what}: ${found[0]?.kind ?? ''} ${says.slice(0, 100)}`);
  }
  return { planted: faults.length, found: count };
}
