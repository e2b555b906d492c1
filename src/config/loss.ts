/**
 * Tells a configuration that is meant from one that was lost: emptied or cut off by a full disk, a broken copy, an editor at work. It
 * compares with the last good load, so the first load may say as little as it likes. What is cut so that it still reads well is not seen.
 */
import type { Problem } from './source.ts';
import { problem } from './tree.ts';
import type { MapTree } from './tree.ts';

export interface Contents {
  readonly tree: MapTree;
  /** Every file that was read, as problems name it, and how many keys stand in it. */
  readonly keys: ReadonlyMap<string, number>;
}

export class Loss {
  #files: ReadonlySet<string> = new Set();
  #hadServers = false;

  /** What is gone that was there before, file by file; else that no server is left. */
  problems({ tree, keys }: Contents): Problem[] {
    const start = (file: string) => ({ file, line: 1, column: 1 });
    const emptied = [...keys].filter(([file, count]) => count === 0 && this.#files.has(file));
    if (emptied.length > 0)
      return emptied.map(([file]) =>
        problem(start(file), [], 'has become empty', 'write `servers: {}` if that is meant'),
      );
    if (!this.#hadServers || tree.entries.has('servers')) return [];
    return [problem(tree.place, ['servers'], 'is no longer there', 'write `servers: {}` if that is meant')];
  }

  /** These are in use from now on. */
  remember({ tree, keys }: Contents): void {
    this.#files = new Set([...keys].filter(([, count]) => count > 0).map(([file]) => file));
    this.#hadServers = tree.entries.has('servers');
  }
}
