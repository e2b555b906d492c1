/** Asks the upstream, once, and notes how long it took. Innermost: everything else has had its say. */
import type { Meter } from '../core/ports/meter.ts';
import type { Frame } from '../core/stage.ts';
import type { Time } from '../kernel/time.ts';
import { errorTypeOf } from './record.ts';

export interface AttemptOptions {
  readonly server: string;
  readonly meter: Meter;
  /** Requests that servers have not answered yet. */
  readonly counts: { legs: number };
}

export const attempt = ({ server, meter, counts }: AttemptOptions, time: Time): Frame => ({
  enter(call) {
    if (call.abort.reason) throw call.abort.reason;
    counts.legs += 1;
    return time.elapsed();
  },
  leave(call, begun, end) {
    counts.legs -= 1;
    const seconds = (time.elapsed() - Number(begun)) / 1000;
    meter.asked({ method: call.method, server, errorType: errorTypeOf(end), seconds });
    return undefined;
  },
});
