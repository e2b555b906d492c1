/** How many tests a check was. A check that is not vitest is one; one that fails without saying which test is one failed test too. */
import { readFileSync } from 'node:fs';

export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Ending {
  readonly code: number;
  readonly report?: string | undefined;
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

export function count({ code, report }: Ending): Count {
  const counted = report === undefined ? { passed: code === 0 ? 1 : 0, failed: 0, skipped: 0 } : read(report);
  // A file that does not load and an error outside of tests fail the run, but no test.
  return code !== 0 && counted.failed === 0 ? { ...counted, failed: 1 } : counted;
}

function read(path: string): Count {
  try {
    const report = JSON.parse(readFileSync(path, 'utf8')) as VitestReport;
    const skipped = report.numPendingTests + report.numTodoTests;
    return { passed: report.numPassedTests, failed: report.numFailedTests, skipped };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

export function sum(counts: readonly Count[]): Count {
  const add = (pick: (one: Count) => number): number => counts.reduce((total, one) => total + pick(one), 0);
  return {
    passed: add(({ passed }) => passed),
    failed: add(({ failed }) => failed),
    skipped: add(({ skipped }) => skipped),
  };
}
