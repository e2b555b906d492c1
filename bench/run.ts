/**
 * `npm run bench`: what a call through the gateway costs, beside others that pass the same bytes. The number to read is the ratio of CPU time,
 * both measured in the same rounds; microseconds are good for one machine and one afternoon. Exits with 1 if a part could not be measured, or
 * if, in the full form, a bar was missed.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bench } from './bench.ts';
import { options, WrongUsage } from './options.ts';
import { told } from './process.ts';
import type { Report } from './report.ts';
import { markdown } from './table.ts';

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));
process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const asked = options(process.argv.slice(2));
    const report = await bench(asked, tell);
    tell(`\n${markdown(report)}`);
    if (asked.write) write(report);
    if (asked.json) console.log(JSON.stringify(report));
    const missed = report.bars.filter(({ holds }) => !holds);
    return report.failures.length > 0 || (missed.length > 0 && !asked.quick) ? 1 : 0;
  } catch (error) {
    console.error(`\nThe bench did not run: ${told(error)}`);
    return error instanceof WrongUsage ? 2 : 1;
  }
}

function write(report: Report): void {
  const folder = join(import.meta.dirname, 'results');
  const name = join(folder, report.quick ? 'quick' : 'full');
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${name}.json`, `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(`${name}.md`, `# What a call costs\n\n${markdown(report)}\n`);
}

/** Progress is for people; with `--json` stdout's last line is the object. */
function tell(text: string): void {
  console.log(text);
}
