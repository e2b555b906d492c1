/** One request in flight. Immutable but for its trail: a stage that changes something passes a copy on. */
import type { Abort } from '../kernel/abort.ts';
import type { Edit } from '../kernel/splice.ts';
import type { MirroredArgument } from '../protocol/headers.ts';
import type { Method, LogLevel } from '../protocol/methods.ts';
import type { Caller } from './caller.ts';
import type { Payload } from './payload.ts';
import type { Ask, Round } from './question.ts';
import type { Trail } from './trail.ts';

/** Something that belongs to a call and happens before its end. */
export interface Note {
  readonly method: 'notifications/progress' | 'notifications/message';
  /** As the upstream sent it; the progress token in it is the upstream hop's. */
  readonly fields: Payload['fields'];
}

/** What a name meant at this endpoint. */
export interface Target {
  /** The upstream's name. */
  readonly server: string;
  /** Its own name or URI of what is meant. */
  readonly name: string;
  /** Changes of params that make them the upstream's own. */
  readonly edits: readonly Edit[];
  /** Arguments of a tool that some transports repeat outside the body. */
  readonly mirrored: readonly MirroredArgument[];
}

export interface Call {
  /** Made by us, for every exchange; in each log line about it. */
  readonly id: string;
  /** What the client called it, if it did. */
  readonly clientRequestId: string | undefined;
  readonly endpoint: string;
  readonly method: string;
  readonly means: Method;
  readonly payload: Payload;
  readonly caller: Caller;
  /** What the client can answer while this call runs, as JSON text. */
  readonly able: string;
  /** Which log messages the client wants: `off` none, `unset` it never said. */
  readonly logLevel: LogLevel | 'off' | 'unset';
  /** Whether progress has somewhere to go. */
  readonly wantsProgress: boolean;
  readonly abort: Abort;
  readonly emit: (note: Note) => void;
  /** How the client is asked while the call goes on; absent where only the end of the call can ask it. */
  readonly ask: Ask | undefined;
  /** What the client brings where it was asked something; absent in a first round. Members of the payload that say so are nobody's to read. */
  readonly round: Round | undefined;
  readonly trail: Trail;
  readonly target: Target | undefined;
}

/** The call once its target is known. */
export const resolved = (call: Call, target: Target): Call => copied(call, target, call.round);

/** The call with another round, once what the client brought is understood. */
export const inRound = (call: Call, round: Round): Call => copied(call, call.target, round);

/** Every member by name: a spread of so many is several times as dear. */
function copied(call: Call, target: Target | undefined, round: Round | undefined): Call {
  return {
    id: call.id,
    clientRequestId: call.clientRequestId,
    endpoint: call.endpoint,
    method: call.method,
    means: call.means,
    payload: call.payload,
    caller: call.caller,
    able: call.able,
    logLevel: call.logLevel,
    wantsProgress: call.wantsProgress,
    abort: call.abort,
    emit: call.emit,
    ask: call.ask,
    round,
    trail: call.trail,
    target,
  };
}
