/**
 * Watches the files of the last load, debounced. chokidar reports what is written, replaced, new or was missing; a look at the files' stamps
 * every second finds what it does not: a folder swapped behind symlinks (ConfigMap), mounts without events. What changed is not said: a load
 * reads everything again.
 */
import { watch } from 'chokidar';
import type { FSWatcher } from 'chokidar';
import type { Time, Timer } from '../kernel/time.ts';
import { changed } from './files.ts';
import type { Reads } from './files.ts';

/** Editors write in several steps, and a ConfigMap swaps many files at once. */
const QUIET_MS = 100;
/** A file that is written again and again is loaded all the same. */
const LONGEST_MS = 1000;
const LOOK_MS = 1000;
/** How far below a `**` new files are noticed. */
const MAX_DEPTH = 8;

export class FileWatch {
  readonly #time: Time;
  #reads: Reads | undefined;
  #watchers: FSWatcher[] = [];
  #onChange: (() => void) | undefined;
  #pending: Timer | undefined;
  /** When the first change came that has not been told yet. */
  #since: number | undefined;
  #look: Timer | undefined;

  constructor(time: Time) {
    this.#time = time;
  }

  /** What to watch from now on. */
  follow(reads: Reads): void {
    const same = this.#reads !== undefined && sameReads(this.#reads, reads);
    this.#reads = reads;
    if (!same && this.#onChange) this.#restart(reads);
  }

  listen(onChange: () => void): () => void {
    this.#onChange = onChange;
    this.#look = this.#time.every(LOOK_MS, () => void this.#compare({ deep: false }));
    if (this.#reads) this.#restart(this.#reads);
    return () => {
      this.#onChange = undefined;
      this.#pending?.cancel();
      this.#look?.cancel();
      this.#stop();
    };
  }

  #restart(reads: Reads): void {
    this.#stop();
    const options = { ignoreInitial: true, atomic: true, followSymlinks: true };
    this.#add(watch([...reads.files.keys()], options));
    for (const pattern of reads.globs.keys())
      this.#add(watch(folderOf(pattern), { ...options, depth: depthOf(pattern) }));
  }

  #add(watcher: FSWatcher): void {
    watcher.on('all', () => this.#soon());
    // what changed after it was read and before this watched
    watcher.on('ready', () => void this.#compare({ deep: true }));
    // a folder that may not be read is said by the next load; the watch of the others goes on
    watcher.on('error', () => this.#soon());
    this.#watchers.push(watcher);
  }

  async #compare(how: { deep: boolean }): Promise<void> {
    if (this.#reads && (await changed(this.#reads, how))) this.#soon();
  }

  #soon(): void {
    if (!this.#onChange) return;
    this.#since ??= this.#time.elapsed();
    // What waits already is then near enough.
    if (this.#pending && this.#time.elapsed() - this.#since > LONGEST_MS) return;
    this.#pending?.cancel();
    this.#pending = this.#time.after(QUIET_MS, () => {
      this.#pending = undefined;
      this.#since = undefined;
      this.#onChange?.();
    });
  }

  #stop(): void {
    for (const watcher of this.#watchers) void watcher.close();
    this.#watchers = [];
  }
}

function sameReads(one: Reads, other: Reads): boolean {
  const text = (reads: Reads) => [...reads.files.keys(), '', ...reads.globs.keys()].join('\n');
  return text(one) === text(other);
}

/** The last folder before the first step that is a pattern. */
function folderOf(pattern: string): string {
  const steps = pattern.split('/');
  return steps.slice(0, firstWild(steps)).join('/') || '/';
}

function depthOf(pattern: string): number {
  const steps = pattern.split('/');
  return pattern.includes('**') ? MAX_DEPTH : steps.length - firstWild(steps) - 1;
}

function firstWild(steps: readonly string[]): number {
  return steps.findIndex((step) => /[*?[\]{}]/.test(step));
}
