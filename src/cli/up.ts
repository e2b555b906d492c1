/** `gatehouse up`: loads, opens the log, boots, shows how the servers start, and ends with the first signal. */
import type { ConfigSource, LoadResult } from '../config/source.ts';
import { tell } from '../config/source.ts';
import type { Time } from '../kernel/time.ts';
import { openLog } from '../observe/log.ts';
import type { OpenLog } from '../observe/log.ts';
import { Metrics } from '../observe/metrics.ts';
import type { Console } from './console.ts';
import { startFault } from './faults.ts';
import { Signals } from './signals.ts';
import { Welcome } from './welcome.ts';

export interface UpOptions {
  readonly file: string;
  readonly source: ConfigSource;
  readonly freePorts: boolean;
  readonly console: Console;
  readonly time: Time;
}

export async function up({ file, source, freePorts, console, time }: UpOptions): Promise<number> {
  const first = await source.load();
  if (!first.ok) {
    for (const problem of first.problems) console.error(tell(problem));
    return 1;
  }
  // a broken configuration is told without loading the gateway
  const { BadConfig, boot } = await import('../app/boot.ts');
  const signals = new Signals(time);
  const log = await openLog({ settings: first.settings.log, terminal: process.stderr.isTTY });
  const meter = new Metrics(time);
  const welcome = new Welcome(console, time);
  welcome.begin(file);
  try {
    const gateway = await boot({
      source: logged(source, first, log),
      log,
      meter,
      freePorts,
      childEnvironment: inherited(),
    });
    void welcome.show(gateway);
    await signals.first;
    welcome.end();
    await gateway.close();
    return 0;
  } catch (error) {
    const lines = error instanceof BadConfig ? error.problems.map(tell) : [startFault(error)];
    for (const line of lines) console.error(line);
    return 1;
  } finally {
    meter.close();
    signals.close();
  }
}

/** What a child process sees of this one's environment, and nothing else. */
export function inherited(): Record<string, string> {
  const entries = ['PATH', 'HOME', 'TMPDIR', 'LANG'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}

/** Gives the result that is there already first; every good one sets the log's level and tells its warnings once. */
export function logged(source: ConfigSource, first: LoadResult, log: OpenLog): ConfigSource {
  let ready: LoadResult | undefined = first;
  let told = '';
  return {
    async load() {
      const result = ready ?? (await source.load());
      ready = undefined;
      if (!result.ok) return result;
      log.setLevel(result.settings.log.level);
      if (told !== result.warnings.join('\n')) for (const warning of result.warnings) log.warn({}, warning);
      told = result.warnings.join('\n');
      return result;
    },
    watch: (onChange) => source.watch(onChange),
  };
}
