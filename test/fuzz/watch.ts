/**
 * Runs one target in processes of its own and watches their pulse: one whose case takes longer than a case may is ended, the case is noted
 * as a hang if it hangs again alone, and another process goes on behind it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Inputs } from './inputs.ts';
import { progressOf } from './pulse.ts';
import { DIED, type Found, type RoundOptions, type Share } from './round.ts';
import { smallest } from './smallest.ts';
import { targetNamed } from './targets.ts';

/** Longer than this for one case is a hang. */
const HANG_MS = 2000;
/** To start a process and read the sources takes its time too. */
const START_MS = 30_000;
const LOOK_MS = 50;
const MEMORY = '/dev/shm';
/** After so many hangs and deaths the rest of the time would go into them alone. */
const RESTARTS = 5;
/** Making a hang smaller costs a hang each time it succeeds. */
const SMALLER = { attempts: 60, ms: 30_000 };

export interface Watch {
  readonly target: string;
  readonly seed: number;
  readonly share: Share;
  readonly folder: string;
  /** Where `test/fuzz` is taken from; the self-test has copies. */
  readonly root: string;
  readonly first: boolean;
  readonly input?: string;
}

export interface Seen {
  readonly cases: number;
  readonly found: readonly Found[];
}

export async function watched(watch: Watch): Promise<Seen> {
  const { share } = watch;
  const began = performance.now();
  const found: Found[] = [];
  let cases = 0;
  let from = 0;
  for (let start = 0; start <= RESTARTS; start += 1) {
    const elapsed = performance.now() - began;
    const left = {
      ms: Math.max(0, share.ms - elapsed),
      longestMs: Math.max(0, share.longestMs - elapsed),
      cases: Math.max(0, share.cases - cases),
    };
    const ended = await oneProcess({ ...watch, from, share: left });
    cases += ended.done;
    from = ended.number + 1;
    found.push(...ended.found);
    if (ended.how === 'hung') found.push(...(await hang(watch, ended.number)));
    if (ended.how === 'over' || watch.input !== undefined || (watch.first && found.length > 0)) break;
  }
  return { cases, found };
}

interface Ended {
  readonly how: 'over' | 'died' | 'hung';
  /** The case that it was at. */
  readonly number: number;
  readonly done: number;
  readonly found: readonly Found[];
}

type Process = RoundOptions & { readonly root: string };

/** A folder is one process's at a time. */
async function oneProcess({ root, ...options }: Process): Promise<Ended> {
  const pulse = join(options.folder, 'pulse');
  const notes = join(options.folder, 'found');
  mkdirSync(options.folder, { recursive: true });
  for (const left of [pulse, notes]) rmSync(left, { force: true });
  // A target may write a file for each case: into memory where that can be, and gone with the process.
  const scratch = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'fuzz-'));
  const program = join(root, 'test/fuzz/round.ts');
  const child = spawn(process.execPath, ['--no-warnings', program, JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, TMPDIR: scratch },
  });
  const kill = (): void => {
    child.kill('SIGKILL');
    rmSync(scratch, { recursive: true, force: true });
  };
  process.once('exit', kill);
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4000)));
  let seen = { beat: 0, at: performance.now() };
  let hasHung = false;
  const look = setInterval(() => {
    const { beat } = progressOf(pulse);
    if (beat !== seen.beat) seen = { beat, at: performance.now() };
    hasHung = performance.now() - seen.at > (beat === 0 ? START_MS : HANG_MS);
    if (hasHung) kill();
  }, LOOK_MS);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(look);
  rmSync(scratch, { recursive: true, force: true });
  process.off('exit', kill);
  const { number, done, beat } = progressOf(pulse);
  const found = existsSync(notes) ? readFileSync(notes, 'utf8').trimEnd().split('\n').map(read) : [];
  if (beat === 0) throw new Error(`The round did not begin:\n${output}`);
  if (hasHung) return { how: 'hung', number, done, found };
  if (code === 0) return { how: 'over', number, done, found };
  if (code === DIED) return { how: 'died', number, done, found };
  const crash: Found = { kind: 'crash', says: `the process died (${code ?? 'killed'}): ${output}`, number, input: '' };
  return { how: 'died', number, done, found: [...found, crash] };
}

const read = (line: string): Found => JSON.parse(line) as Found;

/** What stood still once on a busy machine is no hang: it must do so again, alone. */
async function hang(watch: Watch, number: number): Promise<Found[]> {
  const input =
    watch.input === undefined
      ? new Inputs(targetNamed(watch.target), watch.seed).at(number)
      : Buffer.from(watch.input, 'base64');
  const hangs = async (candidate: Buffer): Promise<boolean> => {
    const alone = { ms: 0, cases: 1, longestMs: START_MS };
    const { how } = await oneProcess({ ...watch, input: candidate.toString('base64'), from: 0, share: alone });
    return how === 'hung';
  };
  if (!(await hangs(input))) return [];
  const end = performance.now() + SMALLER.ms;
  const patience = { attempts: watch.first ? 0 : SMALLER.attempts, isOver: () => performance.now() > end };
  const small = await smallest(input, hangs, patience);
  const says = `more than ${HANG_MS / 1000} s for one case`;
  return [{ kind: 'hang', says, number, input: small.toString('base64') }];
}
