/** Who waits for a server's consent to tell of a resource, and for how long. */
import { Fault } from '../../kernel/fault.ts';
import type { Time } from '../../kernel/time.ts';

export const ACK_MS = 10_000;

export class Consents {
  readonly #time: Time;
  readonly #byUri = new Map<string, (fault?: Fault) => void>();

  constructor(time: Time) {
    this.#time = time;
  }

  /** At most one waits for each URI. @throws Fault when it is refused, or not given in time. */
  wait(uri: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = (): void =>
        this.settle(uri, new Fault('timed-out', 'The server did not acknowledge the subscription.'));
      const timer = this.#time.after(ACK_MS, late);
      this.#byUri.set(uri, (fault) => {
        timer.cancel();
        if (fault) reject(fault);
        else resolve();
      });
    });
  }

  /** Nothing if nobody waits for it. */
  settle(uri: string, fault?: Fault): void {
    const end = this.#byUri.get(uri);
    this.#byUri.delete(uri);
    end?.(fault);
  }

  close(): void {
    for (const uri of this.#byUri.keys()) this.settle(uri, new Fault('unavailable', 'The server is no longer there.'));
  }
}
