/**
 * A run of the gateway in a command, around what the command does with it: a configuration that holds, or every problem of it; the log, the
 * figures, the signals; one line where it cannot start. Gives back the exit code.
 */
import type { BootOptions } from '../app/boot.ts';
import type { Gateway } from '../app/gateway.ts';
import { tell, type ConfigSource, type LoadResult } from '../config/source.ts';
import type { Time } from '../kernel/time.ts';
import { openLog, type OpenLog } from '../observe/log.ts';
import { Metrics } from '../observe/metrics.ts';
import type { Console } from './console.ts';
import { startFault } from './faults.ts';
import { Signals } from './signals.ts';

export interface RunOptions {
  readonly source: ConfigSource;
  readonly console: Console;
  readonly time: Time;
}

export interface Run {
  readonly signals: Signals;
  /** How clients reach it is for the command to say. */
  readonly boot: (ways: Pick<BootOptions, 'pipes' | 'freePorts'>) => Promise<Gateway>;
}

export async function run(
  { source, console, time }: RunOptions,
  command: (run: Run) => Promise<void>,
): Promise<number> {
  const first = await source.load();
  if (!first.ok) {
    for (const problem of first.problems) console.error(tell(problem));
    return 1;
  }
  // a broken configuration is told without loading the gateway
  const { BadConfig, boot } = await import('../app/boot.ts');
  const signals = new Signals(time);
  const meter = new Metrics(time);
  try {
    const log = await openLog({ settings: first.settings.log, terminal: process.stderr.isTTY });
    const shared = { source: logged(source, first, log), log, meter, childEnvironment: inherited() };
    await command({ signals, boot: (ways) => boot({ ...shared, ...ways }) });
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

/** Gives the result that is there already first; every good one sets the log's level and tells its warnings once. */
function logged(source: ConfigSource, first: LoadResult, log: OpenLog): ConfigSource {
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

/** What a child process sees of this one's environment, and nothing else. */
function inherited(): Record<string, string> {
  const entries = ['PATH', 'HOME', 'TMPDIR', 'LANG'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}
