/** Ends a call that has run out of time. Whether the upstream may have acted is for the upstream to say, which knows what was sent. */
import type { Stage } from '../core/stage.ts';
import { afterwards } from '../kernel/afterwards.ts';
import { Fault } from '../kernel/fault.ts';
import type { Time } from '../kernel/time.ts';

export function deadline({ totalMs }: { totalMs: number }, time: Time): Stage {
  return (call, next) => {
    const timer = time.after(totalMs, () =>
      call.abort.now(new Fault('timed-out', 'The server did not answer in time.')),
    );
    return afterwards(next(call), () => timer.cancel());
  };
}
