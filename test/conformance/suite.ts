/** Runs of the public conformance suite, judged by its own result files: a server by all that a revision requires, a client by one scenario. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { Child } from '../fixtures/child.ts';
import type { Revision } from './expectations.ts';

const SCENARIO_MS = 20_000;
/** A gateway and a client are started in it. */
const CLIENT_MS = 90_000;
const suite = join(import.meta.dirname, '../../node_modules/@modelcontextprotocol/conformance');

/** A scenario and what the suite had against it. */
export interface Finding {
  readonly scenario: string;
  readonly reasons: readonly string[];
}

export interface Score {
  readonly passed: number;
  readonly required: number;
  readonly failed: readonly Finding[];
  /** What the suite would rather have had: SHOULDs. They cost nothing. */
  readonly warned: readonly Finding[];
}

interface Requirements {
  readonly server: readonly string[];
  readonly client: readonly string[];
  readonly not_scored: readonly { readonly scenario: string; readonly leg: string; readonly reason: string }[];
}

interface Check {
  readonly id: string;
  readonly status: string;
  readonly errorMessage?: string;
}

/** Exactly what the revision requires of a server. */
export function runSuite(url: string, revision: Revision): Promise<Score> {
  return inFolder(async (folder) => {
    const options = ['--requirements', revision, '-o', folder, '--timeout', String(SCENARIO_MS)];
    await using child = new Child([join(suite, 'dist/index.js'), 'server', '--url', url, ...options]);
    // Its exit code says less than its files do: scenarios that are not scored do not count, missing ones do.
    await child.ended();
    return await score(folder, (await requirements(revision)).server);
  });
}

/** All that a client of the revision is tried on but authorization and extensions, also what the suite does not score yet. */
export async function clientScenarios(revision: Revision): Promise<readonly string[]> {
  const { client, not_scored } = await requirements(revision);
  const added = not_scored.filter(({ leg, reason }) => leg === 'client' && reason !== 'extension');
  return [...client, ...added.map(({ scenario }) => scenario)].filter((scenario) => !scenario.startsWith('auth/'));
}

/** @param command gets the URL of the scenario's server as its last argument. Warnings count as well, and so does its exit code. */
export function runClientScenario(scenario: string, revision: Revision, command: string): Promise<Finding | undefined> {
  return inFolder(async (folder) => {
    const what = ['--scenario', scenario, '--spec-version', revision, '--timeout', String(CLIENT_MS)];
    const options = [...what, '-o', folder, '--command', command];
    await using child = new Child([join(suite, 'dist/index.js'), 'client', ...options]);
    const code = await child.ended();
    const found = resultsOf(await readdir(folder), scenario);
    const checks = found === undefined ? [] : await checksIn(folder, found);
    const reasons = [...said(checks, 'FAILURE'), ...said(checks, 'WARNING')];
    if (checks.length === 0) reasons.push('it checked nothing');
    if (code !== 0) reasons.push(...(await lastWords(folder, found)));
    return reasons.length === 0 ? undefined : { scenario, reasons };
  });
}

/** Why the client itself gave up, where it did: the suite keeps what it wrote. */
async function lastWords(folder: string, found: string | undefined): Promise<readonly string[]> {
  const written = found === undefined ? '' : await readFile(join(folder, found, 'stderr.txt'), 'utf8').catch(() => '');
  return [`the client said: ${/^\w*Error: .*$/m.exec(written)?.[0] ?? 'nothing'}`];
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function requirements(revision: Revision): Promise<Requirements> {
  return parse(await readFile(join(suite, `requirements/${revision}.yaml`), 'utf8')) as Requirements;
}

async function score(folder: string, scenarios: readonly string[]): Promise<Score> {
  const results = await readdir(folder);
  const failed: Finding[] = [];
  const warned: Finding[] = [];
  for (const scenario of scenarios) {
    const found = resultsOf(results, `server-${scenario}`);
    const checks = found === undefined ? [] : await checksIn(folder, found);
    const reasons = said(checks, 'FAILURE');
    if (found === undefined) reasons.push('it did not run');
    else if (checks.length === 0) reasons.push('it checked nothing');
    if (reasons.length > 0) failed.push({ scenario, reasons });
    const warnings = said(checks, 'WARNING');
    if (warnings.length > 0) warned.push({ scenario, reasons: warnings });
  }
  return { passed: scenarios.length - failed.length, required: scenarios.length, failed, warned };
}

/** A scenario's folder is called after it and the time; without one the scenario did not run, which is a failure too. */
function resultsOf(results: readonly string[], name: string): string | undefined {
  return results.find(
    (result) => result.startsWith(`${name}-`) && /^\d{4}-\d\d-\d\dT/.test(result.slice(name.length + 1)),
  );
}

async function checksIn(folder: string, name: string): Promise<readonly Check[]> {
  return JSON.parse(await readFile(join(folder, name, 'checks.json'), 'utf8')) as readonly Check[];
}

function said(checks: readonly Check[], status: string): string[] {
  const found = checks.filter((check) => check.status === status);
  return found.map(({ id, errorMessage }) => `${id}: ${errorMessage ?? status.toLowerCase()}`);
}
