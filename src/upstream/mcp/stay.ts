/**
 * How long a parked call stays: as long as `bounds.parkedTimeout` lets it, and less where others wait for the turn that it holds. On a shared
 * pipe they can do nothing until it is over; a person who reads a question and answers it has the time, one who has gone away keeps nobody.
 */
import { Fault } from '../../kernel/fault.ts';
import type { Time, Timer } from '../../kernel/time.ts';

/** From when it is parked and somebody waits, whichever comes later; anew in each round. */
const PRESSED_MS = 60_000;

export interface StayOptions {
  readonly time: Time;
  readonly bounds: { readonly parkedTimeoutMs: number };
}

/** States: not parked -> parked -> not parked, each pressed or not; a call is parked once a round. */
export class Stay {
  readonly #options: StayOptions;
  readonly #over: (fault: Fault) => void;
  #isPressed = false;
  #most: Timer | undefined;
  #pressing: Timer | undefined;

  constructor(options: StayOptions, over: (fault: Fault) => void) {
    this.#options = options;
    this.#over = over;
  }

  begin(): void {
    const { time, bounds } = this.#options;
    this.#most = time.after(bounds.parkedTimeoutMs, this.#late);
    if (this.#isPressed) this.#pressing = time.after(PRESSED_MS, this.#late);
  }

  /** Somebody has begun to wait. That it may leave again is not worth being told of. */
  press(): void {
    if (this.#isPressed) return;
    this.#isPressed = true;
    if (this.#most) this.#pressing = this.#options.time.after(PRESSED_MS, this.#late);
  }

  end(): void {
    this.#most?.cancel();
    this.#pressing?.cancel();
    this.#most = undefined;
  }

  readonly #late = (): void => this.#over(new Fault('timed-out', 'The client did not answer in time.'));
}
