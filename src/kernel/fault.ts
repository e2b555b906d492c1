/**
 * Everything that can go wrong on our side of a call, as one closed table. Thrown, never returned; caught where a call settles and at the
 * edges of the process. An upstream's own JSON-RPC error is data, not a Fault.
 */
import { randomBytes } from 'node:crypto';

/** Closed: a new kind is a new row in both tables that map kinds to codes (`protocol/rev2025/errors`, `protocol/rev2026/errors`). */
export type FaultKind =
  // the caller's
  | 'malformed' //               the body is no JSON
  | 'not-a-request' //           JSON, but no JSON-RPC request or notification
  | 'invalid' //                 params or envelope are wrong
  | 'unknown-method'
  | 'unknown-name' //            a tool, prompt or cursor that the caller does not have
  | 'unknown-resource'
  | 'header-mismatch'
  | 'unsupported-revision'
  | 'capability-missing' //      the client did not declare what the call needs
  | 'interaction-unsupported' // this hop cannot carry the question that the upstream asks
  | 'unknown-session'
  | 'too-large'
  | 'cancelled'
  // an upstream's
  | 'unavailable' //             not running, not reachable, not yet started
  | 'unreachable' //             could not be dialled
  | 'timed-out'
  | 'broken' //                  answered something that is no answer
  | 'interrupted' //             died or hung up in the middle
  // ours
  | 'overloaded'
  | 'draining'
  | 'internal';

/** Whether the upstream may have acted on the request. Only `no` is ever tried again. */
export type Delivered = 'no' | 'unknown' | 'yes';

export interface FaultOptions {
  /** For the log only; may name addresses. */
  readonly detail?: string;
  /** For operators, beside the message: may name commands and files, never an address or a secret. */
  readonly reason?: string;
  readonly cause?: unknown;
  readonly delivered?: Delivered;
  readonly retryAfterMs?: number;
  /** Goes to the caller as the error's data: only what the protocol asks for. */
  readonly data?: Readonly<Record<string, unknown>>;
}

export class Fault extends Error {
  readonly kind: FaultKind;
  readonly detail: string | undefined;
  readonly reason: string | undefined;
  readonly delivered: Delivered;
  readonly retryAfterMs: number | undefined;
  readonly data: Readonly<Record<string, unknown>> | undefined;
  #id: string | undefined;

  /** @param message what the caller reads: plain, without addresses, saying what to do. */
  constructor(kind: FaultKind, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Fault';
    this.kind = kind;
    this.detail = options.detail;
    this.reason = options.reason;
    this.delivered = options.delivered ?? 'no';
    this.retryAfterMs = options.retryAfterMs;
    this.data = options.data;
  }

  /** Made when first asked for; ties what the caller was told to what the log says. */
  get id(): string {
    this.#id ??= randomBytes(6).toString('hex');
    return this.#id;
  }
}

/** A Fault stays what it is; anything else is a mistake of ours, whose text must not reach a caller. */
export function toFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new Fault('internal', 'The gateway failed to handle this request.', {
    detail,
    cause: error,
    delivered: 'unknown',
  });
}
