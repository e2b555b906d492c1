/** Where a thrown Fault becomes an Outcome: of a `tools/call`, what a model should know is a result that says so. Other Faults go on to the edge. */
import type { Call } from '../core/call.ts';
import type { Outcome } from '../core/outcome.ts';
import { Payload } from '../core/payload.ts';
import type { Log } from '../core/ports/log.ts';
import type { Next } from '../core/stage.ts';
import { toFault } from '../kernel/fault.ts';
import { isTold, toldResult } from '../protocol/told.ts';

export function settle(next: Next, log: Log): Next {
  return (call) => next(call).catch((error: unknown) => told(call, error, log));
}

function told(call: Call, error: unknown, log: Log): Outcome {
  const fault = toFault(error);
  const { kind, detail, id } = fault;
  const { clientRequestId } = call;
  if (kind === 'internal') log.error({ call: call.id, clientRequestId, fault: id, detail }, 'a mistake of the gateway');
  else
    log.debug(
      { call: call.id, clientRequestId, method: call.method, kind, detail, resolved: call.trail.resolved },
      'call failed',
    );
  if (call.means.kind !== 'single' || call.means.of !== 'tool' || !isTold(fault)) throw fault;
  return { kind: 'result', payload: Payload.ofResult(toldResult(fault)) };
}
