/**
 * Open streams and what they want to hear. A stream holds an endpoint's address, never a Snapshot: each event is judged by the configuration
 * in force when it happens, so a reload reaches streams that are already open.
 */
import type { Endpoint } from '../core/endpoint.ts';
import type { Change, Changes, Listening, ListenRequest, Wanted } from '../core/ports/changes.ts';
import type { Log } from '../core/ports/log.ts';
import type { Upstream } from '../core/ports/upstream.ts';
import { Fault, toFault } from '../kernel/fault.ts';
import { member } from '../kernel/json.ts';
import type { ListKind } from '../protocol/methods.ts';

/** Resources one stream may watch. */
const MAX_URIS = 1000;
/** Of all their URIs: they are kept for as long as the stream. */
const MAX_CHARACTERS = 262_144;

export class Streams implements Changes {
  readonly #endpoint: (address: string) => Endpoint | undefined;
  readonly #log: Log;
  readonly #open = new Set<Stream>();

  /** @param endpoint looks an address up in the Snapshot that is in force now. */
  constructor(endpoint: (address: string) => Endpoint | undefined, log: Log) {
    this.#endpoint = endpoint;
    this.#log = log;
  }

  get size(): number {
    return this.#open.size;
  }

  async listen(request: ListenRequest): Promise<Listening> {
    const stream = new Stream(request, this.#endpoint, this.#log);
    this.#open.add(stream);
    try {
      const honoured = await stream.begin();
      return {
        honoured,
        want: (uris) => stream.watch(uris),
        close: () => {
          this.#open.delete(stream);
          stream.close();
        },
      };
    } catch (error) {
      this.#open.delete(stream);
      stream.close();
      throw error;
    }
  }

  /** An upstream's list changed. */
  listChanged(server: string, kind: ListKind): void {
    for (const stream of this.#open) stream.listChanged(server, kind);
  }

  /** Another Snapshot is in force: streams whose endpoint is gone end, others hear what is different. */
  swapped(): void {
    for (const stream of this.#open) {
      if (this.#endpoint(stream.address)) stream.swapped();
      else this.#end(stream);
    }
  }

  close(): void {
    for (const stream of this.#open) this.#end(stream);
  }

  #end(stream: Stream): void {
    this.#open.delete(stream);
    stream.close();
    stream.request.ended();
  }
}

interface Watch {
  readonly upstream: Upstream;
  readonly stop: () => void;
}

class Stream {
  readonly request: ListenRequest;
  readonly #endpoint: (address: string) => Endpoint | undefined;
  readonly #log: Log;
  readonly #watches = new Map<string, Watch>();
  #upstreams: readonly Upstream[] = [];
  /** What is to be watched, also where it cannot be at the moment. */
  #uris: readonly string[] = [];
  #closed = false;
  /** What was wanted, then what of it was promised. */
  #told: Wanted;

  constructor(request: ListenRequest, endpoint: (address: string) => Endpoint | undefined, log: Log) {
    this.request = request;
    this.#told = request.wanted;
    this.#endpoint = endpoint;
    this.#log = log;
  }

  get address(): string {
    return this.request.address;
  }

  /** Subscribes to what is wanted; gives back what can be told. */
  async begin(): Promise<Wanted> {
    const endpoint = this.#endpoint(this.address);
    this.#upstreams = endpoint?.upstreams ?? [];
    // Where several servers share an address their lists can always change; one server is asked, and waited for.
    const own = endpoint?.isMerged === true ? undefined : await this.#upstreams[0]?.profile().catch(() => undefined);
    const offers = (feature: string): boolean =>
      endpoint?.isMerged === true ||
      own === undefined ||
      member(member(own.capabilities, feature), 'listChanged') === true;
    const { wanted } = this.request;
    const uris = await this.watch(wanted.uris);
    this.#told = {
      tools: wanted.tools && offers('tools'),
      prompts: wanted.prompts && offers('prompts'),
      resources: wanted.resources && offers('resources'),
      uris,
    };
    return this.#told;
  }

  async watch(uris: readonly string[]): Promise<readonly string[]> {
    const wanted = new Set(uris);
    const next = [...wanted];
    if (next.length > MAX_URIS)
      throw new Fault('invalid', `At most ${MAX_URIS} resources can be watched on one stream.`);
    if (next.reduce((sum, uri) => sum + uri.length, 0) > MAX_CHARACTERS)
      throw new Fault('invalid', `The URIs watched on one stream have at most ${MAX_CHARACTERS} characters in all.`);
    for (const [uri, watch] of this.#watches) {
      if (wanted.has(uri)) continue;
      this.#watches.delete(uri);
      watch.stop();
    }
    this.#uris = next;
    const begun = await Promise.all(next.map((uri) => this.#begin(uri)));
    return next.filter((_, i) => begun[i]);
  }

  listChanged(server: string, kind: ListKind): void {
    if (!this.#endpoint(this.address)?.upstreams.some((upstream) => upstream.name === server)) return;
    this.#tell(kind === 'resourceTemplates' ? 'resources' : kind);
  }

  swapped(): void {
    const now = this.#endpoint(this.address)?.upstreams ?? [];
    const before = this.#upstreams;
    if (now.length === before.length && now.every((upstream, i) => upstream === before[i])) return;
    this.#upstreams = now;
    for (const [uri, watch] of this.#watches) {
      if (now.includes(watch.upstream)) continue;
      watch.stop();
      this.#watches.delete(uri);
    }
    void this.watch(this.#uris).catch((error: unknown) =>
      this.#log.warn({ reason: toFault(error).message }, 'resources not watched'),
    );
    for (const list of ['tools', 'prompts', 'resources'] as const) this.#tell(list);
  }

  close(): void {
    this.#closed = true;
    for (const watch of this.#watches.values()) watch.stop();
    this.#watches.clear();
  }

  async #begin(uri: string): Promise<boolean> {
    if (this.#watches.has(uri)) return true;
    const endpoint = this.#endpoint(this.address);
    const placed = await endpoint?.place(uri);
    if (!endpoint || !placed || this.#watches.has(uri)) return placed !== undefined;
    const { upstream } = placed;
    const updated = (own: string): void =>
      this.#updated(own === placed.uri ? uri : (this.#endpoint(this.address)?.publicUri(upstream.name, own) ?? own));
    try {
      const stop = await upstream.subscribe({ caller: this.request.caller, uri: placed.uri, updated });
      // While the upstream was asked the stream may have ended, or come to want something else, or lost that upstream.
      const isWanted = !this.#closed && this.#uris.includes(uri) && this.#upstreams.includes(upstream);
      if (!isWanted || this.#watches.has(uri)) stop();
      else this.#watches.set(uri, { upstream, stop });
      return true;
    } catch (error) {
      this.#log.debug({ server: upstream.name, reason: toFault(error).message }, 'subscription refused');
      return false;
    }
  }

  #updated(uri: string): void {
    if (!this.#closed) this.request.changed({ kind: 'updated', uri });
  }

  #tell(list: Extract<Change, { kind: 'list' }>['list']): void {
    if (!this.#closed && this.#told[list]) this.request.changed({ kind: 'list', list });
  }
}
