/** Which stream is heard about which resource: one, or for as long as another takes over from it two, of which each update is heard once. */
import type { FeedStream } from './feed-stream.ts';
import type { Overlap } from './overlap.ts';

interface Place {
  readonly stream: FeedStream;
  /** The one that takes over. */
  readonly next?: FeedStream | undefined;
  /** Still looked at after the other stream has gone. */
  readonly overlap?: Overlap;
}

export class FeedPlaces {
  readonly #byUri = new Map<string, Place>();

  put(uri: string, stream: FeedStream): void {
    this.#byUri.set(uri, { stream });
    stream.owned.add(uri);
  }

  /** Gives back who was heard about it. */
  free(uri: string): readonly FeedStream[] {
    const { stream, next } = this.#byUri.get(uri) ?? {};
    this.#byUri.delete(uri);
    const heard = [stream, next].filter((one) => one !== undefined);
    for (const one of heard) one.owned.delete(uri);
    return heard;
  }

  /** From now on both are heard. */
  share(uri: string, next: FeedStream, overlap: Overlap): void {
    const place = this.#byUri.get(uri);
    if (!place) return;
    this.#byUri.set(uri, { stream: place.stream, next, overlap });
    next.owned.add(uri);
  }

  /** A stream does not take over this one. False when it was not about to. */
  decline(uri: string, next: FeedStream): boolean {
    const place = this.#byUri.get(uri);
    if (place?.next !== next) return false;
    this.#byUri.set(uri, { stream: place.stream });
    next.owned.delete(uri);
    return true;
  }

  /** A stream has taken over all that it was to. Gives back from whom. */
  settle(next: FeedStream): ReadonlySet<FeedStream> {
    const former = new Set<FeedStream>();
    for (const uri of next.owned) {
      const place = this.#byUri.get(uri);
      if (place?.next !== next) continue;
      former.add(place.stream);
      place.stream.owned.delete(uri);
      this.#byUri.set(uri, { ...place, stream: next, next: undefined });
    }
    return former;
  }

  /** A stream is over. Gives back what no other one is asked about, and what another one takes over before its time. */
  leave(stream: FeedStream): { readonly alone: readonly string[]; readonly taken: readonly string[] } {
    const [alone, taken]: [string[], string[]] = [[], []];
    for (const uri of stream.owned) {
      const place = this.#byUri.get(uri);
      if (place?.next === stream) this.#byUri.set(uri, { stream: place.stream });
      else if (place?.next) {
        this.#byUri.set(uri, { stream: place.next });
        taken.push(uri);
      } else {
        this.#byUri.delete(uri);
        alone.push(uri);
      }
    }
    stream.owned.clear();
    return { alone, taken };
  }

  /** Whether an update that a stream tells is to reach those who watch `watched`. */
  hears(stream: FeedStream, watched: string, uri: string): boolean {
    const place = this.#byUri.get(watched);
    if (!place || (place.stream !== stream && place.next !== stream)) return false;
    return place.overlap?.isFirst({ stream, watched, uri }) ?? true;
  }
}
