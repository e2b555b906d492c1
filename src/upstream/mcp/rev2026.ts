/**
 * A server of MCP 2026-07-28: stateless. Each request carries our envelope and the client's own capabilities; over HTTP the headers that
 * mirror it. What a client's answers to a question are is the two peers' business and passes as it came.
 */
import type { Call } from '../../core/call.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Profile, ResourceSubscription } from '../../core/ports/upstream.ts';
import { afterwards } from '../../kernel/afterwards.ts';
import { BoundedMap } from '../../kernel/bounded.ts';
import { Fault } from '../../kernel/fault.ts';
import { isObject, member, parseJson, type JsonObject } from '../../kernel/json.ts';
import { answerable, relayable, undeclared } from '../../protocol/capabilities.ts';
import { CODE } from '../../protocol/code.ts';
import { REPLY, REQUEST, type Fields, type Message } from '../../protocol/jsonrpc.ts';
import type { LogLevel } from '../../protocol/methods.ts';
import { paramsFor } from '../../protocol/meta.ts';
import { saysNotFound } from '../../protocol/not-found.ts';
import { VERSION, writeEnvelope, type OwnEnvelope } from '../../protocol/rev2026/envelope.ts';
import { resultType } from '../../protocol/rev2026/results.ts';
import type { HttpLink } from '../link/http.ts';
import type { Part } from '../../kernel/parts.ts';
import type { Abort } from '../../kernel/abort.ts';
import type { Ask, Reply } from '../link/link.ts';
import type { StdioLink } from '../link/stdio.ts';
import type { Connection, ConnectionEvents } from './connection.ts';
import type { Environment } from './environment.ts';
import { Feed2026 } from './feed.ts';
import { Notes } from './notes.ts';
import { answered, errorOutcome, resultOutcome } from './replies.ts';
import { headersFor, RequestHeaders } from './request-headers.ts';

export interface Options2026 {
  readonly link: HttpLink | StdioLink;
  /** The server's answer to `server/discover`. */
  readonly discovered: unknown;
  readonly environment: Environment;
  readonly events: ConnectionEvents;
}

/** Members that are written anew, from what the client brings. */
const OF_ANSWERS = [REQUEST.requestState, REQUEST.inputResponses];

/** Distinct sets of client capabilities whose relayable part is remembered. */
const MAX_DECLARED = 256;
/** Longer ones are worked out each time: a client writes them. Characters. */
const MAX_DECLARED_LENGTH = 4096;

export class Connection2026 implements Connection {
  readonly revision = VERSION;
  readonly #options: Options2026;
  readonly #capabilities: JsonObject;
  readonly #feed: Feed2026;
  readonly #relayable = new BoundedMap<string, string>(MAX_DECLARED);
  /** By what the client declared: the whole envelope of a request without a progress token. */
  readonly #envelopes = new BoundedMap<string, string>(MAX_DECLARED);
  readonly #headers: RequestHeaders;

