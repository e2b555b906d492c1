/** Whether the simulation finds anything: in a copy of the project each planted fault must turn some seed red, and the copy without any must not. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { faults, type PlantedFault } from './faults.ts';

const SEEDS = 250;
const LONGEST_MS = 60_000;
const root = join(import.meta.dirname, '../..');

export function selfTest(tell: (line: string) => void): { readonly planted: number; readonly found: number } {
  const folder = mkdtempSync(join(tmpdir(), 'sim-'));
  try {
    copyProject(folder);
    const clean = firstWrong(folder);
    if (clean !== undefined) throw new Error(`it is red without any fault: ${clean}`);
    const found = faults.filter((fault) => {
      const mend = plant(folder, fault);
      const wrong = firstWrong(folder);
      mend();
      tell(`${fault.what}: ${wrong ?? 'NOT FOUND'}`);
      return wrong !== undefined;
    });
    return { planted: faults.length, found: found.length };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function firstWrong(folder: string): string | undefined {
  const args = ['test/sim/run.ts', '--seeds', String(SEEDS), '--first', '--json'];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', timeout: LONGEST_MS });
  return status === 0 ? undefined : (stderr.split('\n')[0] ?? '').slice(0, 160);
}

function copyProject(folder: string): void {
  for (const part of ['package.json', 'src', 'test/sim', 'test/fakes/time.ts', 'test/soak/random.ts']) {
    mkdirSync(join(folder, part, '..'), { recursive: true });
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
}

/** Gives back how to mend it. */
function plant(folder: string, { what, file, line, instead }: PlantedFault): () => void {
  const path = join(folder, file);
  const text = readFileSync(path, 'utf8');
  const [before, after, ...more] = text.split(line);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`${file} does not hold exactly once what this fault changes: ${what}`);
  writeFileSync(path, before + instead + after);
  return () => writeFileSync(path, text);
}
