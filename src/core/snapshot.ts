/** One immutable compiled configuration. Replacing it is one assignment; a call pins the one it began with. */
import type { Endpoint, SsePath } from './endpoint.ts';

export interface Snapshot {
  /** By path; an alias is a second key for the same endpoint. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  /** By path; none where HTTP+SSE is not served. */
  readonly sse: ReadonlyMap<string, SsePath>;
}

/** Holds the Snapshot that is in force, and those before it for as long as calls hold them. */
export class Snapshots {
  /** Oldest first; the last one is in force. */
  readonly #held: Held[];
  #newest: Held;

  constructor(first: Snapshot) {
    this.#newest = { snapshot: first, calls: 0, released: undefined };
    this.#held = [this.#newest];
  }

  get current(): Snapshot {
    return this.#newest.snapshot;
  }

  /** Snapshots that are in force or held by a call. */
  get alive(): number {
    return this.#held.length;
  }

  /** Pins the current Snapshot for one call, which must unpin what is given back, once. */
  pin(): Pinned {
    const held = this.#newest;
    held.calls += 1;
    return held;
  }

  unpin(pinned: Pinned): void {
    pinned.calls -= 1;
    if (pinned.calls === 0) this.#release();
  }

  /** @param released runs when no call can use anything any more that only the Snapshots before `next` had. */
  swap(next: Snapshot, released: () => void): void {
    this.#newest.released = released;
    this.#newest = { snapshot: next, calls: 0, released: undefined };
    this.#held.push(this.#newest);
    this.#release();
  }

  #release(): void {
    for (let oldest = this.#held[0]; oldest && oldest !== this.#newest && oldest.calls === 0; oldest = this.#held[0]) {
      this.#held.shift();
      oldest.released?.();
    }
  }
}

/** A Snapshot that calls hold. */
export interface Pinned {
  readonly snapshot: Snapshot;
  calls: number;
}

interface Held extends Pinned {
  released: (() => void) | undefined;
}
