/**
 * Streams of several sessions are cut at random bytes while numbered messages pass, and resumed by `Last-Event-ID`: each message is heard
 * exactly once, in order, in its own session. Then what is not kept long enough: the gap is told, and nothing beside it is lost.
 */
import { join } from 'node:path';
import { BadLine } from './bad-line.ts';
import type { Revision } from './bad-line.ts';
import type { CutStream } from './cut-stream.ts';
import { HttpFixture } from './fixture.ts';
import { SoakGateway } from './gateway.ts';
import { Chance } from './random.ts';
import { checkGaps } from './replay-gaps.ts';
import { changed, judgeOrder, responses, told } from './replay-verdict.ts';
import { Findings, until } from './soak.ts';
import type { Options, Report } from './soak.ts';

const servers = ['web-25', 'web-26'] as const;
const revisions: readonly Revision[] = ['2025-11-25', '2025-06-18', '2025-03-26'];
/** About what one message takes on the stream of a call, of which there are two a line, and on that of a GET. */
const LINE_BYTES = { call: 360, get: 170 } as const;
/** Of the bytes that come between two cuts on average: what is cut in the middle comes again. */
const HASTE = 1.5;
const HEARD_MS = 60_000;
const EMPTY_MS = 10_000;

export async function replay({ small, seed, tell }: Options, folder: string): Promise<Report> {
  const size = small ? { sessions: 4, lines: 300, cuts: 60 } : { sessions: 12, lines: 1000, cuts: 200 };
  const findings = new Findings(tell);
  const journal = join(folder, 'journal');
  await using web25 = await HttpFixture.started({ name: 'web-25', revision: '2025-11-25', journal });
  await using web26 = await HttpFixture.started({ name: 'web-26', revision: '2026-07-28', journal });
  const fixtures = { 'web-25': { url: web25.url }, 'web-26': { url: web26.url } };
  await using gateway = await SoakGateway.started(folder, {
    bounds: { connectionsPerAddress: 5000, replayBytes: '8MiB' },
    servers: fixtures,
  });
  tell(`replay: ${size.sessions} sessions, ${size.lines} lines and ${size.cuts} cuts a stream, seed ${seed}`);
  const started = Date.now();
  const chance = new Chance(seed);
  const runs = Array.from({ length: size.sessions }, (_, i) => ({ ...size, i, chance: chance.fork(i), findings }));
  const played = await Promise.all(runs.map((run) => play(gateway.url, run)));
  await refuseForeign(played, findings);
  await Promise.all(played.map(({ line }) => line.close()));
  await allGone(gateway, findings);
  const gaps = await checkGaps({ folder, fixtures, findings, chance: chance.fork(size.sessions) });
  const seconds = (Date.now() - started) / 1000;
  return { findings, figures: { ...size, seconds, ...sum(played, findings), gaps } };
}

interface Run {
  readonly i: number;
  readonly lines: number;
  readonly cuts: number;
  readonly chance: Chance;
  readonly findings: Findings;
}

interface Played {
  readonly line: BadLine;
  readonly streams: readonly CutStream[];
}

async function play(url: string, { i, lines, cuts, chance, findings }: Run): Promise<Played> {
  const server = servers[i % 2 === 0 ? 0 : 1];
  const revision = revisions[i % revisions.length] ?? '2025-11-25';
  const secret = `s${i}-${chance.below(0xffff_ffff).toString(36)}`;
  const where = `session ${i} (${revision}, ${server})`;
  const line = new BadLine(`${url}/servers/${server}/mcp`, secret, revision);
  await line.open();
  const maxBytes = (bytes: number): number => Math.ceil((bytes * lines * HASTE) / cuts);
  const uri = `secret://${server}/${secret}`;
  const get = line.listening({ chance: chance.fork(1), cuts, maxBytes: maxBytes(LINE_BYTES.get) });
  const opened = Promise.withResolvers<void>();
  const listening = get.run(opened.resolve);
  await opened.promise;
  await line.ask('resources/subscribe', { uri });
  const args = { secret, uri, lines, pauseMs: 2 };
  const call = line.calling('recite', args, { chance: chance.fork(2), cuts, maxBytes: maxBytes(LINE_BYTES.call) });
  await call.run();
  await until('the last line on the GET stream', HEARD_MS, () => changed(get.heard).length >= lines).catch(
    () => undefined,
  );
  get.stop();
  await listening;
  for (const stream of [get, call]) {
    if (stream.failure !== undefined) findings.add('failure', `${where}: ${stream.failure}`);
    if (stream.cuts < cuts) findings.add('weak', `${where}: only ${stream.cuts} cuts`);
    if (stream.remarks.length > 0) findings.add('gap', `${where}: ${stream.remarks.join()}`);
  }
  const numbers = Array.from({ length: lines }, (_, n) => n + 1);
  const expected = numbers.flatMap((n) => [`progress ${secret} ${n}`, `message ${secret} ${n}`]);
  judgeOrder(`${where}, call`, { expected, got: told(call.heard), secret }, findings);
  judgeOrder(
    `${where}, GET`,
    { expected: numbers.map((n) => `${uri}/${n}`), got: changed(get.heard), secret },
    findings,
  );
  const answers = responses(call.heard);
  if (answers.length !== 1 || !JSON.stringify(answers[0]).includes(secret))
    findings.add('answer', `${where}: ${JSON.stringify(answers)}`);
  return { line, streams: [get, call] };
}

/** Event ids of others, and what only looks like one. */
async function refuseForeign(played: readonly Played[], findings: Findings): Promise<void> {
  for (const [i, { line }] of played.entries()) {
    const other = played[(i + 1) % played.length]?.streams.map(({ lastEventId = '' }) => lastEventId) ?? [];
    const [own = ''] = played[i]?.streams.map(({ lastEventId = '' }) => lastEventId) ?? [];
    const forged = [own.slice(0, -1), `${own}0`, own.replace('.', ''), own.toUpperCase(), '1', 'x'.repeat(8000)];
    for (const id of [...other, ...forged.filter((one) => one !== own && !isEarlier(one, own))]) {
      const status = await line.statusOf(id);
      if (status !== 400) findings.add('foreign-id', `${status} for ${id.slice(0, 60)}`);
    }
  }
}

/** Cut shorter an id may be that of an earlier event of the same stream, which is its owner's to ask for. */
const isEarlier = (one: string, own: string): boolean => own.startsWith(one) && /\.\w+\.\w+$/.test(one);

async function allGone(gateway: SoakGateway, findings: Findings): Promise<void> {
  for (const gauge of ['gatehouse_sessions', 'gatehouse_streams', 'gatehouse_buffered_bytes', 'gatehouse_legs']) {
    const isZero = async (): Promise<boolean> => (await gateway.gauge(gauge)) === 0;
    await until(gauge, EMPTY_MS, isZero).catch(async () =>
      findings.add('left', `${gauge} is ${await gateway.gauge(gauge)} after all sessions have ended`),
    );
  }
}

function sum(played: readonly Played[], findings: Findings) {
  const streams = played.flatMap((each) => each.streams);
  return {
    streams: streams.length,
    cut: streams.reduce((total, stream) => total + stream.cuts, 0),
    heard: streams.reduce((total, stream) => total + stream.heard.length, 0),
    missing: findings.of('missing'),
    twice: findings.of('twice'),
    disordered: findings.of('disordered'),
    crossed: findings.of('crossed'),
  };
}
