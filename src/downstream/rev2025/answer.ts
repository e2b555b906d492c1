/** Runs one request of a session and writes its outcome as the 2025 revisions shape it. */
import type { Part } from '../../kernel/parts.ts';
import type { Call, Note } from '../../core/call.ts';
import type { Caller } from '../../core/caller.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Ask, Round } from '../../core/question.ts';
import { Abort } from '../../kernel/abort.ts';
import { Fault, toFault } from '../../kernel/fault.ts';
import { member } from '../../kernel/json.ts';
import type { Place } from '../../kernel/roll.ts';
import { CODE, errorMessage } from '../../protocol/code.ts';
import { idKey, REQUEST, type Fields, type Message } from '../../protocol/jsonrpc.ts';
import { differences } from '../../protocol/rev2025/differences.ts';
import { relayedError, relayedNote, resultMessage } from '../../protocol/messages.ts';
import { notFound } from '../../protocol/not-found.ts';
import { isLogLevel } from '../../protocol/methods.ts';
import { wireError } from '../../protocol/rev2025/errors.ts';
import { plainResult, plainTools } from '../../protocol/rev2025/results.ts';
import { isTold, toldResult } from '../../protocol/told.ts';
import { begin, end, type Asked } from '../calls.ts';
import type { Edge } from '../edge.ts';
import type { Origin } from '../origin.ts';
import { NOTHING } from './able.ts';
import { listening } from './changes.ts';
import { ask } from './questions.ts';
import { nextRound, type InputRequired } from './rounds.ts';
import type { InFlight, Session } from './session.ts';

/** Who asks, in which session, and where what comes of it goes. */
export interface Asker {
  readonly visit: Origin;
  readonly session: Session;
  /** Something that comes before the answer. */
  note(message: readonly Part[]): void;
  /** A request of ours that belongs to this one, or that it is not waited for any more. `false`: the client cannot hear it. */
  ask(message: readonly Part[]): boolean;
  /** Once. `undefined` for a request that was cancelled: it gets no answer. */
  answer(status: number, message: Part[] | undefined): void;
}

/** Whatever happens is the answer. */
export function answer(edge: Edge, asker: Asker, message: Message): Promise<void> {
  return new Asking(edge, asker, message).run();
}

/** One object for all that a request needs while it runs: every one of them passes here. */
class Asking implements Asked, InFlight {
  readonly message: Message;
  readonly key: string;
  readonly abort = new Abort();
  /** Absent where the client said that it can answer nothing: most can not, and what every call has costs. */
  readonly ask: Ask | undefined;
  /** What the client was asked, and answered. */
  round: Round | undefined;
  readonly #edge: Edge;
  readonly #asker: Asker;
  #place: Place<InFlight> | undefined;
  #rounds = 0;
  /** Where a further round comes from. */
  #origin: Origin | undefined;
  /** What its answers take of the budget. */
  #charged = 0;

  constructor(edge: Edge, asker: Asker, message: Message) {
    this.#edge = edge;
    this.#asker = asker;
    this.message = message;
    this.key = idKey(message.id ?? 'null');
    this.ask = asker.session.able === NOTHING ? undefined : askFor(edge, asker);
  }

  get visit(): Origin {
    return this.#origin ?? this.#asker.visit;
  }

  get caller(): Caller {
    return this.#asker.session.caller;
  }

  get able(): string {
    return this.#asker.session.able;
  }

  get logLevel(): Call['logLevel'] {
    return this.#asker.session.level ?? 'unset';
  }

