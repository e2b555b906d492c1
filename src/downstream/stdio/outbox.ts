/**
 * What leaves on the pipe, and what becomes of it when its reader is slow: answers are kept and charged to the budget, changes are told once
 * however often they happen, progress and log messages are left out. Whoever feeds us is told to wait meanwhile.
 */
import type { Writable } from 'node:stream';
import type { Log } from '../../core/ports/log.ts';
import type { Budget } from '../../kernel/bounded.ts';
import { lineOf } from '../../wire/lines.ts';
import type { Part } from '../../kernel/parts.ts';

export interface OutboxOptions {
  readonly output: Writable;
  /** Bytes that may wait before the reader counts as slow. */
  readonly queueBytes: number;
  readonly buffered: Budget;
  readonly log: Log;
  /** Called when the reader falls behind, and when it has caught up. */
  readonly paced: (isBehind: boolean) => void;
}

/** Different changes that wait for a slow reader. */
const MAX_HELD = 1000;

export class Outbox {
  readonly #options: OutboxOptions;
  /** Changes that wait, as lines; two that say the same are one. */
  readonly #held = new Set<string>();
  #isBehind = false;
  #charged = 0;
  #leftOut = 0;
  #flushed: (() => void) | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    options.output.on('drain', () => this.#caughtUp());
  }

  /** An answer. `false` where there is no room to keep it for a slow reader: then nothing was sent. */
  send(message: readonly Part[]): boolean {
    const line = lineOf(message);
    if (this.#waiting > 0) {
      if (!this.#options.buffered.take(line.length)) return false;
      this.#charged += line.length;
    }
    this.#write(line);
    return true;
  }

  /** Something short that must be said in any case. */
  insist(message: readonly Part[]): void {
    this.#write(lineOf(message));
  }

  /** Something that is worth nothing later. */
  note(message: readonly Part[]): void {
    if (this.#isBehind) this.#leftOut += 1;
    else this.#write(lineOf(message));
  }

  /** That something has changed: worth as much later, but not twice. */
  tell(message: readonly Part[]): void {
    const line = lineOf(message);
    if (!this.#isBehind) this.#write(line);
    else if (this.#held.size < MAX_HELD) this.#held.add(line.toString());
    else this.#leftOut += 1;
  }

  /** Resolves when all has been taken. */
  flushed(): Promise<void> {
    return new Promise((done) => {
      if (this.#waiting === 0 && this.#held.size === 0) done();
      else this.#flushed = done;
    });
  }

  /** Nobody reads any more. */
  close(): void {
    this.#held.clear();
    this.#release();
    this.#flushed?.();
  }

  get #waiting(): number {
    return this.#options.output.destroyed ? 0 : this.#options.output.writableLength;
  }

  #write(line: Buffer | string): void {
    const { output, queueBytes, paced } = this.#options;
    if (output.destroyed) return;
    output.write(line, () => this.#taken());
    if (this.#isBehind || !output.writableNeedDrain || output.writableLength <= queueBytes) return;
    this.#isBehind = true;
    paced(true);
  }

  /** What is charged is given back when nothing waits: a reader that never catches up is held to its queue. */
  #taken(): void {
    if (this.#waiting > 0) return;
    this.#release();
    if (this.#held.size === 0) this.#flushed?.();
  }

  #caughtUp(): void {
    if (!this.#isBehind) return;
    this.#isBehind = false;
    const held = [...this.#held];
    this.#held.clear();
    for (const line of held) this.#write(line);
    if (this.#leftOut > 0)
      this.#options.log.warn({ messages: this.#leftOut }, 'the client reads slowly; notifications were left out');
    this.#leftOut = 0;
    if (!this.#isBehind) this.#options.paced(false);
  }

  #release(): void {
    if (this.#charged > 0) this.#options.buffered.give(this.#charged);
    this.#charged = 0;
  }
}
