/** Faults as MCP 2026-07-28 tells them: code and HTTP status. Exhaustive: a new kind does not compile until it has a row. */
import type { Fault } from '../../kernel/fault.ts';
import { CODE, type WireError } from '../code.ts';
import { faultData } from '../told.ts';

export function wireError(fault: Fault): WireError {
  const { message, data } = fault;
  switch (fault.kind) {
    case 'malformed':
      return { status: 400, code: CODE.parse, message };
    case 'not-a-request':
    case 'unknown-session':
      return { status: 400, code: CODE.invalidRequest, message };
    case 'invalid':
      return { status: 400, code: CODE.invalidParams, message, data };
    case 'header-mismatch':
      return { status: 400, code: CODE.headerMismatch, message, data };
    case 'unsupported-revision':
      return { status: 400, code: CODE.unsupportedVersion, message, data };
    case 'capability-missing':
      return { status: 400, code: CODE.capabilityMissing, message, data };
    case 'unknown-method':
      return { status: 404, code: CODE.methodNotFound, message };
    case 'unknown-name':
    case 'unknown-resource':
      return { status: 200, code: CODE.invalidParams, message, data };
    case 'too-large':
      return { status: 413, code: CODE.invalidRequest, message };
    case 'overloaded':
    case 'draining':
      return { status: 503, code: CODE.internal, message, data: faultData(fault) };
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
