/**
 * Judges a request of MCP 2026-07-28. The order is the revision's ladder of errors: the first rung that fails answers ("Streamable HTTP",
 * header validation; "Base protocol", `_meta`).
 */
import type { Endpoint } from '../../core/endpoint.ts';
import { Fault } from '../../kernel/fault.ts';
import { isObject } from '../../kernel/json.ts';
import { decodeHeader, mirrors } from '../../protocol/headers.ts';
import { REQUEST, type Message } from '../../protocol/jsonrpc.ts';
import { METHODS } from '../../protocol/methods.ts';
import { readEnvelope, VERSION, type Envelope } from '../../protocol/rev2026/envelope.ts';
import type { Exchange } from '../../wire/http1/serving.ts';

/** @throws Fault that answers the request. */
export function accept(exchange: Exchange, message: Message, endpoint: Endpoint): Envelope {
  // The older handshake under this revision's header: the two contradict each other.
  if (message.method === 'initialize' && !message.fields.has(REQUEST.version))
    throw mismatch('MCP-Protocol-Version', 'the body');
  const envelope = readEnvelope(message.fields);
  const version = single(exchange, 'mcp-protocol-version');
  const method = single(exchange, 'mcp-method');
  if (version !== undefined && version !== envelope.version) throw mismatch('MCP-Protocol-Version', 'params._meta');
  if (method !== undefined && method !== message.method) throw mismatch('Mcp-Method', 'method');
  if (envelope.version !== VERSION) throw unsupported(envelope.version);
  if (version === undefined) throw mismatch('MCP-Protocol-Version', 'params._meta', 'missing');
  if (method === undefined) throw mismatch('Mcp-Method', 'method', 'missing');
  judgeName(exchange, message);
  if (!METHODS.has(message.method)) throw new Fault('unknown-method', 'Method not found.');
  if (message.method === 'tools/call') judgeArguments(exchange, message, endpoint);
  judgeAnswers(message);
  return envelope;
}

/** The same where there are no headers and the envelope alone speaks ("stdio"). @throws Fault that answers the request. */
export function acceptBare(message: Message): Envelope {
  const envelope = readEnvelope(message.fields);
  if (envelope.version !== VERSION) throw unsupported(envelope.version);
  if (!METHODS.has(message.method)) throw new Fault('unknown-method', 'Method not found.');
  judgeAnswers(message);
  return envelope;
}

/** A notification carries no envelope and need not repeat itself in headers; what it does repeat must be true. @throws Fault */
export function acceptNotification(exchange: Exchange, message: Message): void {
  const method = single(exchange, 'mcp-method');
  if (method !== undefined && method !== message.method) throw mismatch('Mcp-Method', 'method');
}

function judgeName(exchange: Exchange, message: Message): void {
  const means = METHODS.get(message.method);
  if (means?.kind !== 'single' || means.by === 'ref') return;
  const where = means.by === 'name' ? 'params.name' : 'params.uri';
  const header = single(exchange, 'mcp-name');
  if (header === undefined) throw mismatch('Mcp-Name', where, 'missing');
  const said = decodeHeader(header);
  if (said === undefined || said !== message.fields.text(means.by === 'name' ? REQUEST.name : REQUEST.uri))
    throw mismatch('Mcp-Name', where);
}

function judgeArguments(exchange: Exchange, message: Message, endpoint: Endpoint): void {
  const mirrored = endpoint.tool(message.fields.text(REQUEST.name) ?? '')?.mirrored ?? [];
  if (mirrored.length === 0) return;
  const args = message.fields.parse(REQUEST.arguments);
  for (const argument of mirrored) {
    if (!mirrors(argument, single(exchange, argument.header), args))
      throw mismatch(`Mcp-Param-${argument.label}`, 'params.arguments');
  }
}

/** Answers to questions are results by key ("Multi round-trip requests"). */
function judgeAnswers({ fields }: Message): void {
  if (!fields.has(REQUEST.inputResponses)) return;
  const answers = fields.parse(REQUEST.inputResponses);
  if (isObject(answers) && Object.values(answers).every(isObject)) return;
  throw new Fault('unknown-name', 'params.inputResponses must be an object of objects.');
}

/** A header that may come once; twice is as bad as a wrong one. */
function single(exchange: Exchange, name: string): string | undefined {
  const value = exchange.header(name);
  if (value !== undefined && exchange.count(name) > 1) throw mismatch(name, 'the body');
  return value;
}

const unsupported = (requested: string): Fault =>
  new Fault('unsupported-revision', `Unsupported protocol version; this endpoint serves ${VERSION} statelessly.`, {
    data: { supported: [VERSION], requested },
  });

const mismatch = (header: string, body: string, how = 'wrong'): Fault =>
  new Fault(
    'header-mismatch',
    how === 'missing'
      ? `Missing header ${header}; it must repeat ${body}.`
      : `Header ${header} does not agree with ${body}.`,
  );
