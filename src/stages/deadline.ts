/** Ends a call that has run out of time. Whether the upstream may have acted is for the upstream to say, which knows what was sent. */
import type { Call } from '../core/call.ts';
import type { Frame } from '../core/stage.ts';
import { Fault } from '../kernel/fault.ts';
import type { Time, Timer } from '../kernel/time.ts';

export const deadline = ({ totalMs }: { totalMs: number }, time: Time): Frame => ({
  enter: (call: Call): Timer =>
    time.after(totalMs, () => call.abort.now(new Fault('timed-out', 'The server did not answer in time.'))),
  leave(_, timer) {
    (timer as Timer).cancel();
    return undefined;
  },
});
