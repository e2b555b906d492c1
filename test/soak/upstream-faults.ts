/**
 * Upstreams are killed, stopped and reset while many calls are in them. Each call ends once, in time and in clear words; servers that
 * were left alone notice nothing; nothing is executed twice; what was hurt comes back; nothing is left at the end.
 */
import { join } from 'node:path';
import type { Revision } from './client.ts';
import { checkKilled, checkStopped } from './endings.ts';
import { play } from './fault-round.ts';
import type { Fault, Stage, Subject } from './fault-round.ts';
import { child, HttpFixture, readJournal } from './fixture.ts';
import { SoakGateway } from './gateway.ts';
import { Chance } from './random.ts';
import { Findings, until } from './soak.ts';
import type { Options, Report } from './soak.ts';

const pipes = { 'pipe-25': '2025-11-25', 'pipe-26': '2026-07-28' } as const;
const webs = { 'web-25': '2025-11-25', 'web-26': '2026-07-28' } as const;
const faults: readonly Fault[] = ['kill', 'hang', 'reset', 'die'];
const CALM = ['calm-pipe', 'calm-web'];
const SETTLED_MS = 15_000;
const MOST_WORDS = 20;
/** Listeners, log and watcher are there already; a connection that is being made may be caught in the act. */
const SPARE_FILES = 4;

export async function upstreamFaults(options: Options, folder: string): Promise<Report> {
  const { small, seed, from, tell } = options;
  const findings = new Findings(tell);
  const journal = join(folder, 'journal');
  const timeoutMs = small ? 1_500 : 3_000;
  await using web25 = await HttpFixture.started({ name: 'web-25', revision: webs['web-25'], journal });
  await using web26 = await HttpFixture.started({ name: 'web-26', revision: webs['web-26'], journal });
  await using calm = await HttpFixture.started({ name: 'calm-web', revision: '2025-11-25', journal });
  const fixtures = { 'web-25': web25, 'web-26': web26 };
  const servers = toServers({ journal, timeoutMs, urls: { ...mapUrls(fixtures), 'calm-web': calm.url } });
  await using gateway = await SoakGateway.started(folder, { bounds: { connectionsPerAddress: 5_000 }, servers });
  const stage: Stage = {
    gateway,
    journal,
    findings,
    timeoutMs,
    calm: CALM,
    clients: small ? 40 : 200,
    outcomes: new Map(),
  };
  const subjects: readonly Subject[] = [
    ...Object.keys(pipes).map((name): Subject => ({ name, kind: 'pipe' })),
    ...Object.entries(fixtures).map(([name, fixture]): Subject => ({ name, kind: 'web', fixture })),
  ];
  const rounds = small ? smallRounds(subjects) : longRounds(subjects);

  tell(`upstream-faults: ${stage.clients} clients, ${rounds.length} rounds, seed ${seed}`);
  const baseline = await playQuietly(stage, subjects, seed);
  for (const [index, round] of rounds.entries()) {
    const number = index + 1;
    if (number < from) continue;
    const { results, errors, ms } = await play(stage, { ...round, number, chance: new Chance(seed).fork(number) });
    const names = round.subjects.map(({ name }) => name).join(', ');
    tell(
      `  ${number}/${rounds.length} ${round.fault} ${names}: ${results} results, ${errors} errors, back after ${ms} ms`,
    );
  }
  await idle(gateway, findings);
  const files = gateway.openFiles;
  if (files > baseline + SPARE_FILES) findings.add('left', `${files} open files, ${baseline} before the faults`);
  await checkChildren(gateway, servers, findings);
  const ports = [web25, web26, calm].map(({ port }) => port);
  const ended = await checkStopped({ gateway, findings, ports, stopped: 'pipe-25' });
  const executedTwice = judgeJournal(stage);
  const killed = await checkKilled({ folder, servers, findings });
  const openFiles = { before: baseline, after: files };
  return {
    findings,
    figures: { rounds: rounds.length, ...tally(stage), executedTwice, openFiles, ...ended, ...killed },
  };
}

/** How the calls ended; what callers read, and how many did. */
function tally({ outcomes }: Stage) {
  const ends = [...outcomes.values()];
  const words = new Map<string, number>();
  for (const { ok, text } of ends) if (!ok) words.set(text, (words.get(text) ?? 0) + 1);
  const most = [...words].toSorted(([, one], [, other]) => other - one).slice(0, MOST_WORDS);
  const results = ends.filter(({ ok }) => ok).length;
  return { calls: ends.length, results, errors: ends.length - results, words: Object.fromEntries(most) };
}

