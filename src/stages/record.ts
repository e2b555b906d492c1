/** Writes each call down once, whatever ended it: duration and outcome, by method and server. */
import type { Meter } from '../core/ports/meter.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Stage } from '../core/stage.ts';
import { toFault } from '../kernel/fault.ts';
import type { Time } from '../kernel/time.ts';
import { REPLY } from '../protocol/jsonrpc.ts';

export function record(meter: Meter, time: Time): Stage {
  return (call, next) => {
    const begun = time.elapsed();
    const note = (errorType: string): void => {
      const server = call.trail.resolved?.upstream ?? '';
      meter.served({ method: call.method, server, errorType, seconds: (time.elapsed() - begun) / 1000 });
    };
    return noted(next(call), note);
  };
}

/** Tells how work ended, and passes it on. */
export function noted(work: Promise<Outcome>, note: (errorType: string) => void): Promise<Outcome> {
  return work.then(
    (outcome) => {
      note(errorTypeOf(outcome));
      return outcome;
    },
    (error: unknown) => {
      note(toFault(error).kind);
      throw error;
    },
  );
}

const TRUE = 0x74;

/** As the semantic conventions of OpenTelemetry for MCP name it; empty for success. */
function errorTypeOf(outcome: Outcome): string {
  if (outcome.kind === 'error') return String(outcome.code);
  return outcome.kind === 'result' && outcome.payload.fields.first(REPLY.isError) === TRUE ? 'tool_error' : '';
}
