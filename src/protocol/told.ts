/** How a failed `tools/call` is told to a model: a result with `isError` and plain text, so that it can mend the call or say what happened. */
import type { Fault, FaultKind } from '../kernel/fault.ts';

const TOLD: ReadonlySet<FaultKind> = new Set([
  'interaction-unsupported',
  'unavailable',
  'unreachable',
  'timed-out',
  'broken',
  'interrupted',
  'overloaded',
  'draining',
  'internal',
]);

/** Whether a fault of a `tools/call` goes to the model; the rest are JSON-RPC errors, the client's to deal with. */
export const isTold = (fault: Fault): boolean => TOLD.has(fault.kind);

const RAN: Readonly<Record<Fault['delivered'], string>> = {
  no: 'The tool was not run.',
  unknown: 'The tool may have run; check before calling it again.',
  yes: 'The tool has run, or begun to.',
};

/** The text: what happened, whether it may have run, when to try again. @param isLater the tool had begun before, and asked something. */
export function toldText(fault: Fault, isLater = false): string {
  const again = fault.retryAfterMs === undefined ? '' : ` Try again in ${Math.ceil(fault.retryAfterMs / 1000)} s.`;
  return `${fault.message} ${RAN[isLater && fault.delivered === 'no' ? 'unknown' : fault.delivered]}${again}${fault.kind === 'internal' ? ` (${fault.id})` : ''}`;
}

/** The `data` of a JSON-RPC error for a fault of ours or an upstream's. */
export function faultData(fault: Fault): Readonly<Record<string, unknown>> {
  const retry = fault.retryAfterMs === undefined ? {} : { retryAfterMs: fault.retryAfterMs };
  const id = fault.kind === 'internal' ? { id: fault.id } : {};
  return { kind: fault.kind, ...retry, ...id, ...fault.data };
}

/** The same as the JSON of a result. */
export const toldResult = (fault: Fault, isLater = false): string =>
  JSON.stringify({ content: [{ type: 'text', text: toldText(fault, isLater) }], isError: true });
