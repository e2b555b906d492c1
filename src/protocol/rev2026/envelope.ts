/**
 * The envelope that every MCP 2026-07-28 request carries in `params._meta` (spec, "Base protocol", `_meta`): read from clients, written to
 * upstreams. Headers that mirror it belong to the transports.
 */
import { Fault } from '../../kernel/fault.ts';
import { REQUEST, type Fields } from '../jsonrpc.ts';
import { isLogLevel, type LogLevel } from '../methods.ts';

export const VERSION = '2026-07-28';

const KEY = 'io.modelcontextprotocol/';

export interface Envelope {
  readonly version: string;
  /** The declared capabilities as JSON text. */
  readonly capabilities: string;
}

/** Judges the envelope's shape; what it names is judged later, against headers and what is served. @throws Fault `invalid`. */
export function readEnvelope(fields: Fields): Envelope {
  const version = fields.is(REQUEST.version, VERSION) ? VERSION : fields.text(REQUEST.version);
  if (version === undefined) throw missing(fields, 'protocolVersion', 'a string');
  if (!fields.isObject(REQUEST.capabilities)) throw missing(fields, 'clientCapabilities', 'an object');
  if (fields.has(REQUEST.clientInfo) && !fields.isObject(REQUEST.clientInfo))
    throw missing(fields, 'clientInfo', 'an object');
  return { version, capabilities: capabilitiesOf(fields) };
}

/** Most clients can answer nothing. */
function capabilitiesOf(fields: Fields): string {
  const isEmpty = fields.end(REQUEST.capabilities) - fields.start(REQUEST.capabilities) === 2;
  return isEmpty ? '{}' : fields.json(REQUEST.capabilities);
}

/** The level a request asks for; `off` where it asks for none. @throws Fault `unknown-name` for a level that does not exist. */
export function readLogLevel(fields: Fields): LogLevel | 'off' {
  if (!fields.has(REQUEST.logLevel)) return 'off';
  const level = fields.text(REQUEST.logLevel);
  if (isLogLevel(level)) return level;
  throw new Fault('unknown-name', `Unknown log level in _meta["${KEY}logLevel"].`);
}

function missing(fields: Fields, key: string, what: string): Fault {
  const where = `params._meta["${KEY}${key}"]`;
  const present = fields.has(
    key === 'protocolVersion' ? REQUEST.version : key === 'clientInfo' ? REQUEST.clientInfo : REQUEST.capabilities,
  );
  return new Fault('invalid', present ? `${where} must be ${what}.` : `Missing ${where}; it must be ${what}.`);
}

export interface OwnEnvelope {
  /** JSON text. */
  readonly clientInfo: string;
  /** JSON text. */
  readonly capabilities: string;
  readonly logLevel?: LogLevel | undefined;
  readonly progressToken?: number | undefined;
}

/** The `_meta` that this hop writes, as JSON. */
export function writeEnvelope(own: OwnEnvelope): string {
  const level = own.logLevel === undefined ? '' : `,"${KEY}logLevel":"${own.logLevel}"`;
  const token = own.progressToken === undefined ? '' : `,"progressToken":${own.progressToken}`;
  return `{"${KEY}protocolVersion":"${VERSION}","${KEY}clientInfo":${own.clientInfo},"${KEY}clientCapabilities":${own.capabilities}${level}${token}}`;
}
