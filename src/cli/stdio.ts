/**
 * `gatehouse stdio`: the gateway as one MCP server on stdin and stdout, for a client that starts it (MCP, "stdio"). Nothing but protocol goes
 * to stdout; the log goes to stderr. Ends with its input, when nobody reads its output any more, or with a signal.
 */
import { NOBODY_IS_ASKED } from '../config/interpret.ts';
import type { ConfigSource } from '../config/source.ts';
import { stayAlive } from '../kernel/time.ts';
import { run, type Run, type RunOptions } from './run.ts';

export interface StdioOptions extends RunOptions {
  readonly file: string;
}

export function stdio({ file, source, console, time }: StdioOptions): Promise<number> {
  return run({ source: withoutListeners(source), console, time }, async (started) => {
    // While a server is waited for there may be nothing else that keeps the process.
    const letGo = stayAlive();
    if (process.stdin.isTTY)
      console.error(`Serving ${file} as an MCP server on stdin and stdout; a client is to start this.`);
    try {
      await serve(started);
    } finally {
      letGo();
    }
  });
}

async function serve({ signals, boot }: Run): Promise<void> {
  const gateway = await boot({ pipes: { input: process.stdin, output: process.stdout } });
  const { client } = gateway;
  await Promise.race([signals.first, client?.left]);
  // Whoever has closed our input and then sends a signal waits for no answer.
  void client?.left.then(() => signals.first).then(() => client.cut());
  await gateway.close();
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
