/** Whether the simulation finds anything: in a copy of the project each planted fault must turn some seed red, and the copy without any must not. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyProject, plant } from '../fixtures/planted-faults.ts';
import { faults } from './faults.ts';

const SEEDS = 600;
const LONGEST_MS = 400_000;
/** The gateway, and what its simulation is made of, this file's own imports among it. */
const PARTS = ['src', 'test/sim', 'test/fakes/time.ts', 'test/fixtures/planted-faults.ts', 'test/soak/random.ts'];

export function selfTest(tell: (line: string) => void): { readonly planted: number; readonly found: number } {
  const folder = mkdtempSync(join(tmpdir(), 'sim-'));
  try {
    copyProject(folder, PARTS);
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
  if (status === null) throw new Error('it takes too long');
  // What does not even run says nothing about the simulation.
  if (status !== 0 && !stderr.startsWith('seed ')) throw new Error(`it does not run: ${stderr.slice(0, 400)}`);
  return status === 0 ? undefined : (stderr.split('\n')[0] ?? '').slice(0, 160);
}
