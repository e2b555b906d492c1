/** Faults as the session revisions tell them: JSON-RPC errors of a read request travel under HTTP 200. Exhaustive. */
import type { Fault } from '../../kernel/fault.ts';
import { CODE, type WireError } from '../code.ts';
import { faultData } from '../told.ts';

export function wireError(fault: Fault): WireError {
  const { message, data } = fault;
  switch (fault.kind) {
    case 'malformed':
      return { status: 400, code: CODE.parse, message };
    case 'not-a-request':
    case 'unsupported-revision':
    case 'header-mismatch':
      return { status: 400, code: CODE.invalidRequest, message, data };
    case 'unknown-session':
      return { status: 404, code: CODE.invalidRequest, message };
    case 'unknown-method':
      return { status: 200, code: CODE.methodNotFound, message };
    case 'invalid':
    case 'unknown-name':
      return { status: 200, code: CODE.invalidParams, message, data };
    case 'unknown-resource':
      return { status: 200, code: CODE.resourceNotFound, message, data };
    case 'too-large':
      return { status: 413, code: CODE.invalidRequest, message };
    case 'overloaded':
    case 'draining':
      return { status: 503, code: CODE.internal, message, data: faultData(fault) };
    case 'capability-missing':
    case 'cancelled':
    case 'interaction-unsupported':
    case 'unavailable':
    case 'unreachable':
    case 'timed-out':
    case 'broken':
    case 'interrupted':
    case 'internal':
      return { status: 200, code: CODE.internal, message, data: faultData(fault) };
  }
}
