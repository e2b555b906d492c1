/**
 * What two streams both tell while one takes over from the other: each update is heard from whichever tells it first. Streams have sockets of
 * their own, so neither's acknowledgement says what the other has told; that an update comes on both within `SKEW_MS` is all that is relied on.
 * From its opening until `LEAVES_MS` after its acknowledgement both streams are read. What only the earlier one told, as it happened before the
 * later one was asked, is forgotten by then: it hides nothing that the later one tells alone.
 */
import type { Time } from '../../kernel/time.ts';
import type { FeedStream } from './feed-stream.ts';

export interface Told {
  readonly stream: FeedStream;
  /** What is watched, and the resource that was updated, itself or below it. */
  readonly watched: string;
  readonly uri: string;
}

const SKEW_MS = 250;
/** After the acknowledgement of the later stream the earlier one stays this long. */
export const LEAVES_MS = 2 * SKEW_MS;
/** Updates that only one of both has told; beyond this the oldest may be heard twice. */
const MAX_TOLD = 1000;

export class Overlap {
  readonly #time: Time;
  readonly #told: (Told & { readonly atMs: number })[] = [];
  #acknowledgedMs = Infinity;

  constructor(time: Time) {
    this.#time = time;
  }

  acknowledged(): void {
    this.#acknowledgedMs = this.#time.elapsed();
  }

  /** Whether the other stream has not told it already. */
  isFirst(told: Told): boolean {
    const now = this.#time.elapsed();
    const isPast = (sinceMs: number, ms: number): boolean => now - Math.max(sinceMs, this.#acknowledgedMs) > ms;
    while (this.#told[0] && (isPast(this.#told[0].atMs, SKEW_MS) || this.#told.length >= MAX_TOLD)) this.#told.shift();
    const at = this.#told.findIndex(
      (one) => one.stream !== told.stream && one.watched === told.watched && one.uri === told.uri,
    );
    if (at !== -1) this.#told.splice(at, 1);
    else if (!isPast(0, LEAVES_MS + SKEW_MS)) this.#told.push({ ...told, atMs: now });
    return at === -1;
  }
}
