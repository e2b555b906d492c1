/** From a message that an edge has judged to a Call, run within the bounds: counted, pinned to its Snapshot, ended when its client goes. */
import type { Call } from '../core/call.ts';
import type { Caller } from '../core/caller.ts';
import type { Outcome } from '../core/outcome.ts';
import { Payload } from '../core/payload.ts';
import type { Pinned } from '../core/snapshot.ts';
import { afterwards } from '../kernel/afterwards.ts';
import type { Abort } from '../kernel/abort.ts';
import { Fault, toFault } from '../kernel/fault.ts';
import { REQUEST, type Message } from '../protocol/jsonrpc.ts';
import { METHODS } from '../protocol/methods.ts';
import { isShed, overloaded } from './admission.ts';
import type { Edge } from './edge.ts';
import type { Origin } from './origin.ts';

export interface Asked {
  readonly visit: Origin;
  readonly message: Message;
  readonly caller: Caller;
  readonly able: string;
  readonly logLevel: Call['logLevel'];
  readonly abort: Abort;
  readonly emit: Call['emit'];
  readonly ask?: Call['ask'];
  readonly round?: Call['round'];
  /** Another method and params than the message's; for what one revision asks in another's words. */
  readonly instead?: { readonly method: string; readonly payload: Payload };
}

/** Rejects with a Fault as the engine gave it; `unknown-method` for what it does not know; `overloaded` beyond the bound. */
export function run(edge: Edge, asked: Asked): Promise<Outcome> {
  try {
    const begun = begin(edge, asked);
    return afterwards(begun.outcome, () => end(edge, begun));
  } catch (error) {
    return Promise.reject(toFault(error));
  }
}

/** A call that is counted and holds its Snapshot until `end`. */
export interface Begun {
  readonly outcome: Promise<Outcome>;
  readonly pinned: Pinned;
  readonly share: string;
}

/** The same for whoever ends it himself when the outcome is there. @throws Fault */
export function begin(edge: Edge, asked: Asked): Begun {
  const method = asked.instead?.method ?? asked.message.method;
  const means = METHODS.get(method);
  if (!means) throw new Fault('unknown-method', 'Method not found.');
  // What was begun goes on.
  if (!asked.round && isShed(method, edge.load)) throw overloaded('The gateway has too much to do.');
  const { share } = asked.caller;
  if (!edge.calls.take(share)) throw overloaded('Too many calls at once.');
  const pinned = edge.snapshots.pin();
  const { exchange, endpoint } = asked.visit;
  const outcome = endpoint.serve({
    id: exchange.id,
    clientRequestId: asked.visit.clientRequestId,
    endpoint: endpoint.address,
    method,
    means,
    payload: asked.instead?.payload ?? Payload.params(asked.message.fields),
    caller: asked.caller,
    able: asked.able,
    logLevel: asked.logLevel,
    wantsProgress: asked.message.fields.has(REQUEST.progressToken),
    abort: asked.abort,
    emit: asked.emit,
    ask: asked.ask,
    round: asked.round,
    trail: { resolved: undefined },
    target: undefined,
  });
  return { outcome, pinned, share };
}

export function end(edge: Edge, { pinned, share }: Begun): void {
  edge.calls.give(share);
  edge.snapshots.unpin(pinned);
}
