/**
 * `npm run conformance`: the public conformance suite. Against the fixture server, alone and through the gateway, for each revision of client on each
 * revision and link of upstream; and its tests for clients, with the gateway as the client. Everything must come out exactly as `expectations.ts`
 * says. `--only TEXT` picks by the names that are printed.
 */
import { parseArgs } from 'node:util';
import { exitOnSignals } from '../fixtures/child.ts';
import { cells, driven, required } from './expectations.ts';
import type { Cell, Miss, Pair, Revision } from './expectations.ts';
import { measureCell, measureDirect, measureDriven } from './measure.ts';
import type { Driven } from './measure.ts';
import type { Finding, Score } from './suite.ts';
import { inTurns } from './turns.ts';

/** Two cores are there, and much of a run is waiting. */
const AT_ONCE = 3;

interface Task {
  readonly kind: 'cells' | 'direct' | 'clientSuite';
  readonly name: string;
  readonly client: Revision;
  readonly upstream?: string;
  readonly required?: number;
  readonly misses: readonly Miss[];
  readonly run: () => Promise<Score | Driven>;
}

interface Done {
  readonly task: Task;
  readonly score: Score | Driven;
  readonly holds: boolean;
}

exitOnSignals();
const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, json: { type: 'boolean', default: false } },
});
const started = Date.now();
const tasks = [...cells.map(toCell), ...(['2025-11-25', '2026-07-28'] as const).map(toDirect), ...driven.map(toDriven)];
const picked = tasks.filter(({ name }) => name.includes(values.only));
const done = await inTurns(picked, AT_ONCE, measured);
const holds = done.length > 0 && done.every((one) => one.holds);
console.log(`${holds ? 'All cells hold' : 'NOT all cells hold'} (${Math.round((Date.now() - started) / 1000)} s)`);
if (values.json) {
  const of = (kind: Task['kind']) => done.filter(({ task }) => task.kind === kind).map(plain);
  console.log(JSON.stringify({ cells: of('cells'), direct: of('direct'), clientSuite: of('clientSuite') }));
}
process.exitCode = holds ? 0 : 1;

function toCell(cell: Cell): Task {
  const { client, misses } = cell;
  const upstream = `${cell.upstream}/${cell.link}`;
  const name = `${client} client through the gateway on ${upstream}`;
  return { kind: 'cells', name, client, upstream, required: required[client], misses, run: () => measureCell(cell) };
}

function toDirect(client: Revision): Task {
  const name = `${client} client on the fixture`;
  return { kind: 'direct', name, client, required: required[client], misses: [], run: () => measureDirect(client) };
}

function toDriven(pair: Pair): Task {
  const name = `${pair.client} client through the gateway, as the client of the suite of ${pair.suite}`;
  const run = () => measureDriven(pair);
  return { kind: 'clientSuite', name, client: pair.client, upstream: `${pair.suite}/http`, misses: [], run };
}

/** Told as soon as it is known, all lines of it together. */
async function measured(task: Task): Promise<Done> {
  const score = await task.run().catch((error: unknown): Score => {
    const lost = { scenario: 'all of them', reasons: [String(error)] };
    return { passed: 0, required: task.required ?? 0, failed: [lost], warned: [] };
  });
  const allowed = (scenario: string) => task.misses.find((miss) => miss.scenario === scenario)?.why;
  const unexpected = score.failed.filter(({ scenario }) => allowed(scenario) === undefined);
  const missed = score.failed.filter(({ scenario }) => allowed(scenario) !== undefined);
  const met = task.misses.filter((miss) => score.failed.every(({ scenario }) => scenario !== miss.scenario));
  const complete = task.required === undefined || score.required === task.required;
  const good = complete && unexpected.length === 0 && met.length === 0;
  const ids = 'scenarios' in score ? ` (${score.scenarios.join(', ')})` : '';
  const lines = [
    `${good ? 'ok  ' : 'FAIL'} ${task.name}: ${score.passed}/${score.required}${ids}`,
    ...unexpected.map(told('failed')),
    ...missed.map(({ scenario }) => `    missed as it must be, ${scenario}: ${allowed(scenario)}`),
    ...met.map(({ scenario }) => `    passed, though expectations.ts says that it cannot: ${scenario}`),
    ...score.warned.map(told('warned')),
  ];
  console.log(lines.join('\n'));
  return { task, score, holds: good };
}

function told(what: string): (finding: Finding) => string {
  return ({ scenario, reasons }) => `    ${what}, ${scenario}: ${reasons.join(' | ')}`;
}

/** In `clientSuite` the upstream is the suite's own server, and `scenarios` says what the gateway was tried on. */
function plain({ task: { client, upstream }, score }: Done): object {
  const { passed, required: wanted, failed } = score;
  const scenarios = 'scenarios' in score ? { scenarios: score.scenarios } : {};
  const where = upstream === undefined ? { client } : { client, upstream };
  return { ...where, passed, required: wanted, failed: failed.map(({ scenario }) => scenario), ...scenarios };
}