  readonly emit = (note: Note): void => {
    const token = this.message.fields.raw(REQUEST.progressToken);
    const { progressMessage } = differences(this.#asker.session.revision);
    this.#asker.note(relayedNote(note.method, note.fields, { token, message: progressMessage }));
  };

  run(): Promise<void> {
    const { method } = this.message;
    this.#place = this.#asker.session.begun(this);
    try {
      // Methods that are a session's own are few; all others go straight to the engine.
      return method === 'ping' || FEATURES.has(method) ? this.#own() : this.#ask();
    } catch (error) {
      this.#fail(error);
      return Promise.resolve();
    }
  }

  #ask(): Promise<void> {
    const { method } = this.message;
    // These exist only where a request carries its own envelope.
    if (method === 'server/discover' || method === 'subscriptions/listen')
      throw new Fault('unknown-method', 'Method not found.');
    const begun = begin(this.#edge, this);
    return begun.outcome.then(
      (outcome) => {
        end(this.#edge, begun);
        if (this.#charged > 0) this.#bring(undefined);
        if (outcome.kind === 'input-required') return this.#again(outcome);
        this.#settle(outcome);
        return undefined;
      },
      (error: unknown) => {
        end(this.#edge, begun);
        this.#fail(error);
      },
    );
  }

  /** Neither the slot of a call nor a Snapshot is held while the client thinks. */
  #again(outcome: InputRequired): Promise<void> {
    this.#rounds += 1;
    const { time, buffered } = this.#edge;
    const asks = this.ask ?? askFor(this.#edge, this.#asker);
    return nextRound(outcome, { round: this.#rounds, ask: asks, abort: this.abort, time, buffered })
      .then((round) => {
        this.#bring(round);
        this.#origin = originNow(this.#edge, this.visit);
        return this.#ask();
      })
      .catch((error: unknown) => this.#fail(error));
  }

  /** What the client has answered is held until the server has made of it what it will. @throws Fault where there is no room. */
  #bring(round: Round | undefined): void {
    const { buffered } = this.#edge;
    buffered.give(this.#charged);
    this.#charged = 0;
    const bytes = round?.answers?.length ?? 0;
    if (!buffered.take(bytes)) throw new Fault('overloaded', 'Too much is held for clients and servers.', BEGUN);
    this.#charged = bytes;
    this.round = round;
  }

  #own(): Promise<void> {
    return ownMethod(this.#edge, this.#asker, this.message).then(
      (own) => this.#answer(200, resultMessage(this.message.id ?? 'null', [own])),
      (error: unknown) => this.#fail(error),
    );
  }

  #settle(outcome: Exclude<Outcome, InputRequired>): void {
    let message: Part[];
    try {
      message = shaped(this.#asker, this.message, outcome);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#answer(200, message);
  }

  #fail(error: unknown): void {
    if (this.#charged > 0) this.#bring(undefined);
    const { status, message } = failed(this.message, toFault(error), this.#rounds > 0);
    this.#answer(status, message);
  }

  #answer(status: number, message: Part[] | undefined): void {
    if (this.#place) this.#asker.session.done(this.#place);
    this.#asker.answer(status, message);
  }
}

/** While the client thought, the configuration may have changed. @throws Fault */
function originNow({ snapshots }: Edge, { exchange, endpoint, caller, clientRequestId }: Origin): Origin {
  const now = snapshots.current.endpoints.get(endpoint.address);
  if (now) return { exchange, endpoint: now, caller, clientRequestId };
  throw new Fault('unavailable', 'What the call was made to is not there any more.', { delivered: 'yes' });
}

/** Not written straight into the object: see `Answerer`. */
const askFor = (edge: Edge, asker: Asker): Ask => {
  const asks: Ask = (question, abort) => ask(edge, asker, { question, abort });
  return asks;
};

const EMPTY = '{}';
const BEGUN = { delivered: 'yes' } as const;

/** What a server must declare for a session to have these methods. */
const FEATURES: ReadonlyMap<string, string> = new Map([
  ['logging/setLevel', 'logging'],
  ['resources/subscribe', 'resources'],
  ['resources/unsubscribe', 'resources'],
]);

/** Methods that are answered here: they concern the session, not a server. */
async function ownMethod(edge: Edge, { session, visit }: Asker, message: Message): Promise<Part> {
  const { method, fields } = message;
  if (method === 'ping') return EMPTY;
  const feature = FEATURES.get(method);
  if (feature === undefined || !(await visit.endpoint.offers(feature)))
    throw new Fault('unknown-method', 'Method not found.');
  if (method === 'logging/setLevel') {
    const level = member(fields.parse(REQUEST.params), 'level');
    if (!isLogLevel(level)) throw new Fault('invalid', 'params.level must be a log level of RFC 5424.');
    session.level = level;
    return EMPTY;
  }
  const uri = fields.text(REQUEST.uri);
  if (uri === undefined) throw new Fault('invalid', 'params.uri must be a string.');
  await subscribe(edge, session, { uri, wanted: method === 'resources/subscribe' });
  return EMPTY;
}

async function subscribe(
  edge: Edge,
  session: Session,
  to: { readonly uri: string; readonly wanted: boolean },
): Promise<void> {
  if (to.wanted) session.uris.add(to.uri);
  else session.uris.delete(to.uri);
  const honoured = await watched(edge, session).catch((error: unknown) => {
    // What was refused is not remembered, or it would count for ever.
    if (to.wanted) session.uris.delete(to.uri);
    throw error;
  });
  if (!to.wanted || honoured.includes(to.uri)) return;
  session.uris.delete(to.uri);
  throw new Fault('unknown-resource', `Resource not found, or it cannot be watched: ${to.uri.slice(0, 200)}`, {
    data: { uri: to.uri },
  });
}

/** Those of the resources wanted that are watched from now on. */
async function watched(edge: Edge, session: Session): Promise<readonly string[]> {
  const stream = await listening(edge, session);
  return stream.want([...session.uris]);
}

function shaped(to: Asker, message: Message, outcome: Exclude<Outcome, InputRequired>): Part[] {
  const id = message.id ?? 'null';
  switch (outcome.kind) {
    case 'error':
      return relayedError(id, told(message, outcome));
    case 'accepted':
      return resultMessage(id, [outcome.task.raw]);
    case 'result':
      return resultMessage(id, plain(to, message, outcome.payload.fields));
  }
}

/** A resource that does not exist is told by the URI that was asked for. */
function told({ fields }: Message, { code, json }: Extract<Outcome, { kind: 'error' }>): Buffer {
  return code === CODE.resourceNotFound ? notFound(json, { code, uri: fields.text(REQUEST.uri) }) : json;
}

function plain({ visit, session }: Asker, message: Message, fields: Fields): Part[] {
  if (message.method === 'tools/list') return plainTools(fields);
  const tool =
    message.method === 'tools/call' ? visit.endpoint.tool(message.fields.text(REQUEST.name) ?? '') : undefined;
  return plainResult(fields, { wraps: tool?.isFreeOutput === true, known: differences(session.revision) });
}

interface Answer {
  readonly status: number;
  readonly message: Part[] | undefined;
}

/** What a model should know is a result; the rest is an error. */
function failed({ id = 'null', method }: Message, fault: Fault, hasBegun: boolean): Answer {
  if (fault.kind === 'cancelled') return { status: 200, message: undefined };
  const needs = fault.kind === 'capability-missing' || fault.kind === 'interaction-unsupported';
  const told = needs ? new Fault('interaction-unsupported', fault.message, { delivered: fault.delivered }) : fault;
  if (method === 'tools/call' && (needs || (hasBegun && isTold(told))))
    return { status: 200, message: resultMessage(id, [toldResult(told, hasBegun)]) };
  const error = wireError(told);
  return { status: error.status, message: [errorMessage(id, error)] };
}
