/**
 * One session of the 2025 revisions (2025-11-25, "Lifecycle"), over whatever it came. Without authentication the session is the caller. What most
 * sessions never need is made when it is needed. States: open -> ended.
 */
import { randomBytes } from 'node:crypto';
import type { Caller } from '../../core/caller.ts';
import type { Listening } from '../../core/ports/changes.ts';
import { Abort } from '../../kernel/abort.ts';
import { Roll, type Place } from '../../kernel/roll.ts';
import type { Part } from '../../kernel/parts.ts';
import { Fault } from '../../kernel/fault.ts';
import type { LogLevel } from '../../protocol/methods.ts';
import type { Revision2025 } from '../../protocol/rev2025/differences.ts';
import { tellsOfRoots } from './able.ts';
import { Questions } from './questions.ts';

/** Where a server speaks unasked. */
export interface Unasked {
  tell(message: readonly Part[]): void;
  /** Nothing more comes for now. */
  hangUp(): void;
}

/** A request that is not answered yet. */
export interface InFlight {
  /** Its id as `idKey` makes it, for `notifications/cancelled`. */
  readonly key: string;
  readonly abort: Abort;
}

export interface SessionOf {
  readonly address: string;
  readonly revision: Revision2025;
  /** What its client can answer, as JSON text. */
  readonly able: string;
  readonly remote: string;
}

export class Session {
  readonly id: string;
  readonly address: string;
  readonly revision: Revision2025;
  readonly able: string;
  readonly caller: Caller;
  readonly ended = new Abort();
  level: LogLevel | undefined;
  stream: Unasked | undefined;
  listening: Promise<Listening> | undefined;
  /** Never more than calls may run at once. */
  #inFlight: Roll<InFlight> | undefined;
  #uris: Set<string> | undefined;
  #questions: Questions | undefined;

  constructor({ address, revision, able, remote }: SessionOf) {
    this.id = randomBytes(24).toString('base64url');
    this.address = address;
    this.revision = revision;
    this.able = able;
    const caller: Caller = { key: `session ${this.id}`, kind: 'session', share: remote, ended: this.ended };
    this.caller = tellsOfRoots(able) ? { ...caller, rootsChanged: new Roll() } : caller;
  }

  /** Whether nobody would notice its end now. */
  get isIdle(): boolean {
    return this.#inFlight?.isEmpty ?? true;
  }

  /** Resources that it watches. */
  get uris(): Set<string> {
    this.#uris ??= new Set();
    return this.#uris;
  }

  /** What its client is asked. */
  get questions(): Questions {
    this.#questions ??= new Questions();
    return this.#questions;
  }

  /** A request is in flight until `done` is told of its place. */
  begun(request: InFlight): Place<InFlight> {
    this.#inFlight ??= new Roll();
    return this.#inFlight.add(request);
  }

  /** It has its answer. */
  done(place: Place<InFlight>): void {
    place.leave();
  }

  /** Of several with one id, which a client must not have, the last. */
  cancel(key: string): void {
    const request = this.#inFlight?.values().findLast((one) => one.key === key);
    request?.abort.now(new Fault('cancelled', 'The client cancelled the request.'));
  }

  /** Its client has other roots now. */
  rootsChanged(): void {
    for (const tell of this.caller.rootsChanged?.values() ?? []) tell();
  }

  /** Its client says nothing any more, and hears what is left. */
  silent(): void {
    this.questions.close(new Fault('interrupted', 'The client cannot answer any more.', { delivered: 'yes' }));
  }

  /** Not cancelled by the client: who still waits is answered. */
  end(): void {
    this.#end(new Fault('interrupted', 'The session has ended.', { delivered: 'unknown' }));
  }

  /** The same where its client has begun another: an answer would be taken for one to a request of that. */
  abandon(): void {
    this.#end(new Fault('cancelled', 'The session has ended.'));
  }

  #end(reason: Fault): void {
    this.ended.now(new Fault('cancelled', 'The session has ended.'));
    for (const { abort } of this.#inFlight?.values() ?? []) abort.now(reason);
    this.#questions?.close(reason);
    this.stream?.hangUp();
  }
}
