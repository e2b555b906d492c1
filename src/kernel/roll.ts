/**
 * Who is there, in the order in which they came, for what every call joins: coming and going cost one small object, where a `Set` or `Map`
 * makes its table anew for every few that have gone. Bounded by whoever lets them in.
 */

export class Roll<T> {
  readonly #head = new Place<T>(undefined);

  get isEmpty(): boolean {
    return this.#head.next === this.#head;
  }

  /** Who has been there for the longest. */
  get first(): T | undefined {
    return this.#head.next.value;
  }

  add(value: T): Place<T> {
    return new Place(value, this.#head);
  }

  /** With a place that is kept for the next time, as the last from now on, wherever it stood. */
  enter(place: Place<T>): void {
    place.standBefore(this.#head);
  }

  /** Those that are there now; who comes or goes meanwhile changes nothing in it. */
  values(): T[] {
    const found: T[] = [];
    for (let at = this.#head.next; at.value !== undefined; at = at.next) found.push(at.value);
    return found;
  }
}

/** One member between its neighbours, or alone where it is on no roll; the one without a value begins and ends a roll. */
export class Place<T> {
  readonly value: T | undefined;
  #before: Place<T>;
  #after: Place<T>;

  constructor(value: T | undefined, head?: Place<T>) {
    this.value = value;
    this.#before = this;
    this.#after = this;
    if (head) this.standBefore(head);
  }

  get next(): Place<T> {
    return this.#after;
  }

  /** No longer where it stood. */
  standBefore(other: Place<T>): void {
    this.leave();
    this.#after = other;
    this.#before = other.#before;
    this.#before.#after = this;
    this.#after.#before = this;
  }

  /** Safe to call twice. One that has left holds on to nobody. */
  leave(): void {
    this.#before.#after = this.#after;
    this.#after.#before = this.#before;
    this.#before = this;
    this.#after = this;
  }
}
