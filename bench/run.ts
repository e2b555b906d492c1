/**
 * `npm run bench -- --quick`: what a call through the gateway costs, beside nginx passing the same bytes. The number to read is the ratio
 * of CPU time, both measured in the same rounds; microseconds are good for one machine and one afternoon.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verify } from './call.ts';
import { peakRssMb } from './machine.ts';
import { options, WrongUsage } from './options.ts';
import type { Options } from './options.ts';
import { figures, ratio, table } from './report.ts';
import type { Report } from './report.ts';
import { machineLine, measure } from './rounds.ts';
import type { Plan, Round } from './rounds.ts';
import { startSubject } from './subjects.ts';
import type { Subject } from './subjects.ts';
import { Missing, program, startStub } from './tools.ts';

const WORKLOAD = 'json-300b';
const quick: Plan = { rounds: 5, seconds: 1, warmUpSeconds: 2 };
const thorough: Plan = { rounds: 9, seconds: 2, warmUpSeconds: 3 };

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));
process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const asked = options(process.argv.slice(2));
    const report = await bench(asked);
    tell(table(report));
    if (asked.write) write(report);
    if (asked.json) console.log(JSON.stringify(report));
    return 0;
  } catch (error) {
    if (error instanceof WrongUsage) return fail(error.message, 2);
    if (error instanceof Missing) return fail(error.message, 1);
    return fail(told(error), 1);
  }
}

async function bench(asked: Options): Promise<Report> {
  const plan = asked.quick ? quick : thorough;
  program('wrk');
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const { port, stub } = await startStub();
  stack.use(stub);

  const subjects: Subject[] = [];
  for (const name of asked.subjects) {
    tell(`starting ${name}`);
    const ground = {
      stub: { port, pid: stub.pid },
      folder,
      started: (child: AsyncDisposable) => void stack.use(child),
    };
    subjects.push(await startSubject(name, ground));
  }
  tell(machineLine());
  const rounds = await measure(subjects, plan, tell);
  for (const { url, tool } of subjects) await verify(url, tool);
  return reported(subjects, rounds, { quick: asked.quick, rounds: plan.rounds });
}

function reported(
  subjects: readonly Subject[],
  rounds: ReadonlyMap<string, readonly Round[]>,
  plan: Pick<Report, 'quick' | 'rounds'>,
): Report {
  const of = (name: string): readonly Round[] => rounds.get(name) ?? [];
  const measured = subjects.map(({ name, pid }) => [name, figures(of(name), peakRssMb(pid))] as const);
  const paired = rounds.has('gatehouse') && rounds.has('nginx');
  return {
    ...plan,
    workloads: { [WORKLOAD]: Object.fromEntries(measured) },
    ratios: paired ? { [`gatehouse/nginx ${WORKLOAD}`]: ratio(of('gatehouse'), of('nginx')) } : {},
    latency: null,
    idle: null,
    million: null,
    decide: null,
  };
}

function write(report: Report): void {
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, report.quick ? 'quick.json' : 'thorough.json'),
    `${JSON.stringify(report, undefined, 2)}\n`,
  );
}

/** Progress is for people; with `--json` stdout's last line is the object. */
function tell(text: string): void {
  console.log(text);
}

function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n${told(error.cause)}`;
}

function fail(message: string, code: number): number {
  console.error(`\nThe bench did not run: ${message}`);
  return code;
}
