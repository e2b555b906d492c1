/** One round: everybody calls, some servers are hurt in the middle of it, everybody calls again, and what was hurt must come back. */
import { Client, describe } from './client.ts';
import type { Answer, Revision } from './client.ts';
import type { Fields } from './exchange.ts';
import { readJournal } from './fixture.ts';
import type { HttpFixture } from './fixture.ts';
import { killIfAlive } from './gateway.ts';
import type { SoakGateway } from './gateway.ts';
import { descendants, startedWith } from './processes.ts';
import type { Chance } from './random.ts';
import { until } from './soak.ts';
import type { Findings } from './soak.ts';

export type Fault = 'kill' | 'hang' | 'reset' | 'die' | 'none';

export type Subject =
  | { readonly name: string; readonly kind: 'pipe' }
  | { readonly name: string; readonly kind: 'web'; readonly fixture: HttpFixture };

export interface Stage {
  readonly gateway: SoakGateway;
  readonly journal: string;
  readonly findings: Findings;
  readonly timeoutMs: number;
  readonly calm: readonly string[];
  readonly clients: number;
  /** By key, for the judgement of the journal. */
  readonly outcomes: Map<string, { readonly ok: boolean; readonly text: string }>;
}

export interface Round {
  readonly number: number;
  readonly fault: Fault;
  readonly subjects: readonly Subject[];
  readonly chance: Chance;
}

export interface RoundFigures {
  readonly results: number;
  readonly errors: number;
  /** From the end of the fault to the first result of the last that came back. */
  readonly ms: number;
}

/** Two busy cores are no fault of the gateway. */
const SLACK_MS = 2_500;
const CALM_MS = 30_000;
const BACK_MS = 30_000;
const BEGUN_MS = 10_000;

export async function play(stage: Stage, round: Round): Promise<RoundFigures> {
  const before = stage.outcomes.size;
  const members = Array.from({ length: stage.clients }, (_, index) => toMember(stage, round, index));
  await Promise.all(members.map(({ client }) => client.open()));
  const hurt = members.filter(({ server }) => !stage.calm.includes(server));
  const first = members.map((member) => callTwice(stage, round, member));
  const keys = new Set(hurt.map(({ index }) => keyOf(round, index, 0)));
  await until('half of the calls are in the upstreams', BEGUN_MS, () => {
    return readJournal(stage.journal).filter(({ key }) => keys.has(key)).length * 2 >= keys.size;
  });
  await inject(stage, round);
  await Promise.all(first);
  const started = Date.now();
  await repair(stage, round);
  await Promise.all(round.subjects.map((subject) => back(stage, round, subject)));
  const ms = Date.now() - started;
  await Promise.all(members.map(({ client }) => client.close()));
  const outcomes = [...stage.outcomes.values()].slice(before);
  const results = outcomes.filter(({ ok }) => ok).length;
  return { results, errors: outcomes.length - results, ms };
}

interface Member {
  readonly index: number;
  readonly client: Client;
  readonly server: string;
  readonly tool: string;
  /** How long the upstream takes for each of its calls. */
  readonly pauses: readonly number[];
}

/** Two in five call servers that are left alone. Half of the new clients use the server's own route. */
function toMember({ gateway, calm }: Stage, { subjects, chance }: Round, index: number): Member {
  const server = (index % 5 < 2 ? calm[index % calm.length] : subjects[index % subjects.length]?.name) ?? '';
  const revision: Revision = index % 2 === 0 ? '2025-11-25' : '2026-07-28';
  const own = index % 4 === 1;
  const client = new Client(`${gateway.url}${own ? `/servers/${server}` : ''}/mcp`, revision, { logs: false });
  const pauses = [400 + chance.below(400), chance.below(50)];
  return { index, client, server, tool: own ? 'count' : `${server}__count`, pauses };
}

function keyOf({ number }: Round, index: number, turn: number): string {
  return `round-${number}-client-${index}-call-${turn}`;
}

/** Once so that the fault finds it running, and at once again, while the server is still hurt. */
async function callTwice(stage: Stage, round: Round, member: Member): Promise<void> {
  for (const [turn, pause] of member.pauses.entries()) {
    const key = keyOf(round, member.index, turn);
    const calm = stage.calm.includes(member.server);
    const deadlineMs = calm ? CALM_MS : stage.timeoutMs + SLACK_MS;
    const answer = await member.client.call(member.tool, { key, pauses: [pause] }, { deadlineMs });
    const { ok, text, wrong } = judgeCall(answer, key);
    stage.outcomes.set(key, { ok, text });
    const where = `${round.fault}, ${member.client.revision} ${member.client.url} ${member.tool} ${key}`;
    if (wrong !== undefined) stage.findings.add('unclear', `${where}: ${wrong}: ${describe(answer)}`);
    else if (!ok && (calm || round.fault === 'none')) stage.findings.add('bystander', `${where}: ${describe(answer)}`);
  }
}

