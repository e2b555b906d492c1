/** Ends a call that has run out of time. Whether the upstream may have acted is for the upstream to say, which knows what was sent. */
import type { Stage } from '../core/stage.ts';
import { Fault } from '../kernel/fault.ts';
import type { Time } from '../kernel/time.ts';

export function deadline({ totalMs }: { totalMs: number }, time: Time): Stage {
  return async (call, next) => {
    const timer = time.after(totalMs, () =>
      call.abort.now(new Fault('timed-out', 'The server did not answer in time.')),
    );
    try {
      return await next(call);
    } finally {
      timer.cancel();
    }
  };
}
