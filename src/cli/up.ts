/** `gatehouse up`: the gateway on its listeners; shows how the servers start, and ends with the first signal. */
import { run, type RunOptions } from './run.ts';
import { Welcome } from './welcome.ts';

export interface UpOptions extends RunOptions {
  readonly file: string;
  readonly freePorts: boolean;
}

export function up({ file, freePorts, ...options }: UpOptions): Promise<number> {
  return run(options, async ({ signals, boot }) => {
    const welcome = new Welcome(options.console, options.time);
    welcome.begin(file);
    const gateway = await boot({ freePorts });
    void welcome.show(gateway);
    await signals.first;
    welcome.end();
    await gateway.close();
  });
}
