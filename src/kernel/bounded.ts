/** Containers with a named bound. A `Map` or array that outlives a call is one of these. */

/** A map that forgets its least recently used entry when full. `get` and `set` count as use. */
export class BoundedMap<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #max: number;
  readonly #onEvict: ((key: K, value: V) => void) | undefined;

  constructor(max: number, onEvict?: (key: K, value: V) => void) {
    this.#max = max;
    this.#onEvict = onEvict;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  /** Looks without counting as use. */
  peek(key: K): V | undefined {
    return this.#entries.get(key);
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#max) return;
    for (const [oldest, evicted] of this.#entries) {
      this.#entries.delete(oldest);
      this.#onEvict?.(oldest, evicted);
      return;
    }
  }

  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  values(): IterableIterator<V> {
    return this.#entries.values();
  }

  entries(): IterableIterator<[K, V]> {
    return this.#entries.entries();
  }

  clear(): void {
    this.#entries.clear();
  }
}

/** Runs at most one task a key at a time; whoever comes meanwhile waits for the same result. */
export class SingleFlight<K, V> {
  readonly #running = new Map<K, Promise<V>>();

  run(key: K, task: () => Promise<V>): Promise<V> {
    const running = this.#running.get(key);
    if (running) return running;
    const promise = task().finally(() => this.#running.delete(key));
    this.#running.set(key, promise);
    return promise;
  }
}

/** Bytes that may be held at once, shared by whoever holds some. Taking never waits: it says no. */
export class Budget {
  readonly max: number;
  #held = 0;

  constructor(max: number) {
    this.max = max;
  }

  get held(): number {
    return this.#held;
  }

  take(bytes: number): boolean {
    if (this.#held + bytes > this.max) return false;
    this.#held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}

/** A part of a budget, for what may have to make room: it can be used up while the budget has some left. */
export class Share {
  readonly max: number;
  readonly #budget: Budget;
  #held = 0;

  constructor(budget: Budget, max: number) {
    this.#budget = budget;
    this.max = max;
  }

  get held(): number {
    return this.#held;
  }

  hasRoom(bytes: number): boolean {
    return this.#held + bytes <= this.max && this.#budget.held + bytes <= this.#budget.max;
  }

  take(bytes: number): boolean {
    if (!this.hasRoom(bytes) || !this.#budget.take(bytes)) return false;
    this.#held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#held -= bytes;
    this.#budget.give(bytes);
  }
}
