/** Runs a request of MCP 2026-07-28 and writes its outcome: JSON, or an event stream once there is something to say before the answer. */
import type { Part } from '../../kernel/parts.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Round } from '../../core/question.ts';
import { Abort } from '../../kernel/abort.ts';
import { Fault, toFault } from '../../kernel/fault.ts';
import { member } from '../../kernel/json.ts';
import { CODE, errorMessage } from '../../protocol/code.ts';
import { REQUEST, type Fields, type Message } from '../../protocol/jsonrpc.ts';
import { relayedError, relayedNote, resultMessage } from '../../protocol/messages.ts';
import { notFound } from '../../protocol/not-found.ts';
import { readLogLevel, VERSION, type Envelope } from '../../protocol/rev2026/envelope.ts';
import { wireError } from '../../protocol/rev2026/errors.ts';
import { askingResult, typedResult } from '../../protocol/rev2026/results.ts';
import { begin, end } from '../calls.ts';
import type { Edge } from '../edge.ts';
import type { Answerer, WayBack } from '../origin.ts';

/** @throws Fault where the request asks for what does not exist. */
export function answer(edge: Edge, way: WayBack, request: Request): Promise<void> {
  return new Answering(edge, way, request).run();
}

export interface Request {
  readonly message: Message;
  readonly envelope: Envelope;
}

/** One object for all that a call needs while it runs: every one of them passes here. */
class Answering implements Answerer {
  readonly #edge: Edge;
  readonly #message: Message;
  readonly #envelope: Envelope;
  readonly #way: WayBack;
  readonly #abort = new Abort();

  constructor(edge: Edge, way: WayBack, { message, envelope }: Request) {
    this.#edge = edge;
    this.#message = message;
    this.#envelope = envelope;
    this.#way = way;
    way.answerer = this;
  }

  run(): Promise<void> {
    const { visit } = this.#way;
    const { fields } = this.#message;
    const begun = begin(this.#edge, {
      visit,
      message: this.#message,
      caller: visit.caller,
      able: this.#envelope.capabilities,
      logLevel: readLogLevel(fields),
      abort: this.#abort,
      round: roundOf(fields),
      emit: (note) =>
        this.#way.note(
          relayedNote(note.method, note.fields, { token: fields.raw(REQUEST.progressToken), message: true }),
        ),
    });
    return begun.outcome.then(
      (outcome) => {
        end(this.#edge, begun);
        this.#write(outcome);
      },
      (error: unknown) => {
        end(this.#edge, begun);
        this.#fail(error);
      },
    );
  }

  left(): void {
    this.#abort.now(new Fault('cancelled', 'The client went away.'));
  }

  #write(outcome: Outcome): void {
    const { id = 'null', method, fields } = this.#message;
    if (outcome.kind === 'error') writeError(this.#way, this.#message, outcome);
    else if (outcome.kind === 'accepted') this.#way.answer(200, resultMessage(id, [outcome.task.raw]));
    else this.#way.answer(200, resultMessage(id, resultOf(method, fields, outcome)));
  }

  #fail(error: unknown): void {
    const told = wireError(toFault(error));
    this.#way.answer(told.status, [errorMessage(this.#message.id ?? 'null', told)]);
  }
}

/** What a client brings that was asked something ("Multi round-trip requests"); its shape has been judged. */
function roundOf(fields: Fields): Round | undefined {
  if (!fields.has(REQUEST.requestState) && !fields.has(REQUEST.inputResponses)) return undefined;
  const [answers, state] = [fields.json(REQUEST.inputResponses), fields.json(REQUEST.requestState)];
  return { answers: answers === '' ? undefined : answers, state: state === '' ? undefined : state, held: undefined };
}

/** Codes that this revision does not know are told in its own. */
function writeError(
  way: WayBack,
  { id = 'null', fields }: Message,
  outcome: Extract<Outcome, { kind: 'error' }>,
): void {
  if (outcome.code === CODE.resourceNotFound) {
    const told = notFound(outcome.json, { code: CODE.invalidParams, uri: fields.text(REQUEST.uri) });
    way.answer(200, relayedError(id, told));
    return;
  }
  const status = outcome.code === CODE.methodNotFound ? 404 : 200;
  way.answer(status, relayedError(id, outcome.json));
}

function resultOf(
  method: string,
  asked: Fields,
  outcome: Extract<Outcome, { kind: 'result' | 'input-required' }>,
): Part[] {
  const { fields } = outcome.payload;
  if (outcome.kind === 'input-required') return askingResult(fields, outcome.state);
  if (method === 'server/discover') return [JSON.stringify(discovered(outcome.payload.parse()))];
  if (method !== 'resources/read') return typedResult(fields, 'unsaid');
  // What was given because of somebody's answers is good for that once.
  return typedResult(fields, roundOf(asked) ? 'refused' : 'said');
}

function discovered(profile: unknown): Record<string, unknown> {
  const instructions = member(profile, 'instructions');
  return {
    resultType: 'complete',
    supportedVersions: [VERSION],
    capabilities: member(profile, 'capabilities'),
    ...(instructions === undefined ? {} : { instructions }),
    ttlMs: member(profile, 'ttlMs'),
    cacheScope: member(profile, 'cacheScope'),
    _meta: { 'io.modelcontextprotocol/serverInfo': member(profile, 'serverInfo') },
  };
}