  constructor(options: Options2026) {
    this.#options = options;
    const capabilities = member(options.discovered, 'capabilities');
    this.#capabilities = isObject(capabilities) ? capabilities : {};
    const { link, environment, events } = options;
    this.#headers = new RequestHeaders({
      link,
      time: environment.time,
      clientInfo: environment.clientInfo,
      moved: () => events.changed('tools'),
    });
    this.#feed = new Feed2026({
      ...options,
      capabilities: this.#capabilities,
      headers: headersFor('subscriptions/listen', undefined),
    });
  }

  profile(): Profile {
    const { discovered } = this.#options;
    const info =
      member(member(discovered, '_meta'), 'io.modelcontextprotocol/serverInfo') ?? member(discovered, 'serverInfo');
    const instructions = member(discovered, 'instructions');
    return {
      capabilities: this.#capabilities,
      serverInfo: isObject(info) ? info : {},
      instructions: typeof instructions === 'string' ? instructions : undefined,
      live: this.#feed.live,
      listsVary: false,
      // A pipe has no headers.
      mirrors: 'events' in this.#options.link,
    };
  }

  /** Notifications that belong to no request; on a pipe the feed's own come this way. */
  heard(message: Message): void {
    this.#feed.heard(message);
  }

  readonly serve = (call: Call): Promise<Outcome> => {
    const asking = new Asking(call, this.#headers.of(call), this.#envelopeFor(call));
    // A pair of callbacks: an async function with `finally` costs several times the memory, and every call passes here.
    return this.#options.link.request(asking).then(
      (reply) => {
        asking.notes.close();
        if (isOfAnotherRevision(reply)) this.#options.events.doubted();
        const fields = answered(reply);
        return isOfOtherHeaders(fields) && call.method === 'tools/call'
          ? this.#mended(call)
          : this.#outcome(fields, call);
      },
      (error: unknown) => {
        asking.notes.close();
        throw error;
      },
    );
  };

  subscribe(subscription: ResourceSubscription): Promise<() => void> {
    return this.#feed.watch(subscription);
  }

  close(): void {
    this.#feed.close();
  }

  /** What a client declared, cut to what may be told here. */
  #able(declared: string): string {
    const known = this.#relayable.peek(declared);
    if (known !== undefined) return known;
    const parsed = parseJson(declared);
    const able = JSON.stringify(relayable(isObject(parsed) ? parsed : {}));
    if (declared.length <= MAX_DECLARED_LENGTH) this.#relayable.set(declared, able);
    return able;
  }

  /** Nearly all requests of a client carry the same; with a progress token it is written when the id is known. */
  #envelopeFor(call: Call): OwnEnvelope | string {
    const logLevel = this.#logLevel(call);
    const isPlain = logLevel === undefined && !call.wantsProgress;
    const known = isPlain ? this.#envelopes.peek(call.able) : undefined;
    if (known !== undefined) return known;
    const own = { clientInfo: this.#options.environment.clientInfo, capabilities: this.#able(call.able), logLevel };
    if (!isPlain) return own;
    const text = writeEnvelope(own);
    if (call.able.length <= MAX_DECLARED_LENGTH) this.#envelopes.set(call.able, text);
    return text;
  }

  /** Who asks is heard, also by servers that log without saying so; a client that never said what it wants was always sent what matters. */
  #logLevel({ logLevel }: Call): LogLevel | undefined {
    if (logLevel === 'off') return undefined;
    if (logLevel !== 'unset') return logLevel;
    return member(this.#capabilities, 'logging') === undefined ? undefined : 'info';
  }

  /** Refused for its headers, the call was not made: it is made once more, with those that the server's schema of now asks for. */
  async #mended(call: Call): Promise<Outcome> {
    const asking = new Asking(call, await this.#headers.renewed(call), this.#envelopeFor(call));
    return afterwards(
      this.#options.link.request(asking).then((reply) => this.#outcome(answered(reply), call)),
      () => asking.notes.close(),
    );
  }

  #outcome(fields: Fields, call: Call): Outcome {
    if (fields.has(REPLY.error)) return this.#error(fields, call);
    if (!fields.isObject(REPLY.result))
      throw new Fault('broken', 'The server gave an answer that is not valid.', {
        detail: 'result is no object',
        delivered: 'yes',
      });
    const outcome = resultOutcome(fields);
    return resultType(fields) === 'complete' || outcome.kind !== 'result'
      ? outcome
      : { kind: 'input-required', payload: outcome.payload };
  }

  /** It is asked anew what it speaks, and the call, which it did not understand, was not made. */
  #changedRevision(): Fault {
    this.#options.events.lost('no longer speaks the protocol revision that it did');
    return new Fault('unavailable', 'The server no longer speaks the protocol revision that it did.', {
      retryAfterMs: 1000,
    });
  }

  /** Errors that speak about this hop are ours to deal with. */
  #error(fields: Fields, call: Call): Outcome {
    const code = Number(fields.raw(REPLY.errorCode)?.toString('latin1'));
    if (code === CODE.capabilityMissing) throw capabilityMissing(fields, call.able);
    if (code === CODE.headerMismatch)
      throw new Fault('broken', 'The server refused the headers of the gateway.', { detail: 'header mismatch' });
    if (code === CODE.unsupportedVersion) throw this.#changedRevision();
    const outcome = errorOutcome(fields);
    const isNotFound = call.method === 'resources/read' && code === CODE.invalidParams && outcome.kind === 'error';
    // Edges tell it as their revisions do.
    return isNotFound && saysNotFound(outcome.json) ? { ...outcome, code: CODE.resourceNotFound } : outcome;
  }
}

