/** `npm test`: everything that must hold, in under ten minutes on two cores. The last line is the verdict; 1 if anything failed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checks } from './all/checks.ts';
import { sum } from './all/count.ts';
import { perform } from './all/perform.ts';
import type { Performed } from './all/perform.ts';

const ALL_MS = 10 * 60 * 1000;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-all-'));
try {
  process.exitCode = await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function main(): Promise<number> {
  const cwd = join(import.meta.dirname, '..');
  const began = performance.now();
  const done: Performed[] = [];
  for (const row of checks(folder)) {
    const leftMs = ALL_MS - (performance.now() - began);
    console.log(`> ${row.map(({ name }) => name).join(', ')}`);
    done.push(
      ...(await Promise.all(row.map((check) => perform(check, { cwd, leftMs, tell: console.log }).then(told)))),
    );
  }
  const failures = done.filter(({ failed }) => failed > 0);
  if (failures.length > 0) console.log(`\nFailed: ${failures.map(({ name }) => name).join(', ')}`);
  const { passed, failed, skipped } = sum(done);
  console.log(`\n${Math.round((performance.now() - began) / 1000)} s`);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed > 0 ? 1 : 0;
}

/** A failure is shown when it happens; what passes says one line. */
function told(check: Performed): Performed {
  const { name, seconds, passed, failed, skipped, output } = check;
  const counts = passed + failed + skipped === 1 ? '' : `  ${passed} passed, ${failed} failed, ${skipped} skipped`;
  const mark = failed > 0 ? 'FAIL' : passed === 0 ? 'skip' : 'ok  ';
  console.log(`  ${mark} ${name}  ${seconds} s${counts}`);
  if (passed === 0 && failed === 0) console.log(`  ${output}`);
  if (failed > 0) console.log(`\n----- ${name} -----\n${output.trim()}\n----- end of ${name} -----\n`);
  return check;
}
