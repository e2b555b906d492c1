/** One client on a pair of pipes instead of listeners: the front and what it needs. Nothing can be reached by an address. */
import type { Readable, Writable } from 'node:stream';
import { Front } from '../downstream/stdio/front.ts';
import type { DataPlaneOptions } from './data-plane.ts';
import { requestIds } from './data-plane.ts';
import { Shares } from '../kernel/shares.ts';
import type { Plane } from './plane.ts';

export interface Pipes {
  readonly input: Readable;
  readonly output: Writable;
}

export class PipePlane implements Plane {
  readonly url = '';
  /** What concerns the client alone; the command line waits for its end. */
  readonly front: Front;
  readonly #options: Omit<DataPlaneOptions, 'parsers' | 'output' | 'freePorts'>;

  constructor(pipes: Pipes, options: Omit<DataPlaneOptions, 'parsers' | 'output' | 'freePorts'>) {
    const { settings, snapshots, streams, time, log, load, counts, buffered, skim } = options;
    const { bounds } = settings;
    this.#options = options;
    // The only client there is may have all slots; how many that are is for the front to say.
    const calls = new Shares(bounds.inFlight * 2);
    this.front = new Front({
      ...pipes,
      edge: { snapshots, changes: streams, time, log, load, counts, skim, buffered, bounds, calls },
      bounds,
      buffered,
      requestId: requestIds(),
    });
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

  /** The one client is never let go of for that. */
  relieve(): void {
    return;
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
