/** One round of a call: what comes of it, for whoever waits for it. A client that asks for the same round again joins. */
import type { Call } from '../../core/call.ts';
import type { Outcome } from '../../core/outcome.ts';
import { Fault } from '../../kernel/fault.ts';

export class Turn {
  readonly promise: Promise<Outcome | undefined>;
  readonly #resolve: (outcome: Outcome | undefined) => void;
  readonly #reject: (fault: Fault) => void;
  #waiting = 0;

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome | undefined>();
    this.promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    // Nobody may be waiting when it fails.
    promise.catch(() => undefined);
  }

  settle(end: Outcome | Fault | undefined): void {
    if (end instanceof Fault) this.#reject(end);
    else this.#resolve(end);
  }

  /** What comes of it, for one more call. @param deserted runs when the last who waited has gone. */
  wait(call: Call, deserted: (reason: Fault) => void): Promise<Outcome> {
    this.#waiting += 1;
    return new Promise((resolve, reject) => {
      const left = (reason: Fault): void => {
        const { kind, message, detail = '' } = reason;
        this.#waiting -= 1;
        reject(new Fault(kind, message, { detail, delivered: 'unknown' }));
        if (this.#waiting === 0) deserted(reason);
      };
      call.abort.listen(left);
      this.promise
        .then((outcome) => (outcome ? resolve(outcome) : reject(interrupted())), reject)
        .finally(() => call.abort.ignore(left));
    });
  }
}

/** What a call that was parked comes to where its server, or the session, is gone. */
export const interrupted = (detail = ''): Fault =>
  new Fault('interrupted', 'The call was lost at the server while it waited for an answer.', {
    detail,
    delivered: 'unknown',
  });

/** How a call ends in a later round: whatever went wrong, the server has had it since the first. */
export function laterEnd(end: Outcome | Fault | undefined): Outcome | Fault {
  if (!(end instanceof Fault)) return end ?? interrupted();
  const { kind, message, detail = '', delivered } = end;
  if (kind === 'cancelled') return interrupted();
  return delivered === 'no' ? new Fault(kind, message, { detail, delivered: 'unknown' }) : end;
}
