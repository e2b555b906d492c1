/** The runner itself: what it counts, and that nothing outlives it. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sum } from './count.ts';
import { perform } from './perform.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-all-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (script: string, more: { seconds?: number; report?: string; leftMs?: number } = {}) => {
  const { seconds = 20, leftMs = 60_000, ...rest } = more;
  const check = { name: 'a check', command: ['node', '-e', script] as const, seconds, ...rest };
  return perform(check, { cwd: folder, leftMs, tell: () => undefined });
};

function report(numbers: { passed: number; failed: number; pending: number }): string {
  const path = join(folder, 'vitest.json');
  const { passed, failed, pending } = numbers;
  const text = { numPassedTests: passed, numFailedTests: failed, numPendingTests: pending, numTodoTests: 0 };
  writeFileSync(path, JSON.stringify(text));
  return path;
}

describe('a check', () => {
  it('is one test, and passes when it ends with 0', async () => {
    expect(await run('console.log("fine")')).toMatchObject({ passed: 1, failed: 0, skipped: 0, output: 'fine\n' });
  });

  it('fails with any other code, and keeps what it said', async () => {
    expect(await run('console.error("why"); process.exit(3)')).toMatchObject({ passed: 0, failed: 1, output: 'why\n' });
  });

  it('fails when its command does not exist', async () => {
    const check = { name: 'a check', command: ['no-such-command'] as const, seconds: 5 };
    const performed = await perform(check, { cwd: folder, leftMs: 5_000, tell: () => undefined });
    expect(performed).toMatchObject({ passed: 0, failed: 1 });
    expect(performed.output).toContain('ENOENT');
  });

  it('is as many tests as its report says', async () => {
    const path = report({ passed: 12, failed: 0, pending: 2 });
    expect(await run('', { report: path })).toMatchObject({ passed: 12, failed: 0, skipped: 2 });
  });

  it('has failed once when it ends with an error that no test of the report has', async () => {
    const path = report({ passed: 12, failed: 0, pending: 0 });
    expect(await run('process.exit(1)', { report: path })).toMatchObject({ passed: 12, failed: 1 });
    expect(await run('', { report: join(folder, 'none.json') })).toMatchObject({ passed: 0, failed: 1 });
  });

  it('that takes too long is ended with all that it started, and has failed', async () => {
    const pidFile = join(folder, 'pid');
    const child = `require("fs").writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); process.on("SIGTERM", () => 0); setInterval(() => 0, 1000)`;
    const parent = `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit" }); setInterval(() => 0, 1000)`;
    const performed = await run(parent, { seconds: 2 });
    expect(performed).toMatchObject({ passed: 0, failed: 1 });
    expect(performed.output).toContain('ended after 2 s');
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await expect.poll(() => running(pid), { timeout: 5_000 }).toBe(false);
  });

  it('gets no more time than all of them have left', async () => {
    expect((await run('setInterval(() => 0, 1000)', { leftMs: 200 })).output).toContain('ended after 0.2 s');
  });
});

it('counts are added up', () => {
  const one = { passed: 1, failed: 0, skipped: 0 };
  expect(sum([one, { passed: 10, failed: 2, skipped: 3 }])).toEqual({ passed: 11, failed: 2, skipped: 3 });
});

/** A zombie that nobody has waited for is not running. */
function running(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  if (existsSync('/proc/self/stat')) return existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'));
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
