/** `gatehouse check`: every problem of a configuration, or that there is none. */
import type { ConfigSource } from '../config/source.ts';
import { tell } from '../config/source.ts';
import type { Console } from './console.ts';

export interface CheckOptions {
  readonly file: string;
  readonly source: ConfigSource;
  readonly json: boolean;
  readonly console: Console;
}

export async function check({ file, source, json, console }: CheckOptions): Promise<number> {
  const result = await source.load();
  const problems = result.ok ? [] : result.problems;
  const warnings = result.ok ? result.warnings : [];
  if (json) {
    console.print(JSON.stringify({ ok: result.ok, problems, warnings }));
    return result.ok ? 0 : 1;
  }
  for (const problem of problems) console.print(tell(problem));
  for (const warning of warnings) console.print(`${file}: ${console.style('yellow', 'warning')}: ${warning}`);
  if (!result.ok) {
    console.error(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`);
    return 1;
  }
  const { length } = result.settings.servers;
  console.print(`${file}: ${console.style('green', 'ok')}, ${length} ${length === 1 ? 'server' : 'servers'}`);
  return 0;
}
