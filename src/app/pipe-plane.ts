/** One client on a pair of pipes instead of listeners: the front and what it needs. Nothing can be reached by an address. */
import type { Readable, Writable } from 'node:stream';
import { Front } from '../downstream/stdio/front.ts';
import type { DataPlaneOptions } from './data-plane.ts';
import { requestIds } from './data-plane.ts';
import type { Plane } from './plane.ts';

export interface Pipes {
  readonly input: Readable;
  readonly output: Writable;
}

export class PipePlane implements Plane {
  readonly url = '';
  /** What concerns the client alone; the command line waits for its end. */
  readonly front: Front;
  readonly #options: Omit<DataPlaneOptions, 'parsers' | 'freePorts'>;

  constructor(pipes: Pipes, options: Omit<DataPlaneOptions, 'parsers' | 'freePorts'>) {
    const { settings, snapshots, streams, time, log, buffered, skim } = options;
    const { bounds } = settings;
    this.#options = options;
    this.front = new Front({
      ...pipes,
      edge: { snapshots, changes: streams, time, log, skim, bounds, counts: { calls: 0 } },
      bounds,
      buffered,
      requestId: requestIds(),
    });
  }

  get isDraining(): boolean {
    return this.front.isDraining;
  }

  get connections(): number {
    return this.front.isDraining ? 0 : 1;
  }

  get sessions(): number {
    return this.front.sessions;
  }

  get streams(): number {
    return this.front.streams;
  }

  /** The one endpoint is always there; calls and streams find what is behind it in the Snapshot in force. */
  reloaded(): void {
    return;
  }

  async drain(): Promise<void> {
    this.#options.streams.close();
    await this.front.drain();
  }
}
