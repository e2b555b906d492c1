/**
 * `npm run sim -- [--seeds N] [--seed S] [--first] [--trace] [--json] [--self-test]`: the whole gateway on a clock that is turned, among servers
 * and clients that a seed makes misbehave. Each seed is one run, the same every time. Prints one JSON object.
 */
import { parseArgs } from 'node:util';
import { selfTest } from './self-test.ts';
import { simulate, type Report } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    first: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    'self-test': { type: 'boolean', default: false },
  },
});
if (![values.seeds, values.seed].every((number) => /^\d{1,9}$/.test(number))) {
  console.error('npm run sim -- [--seeds N] [--seed S] [--first] [--trace] [--json] [--self-test]');
  process.exit(2);
}

const indent = values.json ? undefined : 2;
process.exitCode = (values['self-test'] ? planted() : await seeds(Number(values.seed), Number(values.seeds))) ? 0 : 1;

function planted(): boolean {
  const { planted, found } = selfTest(console.error);
  console.log(JSON.stringify({ planted, found }, null, indent));
  return found === planted;
}

async function seeds(first: number, count: number): Promise<boolean> {
  const begun = performance.now();
  const total = { seeds: 0, steps: 0, calls: 0 };
  const ends: Record<string, number> = {};
  const failed: { readonly seed: number; readonly step: number; readonly says: string }[] = [];
  for (let seed = first; seed < first + count && !(values.first && failed.length > 0); seed += 1) {
    const report = await simulate(seed);
    total.seeds += 1;
    total.steps += report.steps;
    total.calls += report.calls;
    for (const [end, times] of Object.entries(report.ends)) ends[end] = (ends[end] ?? 0) + times;
    failed.push(...report.wrongs.map((wrong) => ({ seed, ...wrong })));
    told(report);
  }
  const seconds = Math.round((performance.now() - begun) / 100) / 10;
  console.log(JSON.stringify({ ...total, ends, seconds, failed }, null, indent));
  return failed.length === 0;
}

function told({ seed, temper, digest, lines, wrongs }: Report): void {
  if (values.trace) console.error(`${lines.join('\n')}\n${temper} ${digest}`);
  for (const { step, says } of wrongs)
    console.error(
      `seed ${seed}, step ${step} (${temper}): ${says}\n  again: npm run sim -- --seeds 1 --seed ${seed} --trace`,
    );
}
