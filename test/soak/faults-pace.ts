/** Good clients beside whatever a part does, and how they fare: the p99 of each second, and the median of those over a phase. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { median } from './faults-stage.ts';
import type { Stage } from './faults-stage.ts';

const main = join(import.meta.dirname, '../fixtures/faults/pace.ts');
const RATE = 200;
/** Twice the baseline is too much. */
const WORST = 2;

interface Window {
  readonly count: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly failed: number;
  readonly words?: string;
}

export interface Phase {
  readonly name: string;
  readonly windows: readonly Window[];
}

export class Pace implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #end = () => void this.#process.kill('SIGKILL');

  /** @param urls take turns. */
  constructor(urls: readonly string[]) {
    const args = [main, urls.join(), String(RATE), String(Math.max(4, urls.length))];
    const started = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    this.#process = started;
    this.#lines = createInterface({ input: started.stdout ?? process.stdin })[Symbol.asyncIterator]();
    process.once('exit', this.#end);
  }

  /** What was answered until now belongs to nobody; then so many whole seconds. */
  async take(name: string, seconds: number): Promise<Phase> {
    const windows: Window[] = [];
    await this.#next();
    while (windows.length < seconds) windows.push(await this.#next());
    return { name, windows };
  }

  /** The seconds for as long as `work` takes. */
  async during(name: string, work: Promise<unknown>): Promise<Phase> {
    const windows: Window[] = [];
    const state = { over: false };
    const over = work.then(
      () => (state.over = true),
      () => (state.over = true),
    );
    await this.#next();
    while (!state.over) windows.push(await this.#next());
    await over;
    return { name, windows };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#end);
    this.#end();
    await this.#lines.return?.();
  }

  async #next(): Promise<Window> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('The good clients have ended');
    return JSON.parse(value) as Window;
  }
}

const p99Of = ({ windows }: { readonly windows: readonly Window[] }): number =>
  median(windows.flatMap(({ p99 }) => (p99 === null ? [] : [p99])));

/** Good clients had only results, and waited less than twice as long as when nothing was the matter. */
export function judgePace({ small, findings }: Stage, quiet: readonly Phase[], hurt: readonly Phase[]) {
  const quietMs = p99Of({ windows: quiet.flatMap(({ windows }) => windows) });
  const figures = hurt.map((phase) => {
    const ms = p99Of(phase);
    const ratio = Math.round((ms / quietMs) * 100) / 100;
    if (!small && !(ratio < WORST)) findings.add('slow', `${phase.name}: p99 ${ms} ms, ${quietMs} ms before and after`);
    return [phase.name, { p99Ms: Math.round(ms * 1000) / 1000, ratio }] as const;
  });
  for (const { name, windows } of [...quiet, ...hurt]) {
    const failed = windows.reduce((sum, each) => sum + each.failed, 0);
    const words = windows.find((each) => each.words !== undefined)?.words;
    if (failed > 0) findings.add('failed', `${name}: ${failed} calls of good clients, the first: ${words}`);
  }
  return { quietP99Ms: Math.round(quietMs * 1000) / 1000, ...Object.fromEntries(figures) };
}
