/** Who stays away for longer than is kept is told what is lost, message by message or at least how many; an answer that is not kept is an error. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BadLine } from './bad-line.ts';
import type { Fields } from './exchange.ts';
import { SoakGateway } from './gateway.ts';
import type { Chance } from './random.ts';
import { changed, responses } from './replay-verdict.ts';
import { until } from './soak.ts';
import type { Findings } from './soak.ts';

const LINES = 200;
const HEARD_MS = 20_000;

interface Checking {
  readonly folder: string;
  readonly fixtures: Readonly<Record<string, { readonly url: string }>>;
  readonly findings: Findings;
  readonly chance: Chance;
}

export async function checkGaps({ folder, fixtures, findings, chance }: Checking): Promise<Fields> {
  const own = join(folder, 'gaps');
  await mkdir(own);
  await using gateway = await SoakGateway.started(own, { bounds: { replayBytes: '16KiB' }, servers: fixtures });
  const figures: Record<string, unknown> = {};
  for (const server of Object.keys(fixtures)) {
    const line = new BadLine(`${gateway.url}/servers/${server}/mcp`, `gap-${server}`, '2025-11-25');
    await line.open();
    figures[server] = await missed(line, server, { findings, chance });
    await answerLost(line, server, { findings, chance, gateway });
    await line.close();
  }
  return figures;
}

type Judging = Pick<Checking, 'findings' | 'chance'>;

/** On the GET stream: some lines are heard, many are missed, the last ones are kept. */
async function missed(line: BadLine, server: string, { findings, chance }: Judging): Promise<Fields> {
  const uri = `secret://${server}/${line.secret}`;
  const recite = (lines: number): Promise<unknown> =>
    line.ask('tools/call', { name: 'recite', arguments: { secret: line.secret, uri, lines, pauseMs: 1 } });
  const get = line.listening({ chance, cuts: 0, maxBytes: 1 });
  const opened = Promise.withResolvers<void>();
  const first = get.run(opened.resolve);
  await opened.promise;
  await line.ask('resources/subscribe', { uri });
  await recite(3);
  await until('three lines', HEARD_MS, () => changed(get.heard).length === 3);
  get.stop();
  await first;
  const before = get.heard.length;
  await recite(LINES);
  const second = get.run();
  await until('the last line', HEARD_MS, () => changed(get.heard).includes(`${uri}/${LINES}`)).catch(() => undefined);
  get.stop();
  await second;
  const after = get.heard.slice(before);
  const warned = after.findIndex((message) => message['method'] === 'notifications/message');
  const lost = warned === -1 ? 0 : Number((paramsOf(after[warned])['data'] as Fields)['events']);
  const kept = changed(after).filter((one) => one !== uri);
  const numbers = kept.map((one) => Number(one.slice(uri.length + 1)));
  if (warned !== 0) findings.add('silent', `${server}: no warning before what is kept`);
  if (lost + kept.length !== LINES) findings.add('gap', `${server}: ${lost} lost, ${kept.length} kept, of ${LINES}`);
  if (numbers.join() !== Array.from({ length: kept.length }, (_, n) => lost + n + 1).join())
    findings.add('gap', `${server}: after ${lost} lost came ${numbers.slice(0, 5).join()}…`);
  const methods = new Set(after.map((message) => String(message['method'])));
  if (!methods.has('notifications/tools/list_changed') || !changed(after).includes(uri))
    findings.add('silent', `${server}: what may have changed is not told: ${[...methods].join()}`);
  return { lost, kept: kept.length };
}

/** An answer that fits is heard after the cut; one that does not is an error with its id. */
async function answerLost(
  line: BadLine,
  server: string,
  { findings, chance, gateway }: Judging & { readonly gateway: SoakGateway },
): Promise<void> {
  for (const bytes of [100, 100_000]) {
    const legs = await gateway.gauge('gatehouse_legs');
    const args = { secret: line.secret, lines: 2, pauseMs: 200, bytes };
    const call = line.calling('recite', args, { chance, cuts: 1, maxBytes: 1 });
    const first = call.run();
    await until('the cut', HEARD_MS, () => call.cuts === 1);
    call.stop();
    await first;
    await until('the end of the call', HEARD_MS, async () => (await gateway.gauge('gatehouse_legs')) === legs);
    await call.run();
    const [answer, ...more] = responses(call.heard);
    const result = answer?.['result'] as Fields | undefined;
    const text = JSON.stringify(result);
    const isRight = bytes === 100 ? text.includes(line.secret) : result?.['isError'] === true && text.includes('kept');
    if (!isRight || more.length > 0)
      findings.add('answer', `${server}, ${bytes} bytes: ${JSON.stringify(answer).slice(0, 300)}`);
  }
}

const paramsOf = (message: Fields | undefined): Fields => (message?.['params'] ?? {}) as Fields;
