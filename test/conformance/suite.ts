/** One run of the public conformance suite against one URL: exactly what a revision requires, counted from the suite's own result files. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { Child } from '../fixtures/child.ts';

const SCENARIO_MS = 20_000;
const suite = join(import.meta.dirname, '../../node_modules/@modelcontextprotocol/conformance');

export interface Score {
  readonly passed: number;
  readonly required: number;
  readonly failed: readonly string[];
}

interface Check {
  readonly id: string;
  readonly status: string;
  readonly errorMessage?: string;
}

/** @param tell gets a line for each required scenario that failed, with the suite's reasons. */
export async function runSuite(url: string, revision: string, tell: (line: string) => void): Promise<Score> {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    const options = ['--requirements', revision, '-o', folder, '--timeout', String(SCENARIO_MS)];
    await using child = new Child([join(suite, 'dist/index.js'), 'server', '--url', url, ...options]);
    // Its exit code says less than its files do: scenarios that are not scored do not count, missing ones do.
    await child.ended();
    return await score(folder, await required(revision), tell);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function required(revision: string): Promise<readonly string[]> {
  const file = await readFile(join(suite, `requirements/${revision}.yaml`), 'utf8');
  return (parse(file) as { server: readonly string[] }).server;
}

async function score(folder: string, scenarios: readonly string[], tell: (line: string) => void): Promise<Score> {
  const results = await readdir(folder);
  const failed: string[] = [];
  for (const scenario of scenarios) {
    const reasons = await failures(folder, results, scenario);
    if (reasons.length === 0) continue;
    failed.push(scenario);
    tell(`    ${scenario}: ${reasons.join(' | ')}`);
  }
  return { passed: scenarios.length - failed.length, required: scenarios.length, failed };
}

/** A scenario's folder is called `server-<scenario>-<time>`; without one the scenario did not run, which is a failure too. */
async function failures(folder: string, results: readonly string[], scenario: string): Promise<readonly string[]> {
  const prefix = `server-${scenario}-`;
  const found = results.find((name) => name.startsWith(prefix) && /^\d{4}-\d\d-\d\dT/.test(name.slice(prefix.length)));
  if (!found) return ['it did not run'];
  const checks = JSON.parse(await readFile(join(folder, found, 'checks.json'), 'utf8')) as readonly Check[];
  const bad = checks.filter(({ status }) => status === 'FAILURE');
  if (checks.length === 0) return ['it checked nothing'];
  return bad.map(({ id, errorMessage }) => `${id}: ${errorMessage ?? 'failed'}`);
}
