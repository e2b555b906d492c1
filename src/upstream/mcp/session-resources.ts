/** The resources that are watched in one session: the server is asked once for each, and told when nobody wants it any more (2025-11-25, "Resources"). */
import type { ResourceSubscription } from '../../core/ports/upstream.ts';
import { Watched } from './resources.ts';

export interface ResourcesOptions {
  /** Resolves when what the server tells can be heard. */
  readonly listening: () => Promise<void>;
  readonly ask: (method: 'resources/subscribe' | 'resources/unsubscribe', uri: string) => Promise<unknown>;
  readonly isClosed: () => boolean;
}

export class SessionResources {
  readonly watched = new Watched();
  readonly #options: ResourcesOptions;
  /** What is being unsubscribed from: on sockets of their own a later question may arrive before an earlier one. */
  readonly #leaving = new Map<string, Promise<unknown>>();

  constructor(options: ResourcesOptions) {
    this.#options = options;
  }

  async subscribe(subscription: ResourceSubscription): Promise<() => void> {
    const { uri } = subscription;
    await this.watched.add(subscription, () => this.#watch(uri));
    let watching = true;
    return () => {
      if (!watching) return;
      watching = false;
      if (this.watched.remove(subscription) && !this.#options.isClosed()) this.#unwatch(uri);
    };
  }

  /** The server is asked for all of them anew: it has forgotten. */
  async again(): Promise<void> {
    for (const uri of this.watched.uris()) await this.#options.ask('resources/subscribe', uri);
  }

  /** Any of them may have changed while nobody could hear of it. */
  missed(): void {
    for (const uri of this.watched.uris()) this.watched.updated(uri);
  }

  async #watch(uri: string): Promise<void> {
    await this.#options.listening();
    await this.#leaving.get(uri);
    await this.#options.ask('resources/subscribe', uri);
  }

  /** Only who asks for the same again waits for this; a server that refuses it goes on telling, and nobody listens. */
  #unwatch(uri: string): void {
    const left = this.#options
      .ask('resources/unsubscribe', uri)
      .catch(() => undefined)
      .finally(() => this.#leaving.delete(uri));
    this.#leaving.set(uri, left);
  }
}
