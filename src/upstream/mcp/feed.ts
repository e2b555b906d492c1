/**
 * The streams on which a 2026-07-28 server tells what changes (`subscriptions/listen`). One tells of the lists and is never replaced; what is
 * watched later is asked for on a stream of its own, with all that came meanwhile, so that what is told already is told on. A resource is heard
 * from the stream that it has its place on and no other. When there are many streams the smaller ones become one (`overlap.ts`: heard once all
 * the while); what is asked for again after a cut takes all along, for servers that keep one stream a client. Then also: what was missed is told.
 */
import type { ResourceSubscription } from '../../core/ports/upstream.ts';
import { Fault } from '../../kernel/fault.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { Timer } from '../../kernel/time.ts';
import { REPLY, type Message } from '../../protocol/jsonrpc.ts';
import type { HttpLink } from '../link/http.ts';
import type { StdioLink } from '../link/stdio.ts';
import type { ConnectionEvents } from './connection.ts';
import { ACK_MS, Consents } from './consents.ts';
import type { Environment } from './environment.ts';
import { ACKNOWLEDGED, CANCELLED, isMeant, LISTS, listsOf, subscriptionOf, UPDATED } from './feed-messages.ts';
import { FeedPlaces } from './feed-places.ts';
import { FeedStream } from './feed-stream.ts';
import { LEAVES_MS, Overlap } from './overlap.ts';
import { Watched } from './resources.ts';

export interface FeedOptions {
  readonly link: HttpLink | StdioLink;
  readonly capabilities: JsonObject;
  readonly headers: string;
  readonly environment: Environment;
  readonly events: ConnectionEvents;
}

const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 60_000;
/** So long others wait for the acknowledgement of a stream that opens, to share the next one. */
const TURN_MS = 1000;
/** From so many on all but the largest become one. That takes a while, in which there may be so many more. */
const MANY_STREAMS = 8;
const LARGEST = 4;
const MAX_STREAMS = 64;
/** A server that refuses so many in a row may have room for one. */
const MAX_REFUSED = 2;

interface Opening {
  readonly stream: FeedStream;
  readonly timer: Timer;
}

type Merging = Opening & { readonly overlap: Overlap };

