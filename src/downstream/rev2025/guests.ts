/**
 * Which session makes room for another when there is none: addresses that hold many of them yield to those that hold fewer, so nobody can
 * end another's session by opening more of his own. Who holds as many, to a factor of two, makes room by himself. Never looks at more
 * than one session for each doubling of how many there may be.
 */
import { BoundedMap } from '../../kernel/bounded.ts';
import { Place, Roll } from '../../kernel/roll.ts';
import type { HttpSession } from './http-session.ts';

/** One address, or network of IPv6, while it has sessions. */
class Guest {
  /** Those in use among them. */
  sessions = 0;
  /** Those that nobody is using, the longest idle one first. */
  readonly resting = new Roll<HttpSession>();
  /** Among those with about as many, while any rests. */
  readonly place = new Place<Guest>(this);
}

export class Guests {
  readonly #guests: BoundedMap<string, Guest>;
  /** Those who have a session that rests, by the doublings to how many they have; the longest quiet one first. */
  readonly #ranks: readonly Roll<Guest>[];

  constructor(max: number) {
    this.#guests = new BoundedMap(max);
    this.#ranks = Array.from({ length: doublings(max) + 1 }, () => new Roll<Guest>());
  }

  opened({ remote }: Pick<HttpSession, 'remote'>): void {
    const guest = this.#guests.peek(remote) ?? new Guest();
    if (guest.sessions === 0) this.#guests.set(remote, guest);
    guest.sessions += 1;
    this.#rank(guest);
  }

  ended(session: HttpSession): void {
    session.amongOwn.leave();
    this.left(session.remote);
  }

  /** The same for one that is kept elsewhere. */
  left(remote: string): void {
    const guest = this.#guests.peek(remote);
    if (!guest) return;
    guest.sessions -= 1;
    this.#rank(guest);
    if (guest.sessions === 0) this.#guests.delete(remote);
  }

  /** Nobody is using it now. */
  resting(session: HttpSession): void {
    const guest = this.#guests.peek(session.remote);
    if (!guest) return;
    guest.resting.enter(session.amongOwn);
    this.#rank(guest);
  }

  busy(session: HttpSession): void {
    session.amongOwn.leave();
    const guest = this.#guests.peek(session.remote);
    if (guest && !guest.resting.first) guest.place.leave();
  }

  /** The session that has to end so that this address can open one. */
  yielding(remote: string): HttpSession | undefined {
    const own = this.#guests.peek(remote);
    const rank = own ? doublings(own.sessions) : -1;
    for (let more = this.#ranks.length - 1; more > rank; more -= 1) {
      const guest = this.#ranks[more]?.first;
      if (guest) return guest.resting.first;
    }
    return own?.resting.first;
  }

  #rank(guest: Guest): void {
    if (guest.resting.first) this.#ranks[doublings(guest.sessions)]?.enter(guest.place);
    else guest.place.leave();
  }
}

/** How often one doubles to get there: 0 for 1, 1 for 2 and 3, 2 for 4 to 7. */
const doublings = (count: number): number => 31 - Math.clz32(count);
