/**
 * `npm run conformance`: the public conformance suite against the fixture server, directly and through the gateway, each revision
 * on its own. The fixture alone must pass everything; a cell must miss exactly what it is expected to miss.
 */
import { join } from 'node:path';
import { Child, exitOnSignals } from '../fixtures/child.ts';
import { startGateway } from '../fixtures/gateway.ts';
import { runSuite } from './suite.ts';
import type { Score } from './suite.ts';

const fixture = join(import.meta.dirname, '../fixtures/conformance/main.ts');

/** Old clients are asked nothing through the gateway yet, and these four scenarios want to be asked. */
const interactive = [
  'tools-call-sampling',
  'tools-call-elicitation',
  'elicitation-sep1034-defaults',
  'elicitation-sep1330-enums',
];

const expectations = [
  { revision: '2025-11-25', required: 30, missing: interactive },
  { revision: '2026-07-28', required: 37, missing: [] },
] as const;

type Expectation = (typeof expectations)[number];

type Direct = Score & { readonly client: string };
type Cell = Direct & { readonly upstream: string };

interface Outcome {
  readonly direct: Direct;
  readonly cell: Cell;
  readonly holds: boolean;
}

exitOnSignals();
const started = Date.now();
const outcomes = await Promise.all(expectations.map(measure));
const holds = outcomes.every((outcome) => outcome.holds);
tell(`${holds ? 'All cells hold' : 'NOT all cells hold'} (${Math.round((Date.now() - started) / 1000)} s)`);
if (process.argv.includes('--json')) {
  const cells = outcomes.map(({ cell }) => cell);
  console.log(JSON.stringify({ cells, direct: outcomes.map(({ direct }) => direct) }));
}
process.exitCode = holds ? 0 : 1;

/** One fixture of one revision, first alone, then as the one server behind a gateway. */
async function measure({ revision, required, missing }: Expectation): Promise<Outcome> {
  await using server = new Child([fixture, '--revision', revision]);
  const { url } = JSON.parse(await server.firstLine()) as { url: string };
  const direct = { client: revision, ...(await runSuite(url, revision, tell)) };
  const alone = direct.required === required && direct.failed.length === 0;
  tell(line(`${revision} client on the fixture`, direct, alone));

  const score = await throughGateway(url, revision).catch((error: unknown) => {
    tell(String(error));
    return { passed: 0, required, failed: ['the gateway did not start'] };
  });
  const cell = { client: revision, upstream: `${revision}/http`, ...score };
  const through = cell.required === required && equal(cell.failed, missing);
  tell(line(`${revision} client through the gateway on ${cell.upstream}`, cell, through));
  return { direct, cell, holds: alone && through };
}

async function throughGateway(url: string, revision: string): Promise<Score> {
  await using gateway = await startGateway({ servers: { fixture: { url, protocol: revision } } });
  return await runSuite(`${gateway.url}/servers/fixture/mcp`, revision, tell);
}

function equal(failed: readonly string[], expected: readonly string[]): boolean {
  return failed.toSorted().join() === expected.toSorted().join();
}

function line(what: string, { passed, required }: Score, holds: boolean): string {
  return `${holds ? 'ok  ' : 'FAIL'} ${what}: ${passed}/${required}`;
}

/** Progress is for people; with `--json` stdout's last line is the object. */
function tell(text: string): void {
  console.log(text);
}
