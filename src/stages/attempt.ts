/** Asks the upstream, once, and notes how long it took. Innermost: everything else has had its say. */
import type { Meter } from '../core/ports/meter.ts';
import type { Stage } from '../core/stage.ts';
import { toFault } from '../kernel/fault.ts';
import type { Time } from '../kernel/time.ts';
import { errorTypeOf } from './record.ts';

export function attempt(meter: Meter, time: Time): Stage {
  return async (call, next) => {
    const begun = time.elapsed();
    const server = call.target?.upstream.name ?? '';
    let errorType = 'internal';
    try {
      if (call.abort.reason) throw call.abort.reason;
      const outcome = await next(call);
      errorType = errorTypeOf(outcome);
      return outcome;
    } catch (error) {
      errorType = toFault(error).kind;
      throw error;
    } finally {
      meter.asked({ method: call.method, server, errorType, seconds: (time.elapsed() - begun) / 1000 });
    }
  };
}