export class Feed2026 {
  readonly #options: FeedOptions;
  readonly #watched = new Watched();
  readonly #consents: Consents;
  readonly #places = new FeedPlaces();
  /** What it can tell of its lists, if anything. */
  readonly #lists: JsonObject | undefined;
  readonly #streams = new Set<FeedStream>();
  #ofLists: FeedStream | undefined;
  #opening: Opening | undefined;
  #merging: Merging | undefined;
  /** Watched, and on no stream. */
  readonly #unplaced = new Set<string>();
  /** What may have changed while no stream told of it. */
  readonly #missed = new Set<string>();
  #missedLists = false;
  #wasCut = false;
  #refused = 0;
  #retry: Timer | undefined;
  #retryMs = FIRST_RETRY_MS;
  #isClosed = false;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#consents = new Consents(options.environment.time);
    this.#lists = listsOf(options.capabilities);
    this.#open();
  }

  /** Whether the server tells now when its lists change. */
  get live(): boolean {
    return this.#ofLists?.isOpen === true;
  }

  /** Resolves when the server has acknowledged it. @throws Fault when it does not, or not this one. */
  async watch(subscription: ResourceSubscription): Promise<() => void> {
    const { uri } = subscription;
    await this.#watched.add(subscription, () => this.#place(uri));
    let watching = true;
    return () => {
      if (!watching) return;
      watching = false;
      if (this.#watched.remove(subscription)) this.#free(uri);
    };
  }

  /** What came on a pipe, where streams are told apart by what the messages carry. */
  heard(message: Message): void {
    if (!isMeant(message)) return;
    const id = subscriptionOf(message);
    if (id === undefined) this.#heard(message, message.method === ACKNOWLEDGED ? this.#opening?.stream : undefined);
    for (const stream of this.#streams) if (stream.id === id || String(stream.id) === id) this.#heard(message, stream);
  }

  close(): void {
    this.#isClosed = true;
    this.#retry?.cancel();
    this.#opening?.timer.cancel();
    this.#merging?.timer.cancel();
    for (const stream of this.#streams) stream.close();
    this.#streams.clear();
    this.#consents.close();
  }

  async #place(uri: string): Promise<void> {
    for (const stream of this.#streams) if (stream.tells(uri)) return this.#places.put(uri, stream);
    const consent = this.#consents.wait(uri);
    this.#unplaced.add(uri);
    this.#open();
    try {
      await consent;
    } catch (error) {
      this.#free(uri);
      throw error;
    }
  }

  #free(uri: string): void {
    this.#unplaced.delete(uri);
    this.#missed.delete(uri);
    for (const stream of this.#places.free(uri)) this.#release(stream);
  }

  /** Closes it if nobody wants anything of it any more. */
  #release(stream: FeedStream): void {
    if (stream === this.#ofLists || stream.owned.size > 0 || !this.#streams.has(stream)) return;
    stream.close();
    this.#leave(stream);
    this.#goOn();
  }

  #goOn(): void {
    if (!this.#retry) this.#open();
  }

  /** Asks for all that no stream tells of. One opens at a time: what comes meanwhile shares the next one. */
  #open(): void {
    if (this.#isClosed || this.#opening || this.#streams.size >= MAX_STREAMS) return;
    const lists = this.#ofLists ? undefined : this.#lists;
    if (!lists && this.#unplaced.size === 0) return;
    this.#retry?.cancel();
    this.#retry = undefined;
    const moved = this.#movable();
    const stream = new FeedStream({
      ...this.#options,
      lists,
      uris: [...this.#unplaced, ...moved],
      heard: this.#heard,
      ended: this.#ended,
    });
    this.#streams.add(stream);
    if (lists) this.#ofLists = stream;
    for (const uri of this.#unplaced) this.#places.put(uri, stream);
    this.#unplaced.clear();
    if (moved.length > 0) this.#merge(moved, stream);
    const timer = this.#options.environment.time.after(TURN_MS, () => this.#turn(stream));
    this.#opening = { stream, timer };
  }

  /** What goes over to the stream that opens. */
  #movable(): string[] {
    const isAll = this.#wasCut;
    this.#wasCut = false;
    if (this.#merging || (!isAll && this.#streams.size < MANY_STREAMS)) return [];
    const others = [...this.#streams].filter((stream) => stream !== this.#ofLists && stream.isOpen);
    others.sort((a, b) => a.owned.size - b.owned.size);
    return others.slice(0, isAll ? others.length : -LARGEST).flatMap(({ owned }) => [...owned]);
  }

  #merge(uris: readonly string[], stream: FeedStream): void {
    const { time } = this.#options.environment;
    const overlap = new Overlap(time);
    for (const uri of uris) this.#places.share(uri, stream, overlap);
    this.#merging = { stream, overlap, timer: time.after(ACK_MS, () => this.#giveUp(stream)) };
  }

  #merged(stream: FeedStream): void {
    this.#merging = undefined;
    for (const former of this.#places.settle(stream)) this.#release(former);
    this.#goOn();
  }

  /** Others need not wait for it any longer. */
  #turn(stream: FeedStream): void {
    if (this.#opening?.stream !== stream) return;
    this.#opening.timer.cancel();
    this.#opening = undefined;
    this.#open();
  }

  readonly #heard = (message: Message, stream: FeedStream | undefined): void => {
    const list = LISTS.get(message.method);
    if (list) {
      if (!stream || stream === this.#ofLists) this.#options.events.changed(list);
    } else if (message.method === UPDATED) {
      const uri = message.fields.text(REPLY.uri);
      if (uri !== undefined)
        this.#watched.updated(uri, (watched) => !stream || this.#places.hears(stream, watched, uri));
    } else if (message.method === ACKNOWLEDGED && stream && !stream.isOpen) {
      stream.acknowledged(message);
      this.#granted(stream);
    } else if (message.method === CANCELLED && stream) this.#giveUp(stream);
  };

  /** A stream's acknowledgement says what it will tell. */
  #granted(stream: FeedStream): void {
    this.#retryMs = FIRST_RETRY_MS;
    this.#refused = 0;
    const merging = this.#merging;
    if (merging?.stream === stream) {
      merging.overlap.acknowledged();
      merging.timer.cancel();
      const timer = this.#options.environment.time.after(LEAVES_MS, () => this.#merged(stream));
      this.#merging = { ...merging, timer };
    }
    for (const uri of stream.owned) {
      const isTold = stream.tells(uri);
      if (!isTold && this.#places.decline(uri, stream)) continue;
      this.#consents.settle(uri, isTold ? undefined : refusal());
      if (this.#missed.delete(uri)) this.#watched.updated(uri);
    }
    if (stream === this.#ofLists && this.#missedLists) {
      this.#missedLists = false;
      for (const list of LISTS.values()) this.#options.events.missed(list);
    }
    this.#turn(stream);
  }

  /** A stream is over although it is still wanted: what it told is asked for again, later each time. */
  readonly #ended = (stream: FeedStream, fault?: Fault): void => {
    if (this.#isClosed) return;
    // Before anybody hears of it, so that nothing opens meanwhile.
    this.#retry ??= this.#later();
    if (!stream.isOpen) this.#refused += 1;
    this.#cut(stream);
    if (this.#refused >= MAX_REFUSED)
      for (const other of this.#streams) {
        other.close();
        this.#cut(other);
      }
    // Last: it may close this feed.
    if (fault?.kind === 'unreachable') this.#options.events.lost('it cannot be reached');
  };

  #giveUp(stream: FeedStream): void {
    stream.close();
    this.#ended(stream);
  }

  #later(): Timer {
    const retryMs = this.#retryMs;
    this.#retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
    return this.#options.environment.time.after(retryMs, () => {
      this.#retry = undefined;
      this.#open();
    });
  }

  /** What it told is told by none from now on, or by one that has not told it from the start. */
  #cut(stream: FeedStream): void {
    const isOfLists = stream === this.#ofLists;
    const { alone, taken } = this.#leave(stream);
    if (isOfLists) this.#missedLists = true;
    if (isOfLists || alone.length > 0) this.#wasCut = true;
    for (const uri of alone) {
      this.#unplaced.add(uri);
      if (stream.isOpen) this.#missed.add(uri);
    }
    for (const uri of taken) {
      if (this.#merging?.stream.isOpen === true) this.#watched.updated(uri);
      else this.#missed.add(uri);
    }
  }

  /** Forgets a stream that is over. */
  #leave(stream: FeedStream): ReturnType<FeedPlaces['leave']> {
    this.#streams.delete(stream);
    if (stream === this.#ofLists) this.#ofLists = undefined;
    if (stream === this.#opening?.stream) {
      this.#opening.timer.cancel();
      this.#opening = undefined;
    }
    if (stream === this.#merging?.stream) {
      this.#merging.timer.cancel();
      this.#merging = undefined;
    }
    return this.#places.leave(stream);
  }
}

const refusal = (): Fault => new Fault('unknown-resource', 'The server does not tell of this resource.');
