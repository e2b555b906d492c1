/** Writes each call down once, whatever ended it: duration and outcome, by method and server. */
import type { Meter } from '../core/ports/meter.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Frame } from '../core/stage.ts';
import { Fault } from '../kernel/fault.ts';
import type { Time } from '../kernel/time.ts';
import { REPLY } from '../protocol/jsonrpc.ts';

export const record = (meter: Meter, time: Time): Frame => ({
  enter: () => time.elapsed(),
  leave(call, begun, end) {
    const server = call.trail.resolved?.upstream ?? '';
    const seconds = (time.elapsed() - Number(begun)) / 1000;
    meter.served({ method: call.method, server, errorType: errorTypeOf(end), seconds });
    return undefined;
  },
});

const TRUE = 0x74;

/** As the semantic conventions of OpenTelemetry for MCP name it; empty for success. */
export function errorTypeOf(end: Outcome | Fault): string {
  if (end instanceof Fault) return end.kind;
  if (end.kind === 'error') return String(end.code);
  return end.kind === 'result' && end.payload.fields.first(REPLY.isError) === TRUE ? 'tool_error' : '';
}
