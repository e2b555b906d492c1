/** `gatehouse stdio` as a client starts it: one message a line, and nothing else on stdout. */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { pipedCommand } from '../../fixtures/piped-gateway.ts';
import type { Fields } from '../../fixtures/conformance/message.ts';
import { linesOf } from '../lines.ts';
import { parsed } from './exchange.ts';
import type { Hear, Wire } from './wire.ts';

const KEPT_CHARACTERS = 16 * 1024;

export class PipeWire implements Wire {
  readonly exchanges = false;
  readonly #config: Fields;
  #process: ChildProcessWithoutNullStreams | undefined;
  #remove: () => Promise<void> = () => Promise.resolve();
  /** The last that the gateway wrote on stderr, for whoever looks into a failure. */
  errors = '';
  readonly #kill = (): void => void this.#process?.kill('SIGKILL');

  /** @param config a whole configuration. */
  constructor(config: Fields) {
    this.#config = config;
  }

  async open(hear: Hear): Promise<void> {
    const command = await pipedCommand(this.#config);
    this.#remove = command[Symbol.asyncDispose];
    const child = spawn(process.execPath, command.args);
    this.#process = child;
    process.once('exit', this.#kill);
    child.stdin.on('error', () => undefined);
    child.stderr.on(
      'data',
      (chunk: Buffer) => (this.errors = (this.errors + chunk.toString()).slice(-KEPT_CHARACTERS)),
    );
    void read(child.stdout, hear);
  }

  async begin(): Promise<void> {}

  async send(message: Fields): Promise<void> {
    this.#process?.stdin.write(`${JSON.stringify(message)}\n`);
  }

  async close(): Promise<void> {
    const child = this.#process;
    process.off('exit', this.#kill);
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.stdin.end();
      const late = setTimeout(this.#kill, 3_000);
      await ended;
      clearTimeout(late);
    }
    await this.#remove();
  }
}

async function read(stdout: Readable, hear: Hear): Promise<void> {
  for await (const line of linesOf(stdout)) hear(parsed(line), undefined);
}
