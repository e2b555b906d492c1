/**
 * A server of MCP 2026-07-28: stateless. Each request carries our envelope and the client's own capabilities; over HTTP the headers that
 * mirror it. What a client's answers to a question are is the two peers' business and passes as it came.
 */
import type { Call } from '../../core/call.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Profile, ResourceSubscription } from '../../core/ports/upstream.ts';
import { BoundedMap } from '../../kernel/bounded.ts';
import { Fault } from '../../kernel/fault.ts';
import { isObject, member, parseJson, type JsonObject } from '../../kernel/json.ts';
import { relayable, undeclared } from '../../protocol/capabilities.ts';
import { CODE } from '../../protocol/code.ts';
import { encodeHeader, mirroredValue } from '../../protocol/headers.ts';
import { REPLY, REQUEST, type Fields, type Message } from '../../protocol/jsonrpc.ts';
import { paramsFor } from '../../protocol/meta.ts';
import { VERSION, writeEnvelope } from '../../protocol/rev2026/envelope.ts';
import { resultType } from '../../protocol/rev2026/results.ts';
import type { HttpLink } from '../link/http.ts';
import type { Reply } from '../link/link.ts';
import type { StdioLink } from '../link/stdio.ts';
import type { Connection, ConnectionEvents } from './connection.ts';
import type { Environment } from './environment.ts';
import { Feed2026 } from './feed.ts';
import { Notes } from './notes.ts';
import { answered, errorOutcome, resultOutcome } from './replies.ts';

export interface Options2026 {
  readonly link: HttpLink | StdioLink;
  /** The server's answer to `server/discover`. */
  readonly discovered: unknown;
  readonly environment: Environment;
  readonly events: ConnectionEvents;
}

/** Members that mean something here and nothing to a client with a session, whatever it sends. */
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

  constructor(options: Options2026) {
    this.#options = options;
    const capabilities = member(options.discovered, 'capabilities');
    this.#capabilities = isObject(capabilities) ? capabilities : {};
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
    };
  }

  /** Notifications that belong to no request; on a pipe the feed's own come this way. */
  heard(message: Message): void {
    this.#feed.heard(message);
  }

  readonly serve = async (call: Call): Promise<Outcome> => {
    const notes = new Notes(call);
    const able = this.#able(call.able);
    try {
      const reply = await this.#options.link.request({
        method: call.method,
        headers: this.#headers(call),
        params: (id) =>
          paramsFor(call.payload.fields, {
            own: this.#envelope(call, { able, id }),
            edits: call.target?.edits ?? [],
            drop: call.caller.kind === 'session' ? OF_ANSWERS : [],
          }),
        abort: call.abort,
        heard: (message, id) => notes.hear(message, id),
        wantsLogs: call.logLevel !== 'off',
        owner: call.caller.key,
      });
      if (isOfAnotherRevision(reply)) this.#options.events.doubted();
      return this.#outcome(answered(reply), able);
    } finally {
      notes.close();
    }
  };

  subscribe(subscription: ResourceSubscription): Promise<() => void> {
    return this.#feed.watch(subscription);
  }

  close(): void {
    this.#feed.close();
  }

  #able(declared: string): string {
    const known = this.#relayable.peek(declared);
    if (known !== undefined) return known;
    const parsed = parseJson(declared);
    const able = JSON.stringify(relayable(isObject(parsed) ? parsed : {}));
    if (declared.length <= MAX_DECLARED_LENGTH) this.#relayable.set(declared, able);
    return able;
  }

  #envelope(call: Call, own: { readonly able: string; readonly id: number }): string {
    const { logLevel } = call;
    const offersLogs = member(this.#capabilities, 'logging') !== undefined;
    return writeEnvelope({
      clientInfo: this.#options.environment.clientInfo,
      capabilities: own.able,
      // Who asks is heard, also by servers that log without saying so; a client that never said what it wants was always sent what matters.
      logLevel: logLevel === 'off' ? undefined : logLevel !== 'unset' ? logLevel : offersLogs ? 'info' : undefined,
      progressToken: call.wantsProgress ? own.id : undefined,
    });
  }

  #headers(call: Call): string {
    const named = call.means.kind === 'single' && call.means.by !== 'ref' ? call.target?.name : undefined;
    const headers = headersFor(call.method, named);
    const mirrored = call.target?.mirrored ?? [];
    if (mirrored.length === 0) return headers;
    const args = call.payload.fields.parse(REQUEST.arguments);
    const lines = mirrored.map((argument) => {
      const value = mirroredValue(argument, args);
      return value === undefined ? '' : `Mcp-Param-${argument.label}: ${encodeHeader(value)}\r\n`;
    });
    return headers + lines.join('');
  }

  #outcome(fields: Fields, able: string): Outcome {
    if (fields.has(REPLY.error)) return this.#error(fields, able);
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
  #error(fields: Fields, able: string): Outcome {
    const code = Number(fields.raw(REPLY.errorCode)?.toString('latin1'));
    const { events } = this.#options;
    if (code === CODE.capabilityMissing) throw capabilityMissing(fields, able);
    if (code === CODE.headerMismatch) {
      events.changed('tools'); // its schemas have moved on since we read them
      throw new Fault('broken', 'The server has changed its tools. List them again.', {
        detail: 'header mismatch',
        delivered: 'no',
      });
    }
    if (code === CODE.unsupportedVersion) {
      throw this.#changedRevision();
    }
    return errorOutcome(fields);
  }
}

function capabilityMissing(fields: Fields, able: string): Fault {
  const required = member(member(fields.parse(REPLY.error), 'data'), 'requiredCapabilities');
  const declared = parseJson(able);
  const missing = undeclared(required, isObject(declared) ? declared : {});
  if (!missing)
    return new Fault('broken', 'The server refused the request of the gateway.', {
      detail: 'capability was declared',
      delivered: 'no',
    });
  const names = Object.keys(missing).join(', ');
  return new Fault('capability-missing', `This needs a client that supports ${names}.`, {
    data: { requiredCapabilities: missing },
  });
}

/** A refusal that no server of this revision would give to a well-formed request, but an older one does ("Versioning"). */
function isOfAnotherRevision({ status, message }: Reply): boolean {
  if (status < 400 || status > 499 || status === 401 || status === 403 || status === 429) return false;
  if (!message) return true;
  const code = Number(message.fields.raw(REPLY.errorCode)?.toString('latin1'));
  return code === CODE.invalidRequest || (code <= -32_000 && code > -32_020);
}

/** The headers that mirror a request's body (MCP 2026-07-28, "Streamable HTTP", request headers). */
export function headersFor(method: string, name: string | undefined): string {
  const named = name === undefined ? '' : `Mcp-Name: ${encodeHeader(name)}\r\n`;
  return `MCP-Protocol-Version: ${VERSION}\r\nMcp-Method: ${method}\r\n${named}`;
}
