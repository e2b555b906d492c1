/**
 * How far a process has come, written where another process can read it even when the first one hangs: which case, how many are done, and a
 * beat that goes on with each thing it begins.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

export interface Progress {
  readonly beat: number;
  readonly number: number;
  readonly done: number;
}

export class Pulse {
  readonly #file: number;
  readonly #numbers = new Float64Array(3);

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  get done(): number {
    return this.#numbers[2] ?? 0;
  }

  /** A case begins. */
  begin(number: number): void {
    this.#numbers[1] = number;
    this.beat();
  }

  ended(): void {
    this.#numbers[2] = this.done + 1;
  }

  beat(): void {
    this.#numbers[0] = (this.#numbers[0] ?? 0) + 1;
    writeSync(this.#file, this.#numbers, 0, this.#numbers.byteLength, 0);
  }

  close(): void {
    this.beat();
    closeSync(this.#file);
  }
}

export function progressOf(path: string): Progress {
  const bytes = readFileSync(path, { flag: 'a+' });
  const at = (index: number): number => (bytes.length >= (index + 1) * 8 ? bytes.readDoubleLE(index * 8) : 0);
  return { beat: at(0), number: at(1), done: at(2) };
}
