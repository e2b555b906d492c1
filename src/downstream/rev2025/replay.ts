/**
 * Events that are kept for whoever comes back with a `Last-Event-ID`: a ring a session, all of them within one part of the budget for what is
 * buffered. Where room lacks, the oldest go; what went is known by its number, so that a gap can be said aloud. What is kept of a stream is
 * always its end.
 */
import type { Share } from '../../kernel/bounded.ts';
import { giveBack } from '../../wire/bytes.ts';

/** A stream whose events are kept. */
export interface Source {
  /** Those up to this one are not kept any more. */
  readonly lostTo: number;
  /** An event is not kept any more. Gives back what is to be kept in its place, at most once for an event. */
  lost(event: number): Buffer | undefined;
}

/** What an event costs beside its bytes, its stream included. */
const OVERHEAD = 512;

/** One kept event, in two orders: its ring's and everybody's. */
interface Kept {
  readonly ring: Ring;
  readonly source: Source;
  readonly event: number;
  readonly bytes: Buffer;
  /** In its ring. */
  next: Kept | undefined;
  /** Among all. */
  older: Kept | undefined;
  newer: Kept | undefined;
}

export class Replay {
  readonly ringBytes: number;
  readonly #share: Share;
  #rings = 0;
  #oldest: Kept | undefined;
  #newest: Kept | undefined;

  /** @param ringBytes what one session may have kept. */
  constructor(share: Share, ringBytes: number) {
    this.#share = share;
    this.ringBytes = ringBytes;
  }

  get held(): number {
    return this.#share.held;
  }

  ring(): Ring {
    this.#rings += 1;
    return new Ring(this);
  }

  /** The ring's: makes room. Who has more than an equal part of all gives up his own first, else the oldest of all goes. */
  makeRoom(ring: Ring, bytes: number): boolean {
    while (!this.#share.hasRoom(bytes)) {
      const loser = ring.held > this.#share.max / this.#rings ? ring : (this.#oldest?.ring ?? ring);
      if (!loser.dropOldest()) return false;
    }
    return true;
  }

  /** The ring's. */
  take(bytes: number): boolean {
    return this.#share.take(bytes);
  }

  /** The ring's: an event is kept. */
  add(kept: Kept): void {
    kept.older = this.#newest;
    if (this.#newest) this.#newest.newer = kept;
    else this.#oldest = kept;
    this.#newest = kept;
  }

  /** The ring's: an event is not kept any more. */
  remove(kept: Kept): void {
    if (kept.older) kept.older.newer = kept.newer;
    else this.#oldest = kept.newer;
    if (kept.newer) kept.newer.older = kept.older;
    else this.#newest = kept.older;
    this.#share.give(costOf(kept.bytes));
  }

  /** The ring's: it is of no use any more. */
  leave(): void {
    this.#rings -= 1;
  }
}

export class Ring {
  readonly #replay: Replay;
  #held = 0;
  #oldest: Kept | undefined;
  #newest: Kept | undefined;

  constructor(replay: Replay) {
    this.#replay = replay;
  }

  get held(): number {
    return this.#held;
  }

  /** Keeps an event, the newest of its stream, if there is room for it. `bytes` are the ring's from now on. */
  keep(source: Source, event: number, bytes: Buffer): void {
    if (this.#add(source, event, bytes)) return;
    const instead = source.lost(event);
    if (instead && !this.#add(source, event, instead)) source.lost(event);
  }

  /** What is kept of a stream after an event, in order; only for the moment: what is not kept any more is freed by hand. */
  after(source: Source, event: number): Buffer[] {
    const from = Math.max(event, source.lostTo);
    const found: Buffer[] = [];
    for (let kept = this.#oldest; kept; kept = kept.next)
      if (kept.source === source && kept.event > from) found.push(kept.bytes);
    return found;
  }

  /** Whether there was one. */
  dropOldest(): boolean {
    const kept = this.#oldest;
    if (!kept) return false;
    this.#oldest = kept.next;
    if (!this.#oldest) this.#newest = undefined;
    this.#held -= costOf(kept.bytes);
    this.#replay.remove(kept);
    giveBack(kept.bytes);
    const instead = kept.source.lost(kept.event);
    if (instead && !this.#append(kept.source, kept.event, instead)) kept.source.lost(kept.event);
    return true;
  }

  /** Lets go of everything. */
  close(): void {
    for (let kept = this.#oldest; kept; kept = kept.next) {
      this.#replay.remove(kept);
      giveBack(kept.bytes);
    }
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#held = 0;
    this.#replay.leave();
  }

  #add(source: Source, event: number, bytes: Buffer): boolean {
    const cost = costOf(bytes);
    const { ringBytes } = this.#replay;
    if (cost > ringBytes) return false;
    while (this.#held + cost > ringBytes) this.dropOldest();
    return this.#replay.makeRoom(this, cost) && this.#append(source, event, bytes);
  }

  /** Without pushing anything out. */
  #append(source: Source, event: number, bytes: Buffer): boolean {
    const cost = costOf(bytes);
    if (this.#held + cost > this.#replay.ringBytes || !this.#replay.take(cost)) return false;
    const kept = { ring: this, source, event, bytes, next: undefined, older: undefined, newer: undefined };
    if (this.#newest) this.#newest.next = kept;
    else this.#oldest = kept;
    this.#newest = kept;
    this.#held += cost;
    this.#replay.add(kept);
    return true;
  }
}

const costOf = (bytes: Buffer): number => bytes.length + OVERHEAD;
