/** Asks the upstream, once, and notes how long it took. Innermost: everything else has had its say. */
import type { Meter } from '../core/ports/meter.ts';
import type { Stage } from '../core/stage.ts';
import type { Time } from '../kernel/time.ts';
import { noted } from './record.ts';

export interface AttemptOptions {
  readonly server: string;
  readonly meter: Meter;
  /** Requests that servers have not answered yet. */
  readonly counts: { legs: number };
}

export function attempt({ server, meter, counts }: AttemptOptions, time: Time): Stage {
  return (call, next) => {
    if (call.abort.reason) return Promise.reject(call.abort.reason);
    const begun = time.elapsed();
    counts.legs += 1;
    return noted(next(call), (errorType) => {
      counts.legs -= 1;
      meter.asked({ method: call.method, server, errorType, seconds: (time.elapsed() - begun) / 1000 });
    });
  };
}
