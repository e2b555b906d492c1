/** Writes each call down once, whatever ended it: duration and outcome, by method and server. */
import type { Meter } from '../core/ports/meter.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Stage } from '../core/stage.ts';
import { toFault } from '../kernel/fault.ts';
import type { Time } from '../kernel/time.ts';
import { REPLY } from '../protocol/jsonrpc.ts';

export function record(meter: Meter, time: Time): Stage {
  return async (call, next) => {
    const begun = time.elapsed();
    let errorType = 'internal';
    try {
      const outcome = await next(call);
      errorType = errorTypeOf(outcome);
      return outcome;
    } catch (error) {
      errorType = toFault(error).kind;
      throw error;
    } finally {
      meter.served({
        method: call.method,
        server: call.trail.resolved?.upstream ?? '',
        errorType,
        seconds: (time.elapsed() - begun) / 1000,
      });
    }
  };
}

const TRUE = 0x74;

/** As the semantic conventions of OpenTelemetry for MCP name it; empty for success. */
export function errorTypeOf(outcome: Outcome): string {
  if (outcome.kind === 'error') return String(outcome.code);
  return outcome.kind === 'result' && outcome.payload.fields.first(REPLY.isError) === TRUE ? 'tool_error' : '';
}