const LEAKS = /127\.0\.0\.1|localhost|\bE[A-Z]{5,}\b|\n\s+at |node:|\.ts\b|\/proc|\/tmp/;

export interface Judged {
  readonly ok: boolean;
  readonly text: string;
  /** What is wrong with the way in which it ended; a clear error is not wrong. */
  readonly wrong?: string;
}

/** Whether it ended once, and in a way that a caller can go on from. */
export function judgeCall(answer: Answer, key: string): Judged {
  const { failure, status, response, id } = answer;
  const { result, error } = (response ?? {}) as { result?: Fields; error?: Fields };
  const text = error ? String(error['message']) : textOf(result);
  if (failure !== undefined || !response) return { ok: false, text, wrong: failure ?? 'no response' };
  if (response['id'] !== id) return { ok: false, text, wrong: 'the id of another request' };
  if (result && result['isError'] !== true)
    return text === key ? { ok: true, text } : { ok: false, text, wrong: 'not its own result' };
  if (status !== 200) return { ok: false, text, wrong: 'a status that says something else' };
  if (text.length < 10) return { ok: false, text, wrong: 'no words' };
  if (LEAKS.test(text)) return { ok: false, text, wrong: 'words that are not for callers' };
  if (error?.['code'] === -32602) return { ok: false, text, wrong: 'unknown, although it is configured' };
  return { ok: false, text };
}

function textOf(result: Fields | undefined): string {
  const content = result?.['content'];
  const [first] = (Array.isArray(content) ? content : []) as readonly { text?: string }[];
  return first?.text ?? '';
}

async function inject(stage: Stage, { fault, subjects }: Round): Promise<void> {
  const signals = { kill: 'SIGKILL', hang: 'SIGSTOP', reset: 'SIGUSR2', die: undefined, none: undefined } as const;
  const signal = signals[fault];
  for (const subject of subjects) {
    if (signal !== undefined) signalTo(stage, subject, signal);
    if (fault === 'die') await die(stage, subject);
  }
}

/** The server ends itself in the middle of a call; that call too ends in words. */
async function die({ gateway, findings, timeoutMs }: Stage, { name }: Subject): Promise<void> {
  const client = new Client(`${gateway.url}/mcp`, '2026-07-28', { logs: false });
  const answer = await client.call(`${name}__die`, {}, { deadlineMs: timeoutMs + SLACK_MS });
  const { ok, wrong } = judgeCall(answer, '');
  if (ok || wrong !== undefined) findings.add('unclear', `die of ${name}: ${wrong}: ${describe(answer)}`);
  await client.close();
}

function signalTo({ gateway }: Stage, subject: Subject, signal: NodeJS.Signals): void {
  if (subject.kind === 'web') return subject.fixture.signal(signal);
  const own = descendants(gateway.pid);
  for (const pid of startedWith('--stdio', '--name', subject.name)) {
    if (!own.includes(pid)) continue;
    if (signal === 'SIGKILL') killIfAlive(pid);
    else process.kill(pid, signal);
  }
}

/** A web server is started by whoever runs it; a child by the gateway, and a stopped one goes on if it is still there. */
async function repair(stage: Stage, { fault, subjects }: Round): Promise<void> {
  for (const subject of subjects) {
    if (fault === 'hang') signalTo(stage, subject, 'SIGCONT');
    else if (subject.kind === 'web' && (fault === 'kill' || fault === 'die')) {
      await subject.fixture.kill();
      await subject.fixture.start();
    }
  }
}

/** It comes back by itself and answers. */
async function back({ gateway, findings }: Stage, { fault, number }: Round, { name }: Subject): Promise<void> {
  const client = new Client(`${gateway.url}/mcp`, '2026-07-28', { logs: false });
  let last = '';
  let turn = 0;
  const answers = async () => {
    turn += 1;
    const key = `round-${number}-back-${name}-${turn}`;
    const answer = await client.call(`${name}__count`, { key }, { deadlineMs: CALM_MS });
    last = describe(answer);
    return judgeCall(answer, key).ok;
  };
  await until('it is back', BACK_MS, answers).catch(async () => {
    const { servers } = await gateway.ready();
    const shown = JSON.stringify(servers.find((server) => server.name === name));
    findings.add('not-back', `${name} after ${fault}: ${last}; readyz shows ${shown}`);
  });
  await client.close();
}
