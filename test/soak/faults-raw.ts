/** Raw upstreams in a process of their own, so that what they pour out costs nobody else his turn. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Revision } from './client.ts';

const main = join(import.meta.dirname, '../fixtures/faults/upstream.ts');

export class RawUpstreams implements Disposable {
  readonly urls: readonly string[];
  readonly #process: ChildProcess;
  readonly #end: () => void;

  private constructor(started: ChildProcess, urls: readonly string[]) {
    this.#process = started;
    this.urls = urls;
    this.#end = () => void this.#process.kill('SIGKILL');
    process.once('exit', this.#end);
  }

  static async started(count: number, revision: Revision = '2026-07-28', ...more: string[]): Promise<RawUpstreams> {
    const args = [main, String(count), revision, ...more];
    const started = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of createInterface({ input: started.stdout })) {
      const urls = (JSON.parse(line) as number[]).map((port) => `http://127.0.0.1:${port}/mcp`);
      return new RawUpstreams(started, urls);
    }
    throw new Error('The upstreams did not start');
  }

  get url(): string {
    return this.urls[0] ?? '';
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#end);
    this.#end();
  }
}
