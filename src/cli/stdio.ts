/**
 * `gatehouse stdio`: the gateway as one MCP server on stdin and stdout, for a client that starts it (MCP, "stdio"). Nothing but protocol goes
 * to stdout; the log goes to stderr. Ends with its input, when nobody reads its output any more, or with a signal.
 */
import { NOBODY_IS_ASKED } from '../config/interpret.ts';
import { tell, type ConfigSource } from '../config/source.ts';
import { stayAlive } from '../kernel/time.ts';
import { openLog } from '../observe/log.ts';
import { Metrics } from '../observe/metrics.ts';
import { startFault } from './faults.ts';
import { Signals } from './signals.ts';
import { inherited, logged, type UpOptions } from './up.ts';

export type StdioOptions = Omit<UpOptions, 'freePorts'>;

export async function stdio({ file, source: given, console, time }: StdioOptions): Promise<number> {
  const source = withoutListeners(given);
  const first = await source.load();
  if (!first.ok) {
    for (const problem of first.problems) console.error(tell(problem));
    return 1;
  }
  const { BadConfig, boot } = await import('../app/boot.ts');
  const signals = new Signals(time);
  const log = await openLog({ settings: first.settings.log, terminal: process.stderr.isTTY });
  const meter = new Metrics(time);
  // While a server is waited for there may be nothing else that keeps the process.
  const letGo = stayAlive();
  if (process.stdin.isTTY)
    console.error(`Serving ${file} as an MCP server on stdin and stdout; a client is to start this.`);
  try {
    const gateway = await boot({
      source: logged(source, first, log),
      log,
      meter,
      pipes: { input: process.stdin, output: process.stdout },
      childEnvironment: inherited(),
    });
    const { client } = gateway;
    await Promise.race([signals.first, client?.left]);
    // Whoever has closed our input and then sends a signal waits for no answer.
    void client?.left.then(() => signals.first).then(() => client.cut());
    await gateway.close();
    return 0;
  } catch (error) {
    const lines = error instanceof BadConfig ? error.problems.map(tell) : [startFault(error)];
    for (const line of lines) console.error(line);
    return 1;
  } finally {
    letGo();
    meter.close();
    signals.close();
  }
}

/** What is said about listeners concerns nobody here. */
function withoutListeners(source: ConfigSource): ConfigSource {
  return {
    async load() {
      const result = await source.load();
      if (!result.ok) return result;
      return { ...result, warnings: result.warnings.filter((warning) => warning !== NOBODY_IS_ASKED) };
    },
    watch: (onChange) => source.watch(onChange),
  };
}
