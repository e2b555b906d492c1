/** Who watches which resource of one server: each URI is asked for once, for all who want it, and an update finds whoever is meant. */
import type { ResourceSubscription } from '../../core/ports/upstream.ts';

interface Watching {
  readonly watchers: Set<ResourceSubscription>;
  /** The server's consent, the same for all who wait for it. */
  readonly granted: Promise<void>;
}

export class Watched {
  readonly #byUri = new Map<string, Watching>();

  uris(): string[] {
    return [...this.#byUri.keys()];
  }

  /** @param ask is called for the first one of a URI. Rejects as it does; nobody watches then. */
  async add(subscription: ResourceSubscription, ask: () => Promise<void>): Promise<void> {
    const known = this.#byUri.get(subscription.uri);
    if (known) {
      known.watchers.add(subscription);
      await known.granted;
      return;
    }
    // The URI counts as wanted while the server is asked.
    const consent = Promise.withResolvers<void>();
    this.#byUri.set(subscription.uri, { watchers: new Set([subscription]), granted: consent.promise });
    consent.promise.catch(() => undefined);
    ask().then(consent.resolve, (error: unknown) => {
      this.#byUri.delete(subscription.uri);
      consent.reject(error);
    });
    await consent.promise;
  }

  /** Whether it was the last one for its URI. */
  remove(subscription: ResourceSubscription): boolean {
    const watching = this.#byUri.get(subscription.uri);
    if (!watching?.watchers.delete(subscription) || watching.watchers.size > 0) return false;
    return this.#byUri.delete(subscription.uri);
  }

  /**
   * An update may name something below what was subscribed to (MCP, "Resources", subscriptions): exact first, else whoever watches above it.
   * @param isMeant whether it is meant for those who watch this URI; all where it is left out.
   */
  updated(uri: string, isMeant: (watched: string) => boolean = () => true): void {
    const exact = this.#byUri.get(uri);
    if (exact) {
      if (isMeant(uri)) for (const watcher of exact.watchers) watcher.updated(uri);
      return;
    }
    for (const [watched, { watchers }] of this.#byUri) {
      if (uri.startsWith(watched.endsWith('/') ? watched : `${watched}/`) && isMeant(watched))
        for (const watcher of watchers) watcher.updated(uri);
    }
  }
}
