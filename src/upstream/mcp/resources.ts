/** Who watches which resource of one server: counts, so that each URI is subscribed once, and finds who is meant by an update. */
import type { ResourceSubscription } from '../../core/ports/upstream.ts';

export class Watched {
  readonly #byUri = new Map<string, Set<ResourceSubscription>>();

  uris(): string[] {
    return [...this.#byUri.keys()];
  }

  /** Whether this is the first one for its URI. */
  add(subscription: ResourceSubscription): boolean {
    const watchers = this.#byUri.get(subscription.uri);
    if (watchers) {
      watchers.add(subscription);
      return false;
    }
    this.#byUri.set(subscription.uri, new Set([subscription]));
    return true;
  }

  /** Whether it was the last one for its URI. */
  remove(subscription: ResourceSubscription): boolean {
    const watchers = this.#byUri.get(subscription.uri);
    if (!watchers?.delete(subscription) || watchers.size > 0) return false;
    return this.#byUri.delete(subscription.uri);
  }

  /** An update may name something below what was subscribed to (MCP, "Resources", subscriptions): exact first, else whoever watches above it. */
  updated(uri: string): void {
    const exact = this.#byUri.get(uri);
    if (exact) {
      for (const watcher of exact) watcher.updated(uri);
      return;
    }
    for (const [watched, watchers] of this.#byUri) {
      if (uri.startsWith(watched.endsWith('/') ? watched : `${watched}/`))
        for (const watcher of watchers) watcher.updated(uri);
    }
  }
}
