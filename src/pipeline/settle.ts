/** Where a thrown Fault becomes an Outcome: of a `tools/call`, what a model should know is a result that says so. Other Faults go on to the edge. */
import type { Call } from '../core/call.ts';
import type { Outcome } from '../core/outcome.ts';
import { Payload } from '../core/payload.ts';
import type { Log } from '../core/ports/log.ts';
import type { Frame } from '../core/stage.ts';
import { Fault } from '../kernel/fault.ts';
import { isTold, toldResult } from '../protocol/told.ts';

export const settle = (log: Log): Frame => ({
  enter: () => undefined,
  leave: (call, _, end) => (end instanceof Fault ? told(call, end, log) : undefined),
});

function told(call: Call, fault: Fault, log: Log): Outcome | undefined {
  const { kind, detail, id } = fault;
  const { clientRequestId } = call;
  if (kind === 'internal') log.error({ call: call.id, clientRequestId, fault: id, detail }, 'a mistake of the gateway');
  else
    log.debug(
      { call: call.id, clientRequestId, method: call.method, kind, detail, resolved: call.trail.resolved },
      'call failed',
    );
  if (call.means.kind !== 'single' || call.means.of !== 'tool' || !isTold(fault)) return undefined;
  return { kind: 'result', payload: Payload.ofResult(toldResult(fault, call.round !== undefined)) };
}
