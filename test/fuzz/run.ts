/**
 * `npm run fuzz -- [--seconds S] [--seed N] [--target T] [--case FILE] [--self-test] [--json]`: random and spoilt input to everything that reads bytes
 * from outside, compared with readers that were written a second time. What fails is made smaller and kept in a file that replays it.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exitOnSignals } from '../fixtures/child.ts';
import type { Found } from './round.ts';
import { selfTest } from './self-test.ts';
import { family } from './target.ts';
import { targets, targetNamed } from './targets.ts';
import { watched } from './watch.ts';

/** What a full minute owes each target. */
const CASES = 5000;
const FULL_SECONDS = 60;
const SHOWN = 10;
const REPLAY_MS = 60_000;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    target: { type: 'string' },
    case: { type: 'string' },
    'self-test': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
if (![values.seconds, values.seed].every((number) => /^\d{1,9}$/.test(number))) {
  console.error('npm run fuzz -- [--seconds S] [--seed N] [--target T] [--case FILE] [--self-test] [--json]');
  process.exit(2);
}

exitOnSignals();
const seconds = Number(values.seconds);
const seed = Number(values.seed);
const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
// Only cases that fail are left behind, also by a run that was broken off.
process.once('exit', () => {
  if (!existsSync(join(folder, 'cases'))) rmSync(folder, { recursive: true, force: true });
});
process.exit((await main()) ? 0 : 1);

async function main(): Promise<boolean> {
  if (values.case !== undefined) return replay(values.target ?? '', values.case);
  if (values['self-test']) {
    const { planted, found } = await selfTest({ folder, tell: console.log });
    console.log(`${found} of ${planted} planted faults found`);
    if (values.json) console.log(JSON.stringify({ planted, found }));
    return found === planted;
  }
  return fuzz(values.target === undefined ? targets.map(({ name }) => name) : values.target.split(','));
}

interface Counts {
  readonly cases: number;
  readonly crashes: number;
  readonly hangs: number;
  readonly differences: number;
}

async function fuzz(names: readonly string[]): Promise<boolean> {
  const ms = (seconds * 1000) / names.length;
  const cases = seconds >= FULL_SECONDS ? CASES : 0;
  const all: Record<string, Counts> = {};
  for (const name of names) {
    const target = targetNamed(name).name;
    const share = { ms, cases, longestMs: ms * 10 };
    const seen = await watched({ target, seed, share, folder: join(folder, target), root, first: false });
    for (const found of firstOfEach(seen.found)) show(target, found);
    const count = (kind: Found['kind']): number => seen.found.filter((found) => found.kind === kind).length;
    const counts = { crashes: count('crash'), hangs: count('hang'), differences: count('difference') };
    all[target] = { cases: seen.cases, ...counts };
    const { crashes, hangs, differences } = counts;
    console.log(`${target}: ${seen.cases} cases, ${crashes} crashes, ${hangs} hangs, ${differences} differences`);
  }
  const holds = Object.values(all).every(
    (one) => one.crashes + one.hangs + one.differences === 0 && one.cases >= Math.max(1, cases),
  );
  console.log(`${holds ? 'All holds' : 'NOT so'} (${seconds} s, seed ${seed})`);
  if (values.json) console.log(JSON.stringify({ targets: all }));
  return holds;
}

/** One of each family says all. */
function firstOfEach(found: readonly Found[]): readonly Found[] {
  const families = new Set<string>();
  return found.filter((one) => !families.has(family(one)) && families.add(family(one)).size <= SHOWN);
}

/** As much as a report needs: the same again, by number and by file. */
function show(target: string, { kind, says, number, input }: Found): void {
  const bytes = Buffer.from(input, 'base64');
  mkdirSync(join(folder, 'cases'), { recursive: true });
  const file = join(folder, 'cases', `${target}-${seed}-${number}`);
  writeFileSync(file, bytes);
  console.log(`\n${kind} in ${target}, seed ${seed}, case ${number}: ${says}`);
  console.log(`  ${bytes.length} bytes, text ${JSON.stringify(bytes.toString('latin1').slice(0, 400))}`);
  console.log(bytes.length <= 64 ? `  hex ${bytes.toString('hex')}` : `  base64 ${input.slice(0, 4000)}`);
  console.log(`  again: npm run fuzz -- --target ${target} --case ${file}\n`);
}

async function replay(target: string, file: string): Promise<boolean> {
  const input = readFileSync(file).toString('base64');
  const { name } = targetNamed(target);
  const share = { ms: 0, cases: 1, longestMs: REPLAY_MS };
  const { found } = await watched({ target: name, seed, share, folder, root, first: true, input });
  for (const { kind, says } of found) console.log(`${kind} in ${name}: ${says}`);
  console.log(found.length === 0 ? 'It does not fail.' : 'It fails.');
  return found.length === 0;
}
