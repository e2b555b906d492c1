/**
 * Whether the fuzzer finds anything: a copy of the project with a fault planted in it must turn red, one fault after the other, and the copy
 * without any must not.
 */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { faults, type Fault } from './faults.ts';
import { targets } from './targets.ts';
import { watched, type Seen } from './watch.ts';

const CASES = 1500;
const LONGEST_MS = 60_000;

export interface SelfTestOptions {
  readonly root: string;
  readonly folder: string;
  readonly tell: (line: string) => void;
}

export async function selfTest({ root, folder, tell }: SelfTestOptions): Promise<{ planted: number; found: number }> {
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
  copyProject(root, copy);
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

/** What the targets read, with the packages of the original. */
function copyProject(root: string, copy: string): void {
  mkdirSync(copy, { recursive: true });
  for (const part of [
    'package.json',
    'src',
    'test/fuzz',
    'test/fakes',
    'test/fixtures/child.ts',
    'test/soak/random.ts',
  ])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
}

/** Gives back how to mend it. */
function plant(copy: string, { what, file, line, instead }: Fault): () => void {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  const [before, after, ...more] = text.split(line);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`${file} does not hold exactly once what this fault changes: ${what}`);
  writeFileSync(path, before + instead + after);
  return () => writeFileSync(path, text);
}
