/**
 * Who is there, in the order in which they came, for what every call joins: coming and going cost one small object, where a `Set` or `Map`
 * makes its table anew for every few that have gone. Bounded by whoever lets them in.
 */

export class Roll<T> {
  readonly #head = new Place<T>(undefined);

  get isEmpty(): boolean {
    return this.#head.next === this.#head;
  }

  add(value: T): Place<T> {
    return new Place(value, this.#head);
  }

  /** Those that are there now; who comes or goes meanwhile changes nothing in it. */
  values(): T[] {
    const found: T[] = [];
    for (let at = this.#head.next; at.value !== undefined; at = at.next) found.push(at.value);
    return found;
  }
}

/** One member between its neighbours; the one without a value begins and ends the roll. */
export class Place<T> {
  readonly value: T | undefined;
  #before: Place<T>;
  #after: Place<T>;

  constructor(value: T | undefined, head?: Place<T>) {
    this.value = value;
    this.#after = head ?? this;
    this.#before = head ? head.#before : this;
    this.#before.#after = this;
    this.#after.#before = this;
  }

  get next(): Place<T> {
    return this.#after;
  }

  /** Safe to call twice. One that has left holds on to nobody. */
  leave(): void {
    this.#before.#after = this.#after;
    this.#after.#before = this.#before;
    this.#before = this;
    this.#after = this;
  }
}