/** One request while it is asked: its params for the id that the link gives it, and what is heard on the way. */
class Asking implements Ask {
  readonly headers: string;
  readonly notes: Notes;
  readonly #call: Call;
  readonly #envelope: OwnEnvelope | string;

  constructor(call: Call, headers: string, envelope: OwnEnvelope | string) {
    this.headers = headers;
    this.notes = new Notes(call);
    this.#call = call;
    this.#envelope = envelope;
  }

  get method(): string {
    return this.#call.method;
  }

  get abort(): Abort {
    return this.#call.abort;
  }

  /** Only about a request that asked for it, and nothing follows an answer ("Logging"). */
  get logs(): Ask['logs'] {
    const envelope = this.#envelope;
    return typeof envelope === 'string' || envelope.logLevel === undefined ? undefined : 'until-answered';
  }

  get owner(): string {
    return this.#call.caller.key;
  }

  params(id: number): readonly Part[] {
    const call = this.#call;
    const envelope = this.#envelope;
    const progressToken = call.wantsProgress ? id : undefined;
    const own = typeof envelope === 'string' ? envelope : writeEnvelope({ ...envelope, progressToken });
    const edits = call.target?.edits ?? NONE;
    return paramsFor(call.payload.fields, { own, edits, drop: OF_ANSWERS, add: broughtBy(call) });
  }

  heard(message: Message, id: number): void {
    this.notes.hear(message, id);
  }
}

const NONE: readonly never[] = [];

/** Answers and state as they came, as members of params. */
function broughtBy({ round }: Call): string {
  if (!round) return '';
  const answers = round.answers === undefined ? '' : `"inputResponses":${round.answers}`;
  const state = round.state === undefined ? '' : `"requestState":${round.state}`;
  return answers === '' || state === '' ? answers + state : `${answers},${state}`;
}

/** What a server lacks is told to a client only where it is the client that lacks it. */
function capabilityMissing(fields: Fields, able: string): Fault {
  const required = member(member(fields.parse(REPLY.error), 'data'), 'requiredCapabilities');
  const parsed = parseJson(able);
  const declared = isObject(parsed) ? parsed : {};
  const missing = undeclared(required, answerable(declared));
  if (!missing)
    return new Fault('broken', 'The server refused the request of the gateway.', { detail: 'capability was declared' });
  const names = Object.keys(missing).join(', ').slice(0, MAX_NAMES);
  if (!undeclared(missing, declared))
    return new Fault('interaction-unsupported', `The server needs ${names}, which this gateway does not carry.`);
  return new Fault('capability-missing', `This needs a client that supports ${names}.`, {
    data: { requiredCapabilities: missing },
  });
}

/** Of what a server says it needs. Characters. */
const MAX_NAMES = 200;

/** A refusal that no server of this revision would give to a well-formed request, but an older one does ("Versioning"). */
function isOfAnotherRevision({ status, message }: Reply): boolean {
  if (status < 400 || status > 499 || status === 401 || status === 403 || status === 429) return false;
  if (!message) return true;
  const code = Number(message.fields.raw(REPLY.errorCode)?.toString('latin1'));
  return code === CODE.invalidRequest || (code <= -32_000 && code > -32_020);
}

const isOfOtherHeaders = (fields: Fields): boolean =>
  fields.has(REPLY.error) && fields.json(REPLY.errorCode) === String(CODE.headerMismatch);