/** A round without a fault: how many files are open when everything has been in use once, and nobody is there. */
async function playQuietly(stage: Stage, subjects: readonly Subject[], seed: number): Promise<number> {
  await play(stage, { number: 0, fault: 'none', subjects, chance: new Chance(seed) });
  await idle(stage.gateway, stage.findings);
  return stage.gateway.openFiles;
}

/** Small: every fault once, on one pipe and one web server at the same time. */
function smallRounds(subjects: readonly Subject[]) {
  return faults.map((fault, index) => ({ fault, subjects: subjects.filter((_, each) => each % 2 === index % 2) }));
}

const REPEATS = 2;

function longRounds(subjects: readonly Subject[]) {
  const once = faults.flatMap((fault) =>
    [...subjects.map((subject) => [subject]), subjects].map((hurt) => ({ fault, subjects: hurt })),
  );
  return Array.from({ length: REPEATS }, () => once).flat();
}

function mapUrls(fixtures: Readonly<Record<string, HttpFixture>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fixtures).map(([name, { url }]) => [name, url]));
}

interface Written {
  readonly journal: string;
  readonly timeoutMs: number;
  readonly urls: Readonly<Record<string, string>>;
}

/** Impatient with those that will be hurt, patient with the others, so that a slow machine is no finding. */
function toServers({ journal, timeoutMs, urls }: Written) {
  const timeouts = { timeout: `${timeoutMs}ms`, firstByteTimeout: `${timeoutMs}ms`, idleTimeout: `${timeoutMs}ms` };
  const start = (name: string, revision: Revision, ...more: string[]) => child({ name, revision, journal }, ...more);
  const hurt = Object.entries(pipes).map(
    ([name, revision]) => [name, { ...start(name, revision), ...timeouts }] as const,
  );
  const web = Object.keys(webs).map((name) => [name, { url: urls[name], ...timeouts, connectTimeout: '1s' }] as const);
  return {
    ...Object.fromEntries(hurt),
    ...Object.fromEntries(web),
    'calm-pipe': { ...start('calm-pipe', '2025-11-25'), timeout: '30s' },
    'calm-web': { url: urls['calm-web'], timeout: '30s' },
    stubborn: start('stubborn', '2025-11-25', '--stubborn'),
  };
}

/** No client is there: what the gateway still holds then, it holds for itself. */
async function idle(gateway: SoakGateway, findings: Findings): Promise<void> {
  for (const name of ['connections', 'sessions', 'streams', 'buffered_bytes']) {
    let last: number | undefined;
    const nothing = async () => {
      last = await gateway.gauge(`gatehouse_${name}`);
      return last === 0;
    };
    await until('an idle gateway', SETTLED_MS, nothing).catch(() => {
      findings.add('left', `gatehouse_${name} is ${last} without clients`);
    });
  }
}

/** One process for each server that is one, and nothing else. */
async function checkChildren(gateway: SoakGateway, servers: object, findings: Findings): Promise<void> {
  const expected = Object.values(servers).filter((server: object) => 'command' in server).length;
  await until('one child each', SETTLED_MS, () => gateway.children.length === expected).catch(() => {
    findings.add('left', `${gateway.children.length} children, ${expected} expected`);
  });
  const gauge = await gateway.gauge('gatehouse_children');
  if (gauge !== expected) findings.add('left', `gatehouse_children is ${gauge}, ${expected} expected`);
}

/** The upstreams' own account: nothing twice, all that succeeded once, and no caller was told anything else. */
function judgeJournal({ journal, outcomes, findings }: Stage): number {
  const counts = new Map<string, number>();
  for (const { kind, key } of readJournal(journal)) if (kind === 'count') counts.set(key, (counts.get(key) ?? 0) + 1);
  const twice = [...counts].filter(([, count]) => count > 1);
  for (const [key, count] of twice)
    findings.add('executed-twice', `${key}: ${count} times, told ${outcomes.get(key)?.text}`);
  for (const [key, { ok, text }] of outcomes) {
    const ran = counts.has(key);
    if (ok && !ran) findings.add('untrue', `${key} has a result, but was not executed`);
    if (!ok && ran && /was not run/.test(text))
      findings.add('untrue', `${key} was executed, but its caller read: ${text}`);
    if (!ok && !ran && /has run/.test(text))
      findings.add('untrue', `${key} was not executed, but its caller read: ${text}`);
  }
  return twice.length;
}
