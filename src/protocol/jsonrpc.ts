/**
 * JSON-RPC 2.0 messages as MCP uses them, read by one scan: what kind a message is, and where the members stand that a gateway itself
 * must know. Everything else in a message is the two peers' business.
 */
import { parseJson } from '../kernel/json.ts';
import { keyBefore, scan, type Scan } from '../kernel/scan.ts';
import { compileShape, type Shape } from '../kernel/shape.ts';
import { Slice } from '../kernel/parts.ts';
import { isText, Words } from '../kernel/words.ts';
import { METHODS } from './methods.ts';

/** What a client sends. Keys of the envelope and of `params` are strict in case: what one decoder would take for `name`, another must not miss. */
const INCOMING = compileShape(
  {
    jsonrpc: null,
    id: null,
    method: null,
    params: {
      name: null,
      uri: null,
      _meta: {
        'io.modelcontextprotocol/protocolVersion': null,
        'io.modelcontextprotocol/clientCapabilities': null,
        'io.modelcontextprotocol/clientInfo': null,
        'io.modelcontextprotocol/logLevel': null,
        progressToken: null,
      },
      arguments: null,
      cursor: null,
      requestState: null,
      inputResponses: null,
    },
    result: null,
    error: null,
  },
  ['', 'params'],
);

/** What an upstream sends. */
const ANSWER = compileShape(
  {
    jsonrpc: null,
    id: null,
    method: null,
    params: { progressToken: null, progress: null, message: null, level: null, uri: null },
    result: {
      resultType: null,
      isError: null,
      structuredContent: null,
      content: null,
      requestState: null,
      ttlMs: null,
      cacheScope: null,
    },
    error: { code: null },
  },
  [''],
);

const slotOf = (shape: Shape, path: string): number => {
  const slot = shape.slots.get(path);
  if (slot === undefined) throw new Error(`no slot ${path}`);
  return slot;
};
const META = 'params._meta.io.modelcontextprotocol/';

/** Slots of a client's message. */
export const REQUEST = {
  jsonrpc: slotOf(INCOMING, 'jsonrpc'),
  id: slotOf(INCOMING, 'id'),
  method: slotOf(INCOMING, 'method'),
  params: slotOf(INCOMING, 'params'),
  name: slotOf(INCOMING, 'params.name'),
  uri: slotOf(INCOMING, 'params.uri'),
  meta: slotOf(INCOMING, 'params._meta'),
  version: slotOf(INCOMING, `${META}protocolVersion`),
  capabilities: slotOf(INCOMING, `${META}clientCapabilities`),
  clientInfo: slotOf(INCOMING, `${META}clientInfo`),
  logLevel: slotOf(INCOMING, `${META}logLevel`),
  progressToken: slotOf(INCOMING, 'params._meta.progressToken'),
  arguments: slotOf(INCOMING, 'params.arguments'),
  cursor: slotOf(INCOMING, 'params.cursor'),
  requestState: slotOf(INCOMING, 'params.requestState'),
  inputResponses: slotOf(INCOMING, 'params.inputResponses'),
  result: slotOf(INCOMING, 'result'),
  error: slotOf(INCOMING, 'error'),
} as const;

/** Slots of an upstream's message. */
export const REPLY = {
  jsonrpc: slotOf(ANSWER, 'jsonrpc'),
  id: slotOf(ANSWER, 'id'),
  method: slotOf(ANSWER, 'method'),
  params: slotOf(ANSWER, 'params'),
  progressToken: slotOf(ANSWER, 'params.progressToken'),
  progress: slotOf(ANSWER, 'params.progress'),
  message: slotOf(ANSWER, 'params.message'),
  level: slotOf(ANSWER, 'params.level'),
  uri: slotOf(ANSWER, 'params.uri'),
  result: slotOf(ANSWER, 'result'),
  resultType: slotOf(ANSWER, 'result.resultType'),
  isError: slotOf(ANSWER, 'result.isError'),
  structured: slotOf(ANSWER, 'result.structuredContent'),
  content: slotOf(ANSWER, 'result.content'),
  requestState: slotOf(ANSWER, 'result.requestState'),
  ttlMs: slotOf(ANSWER, 'result.ttlMs'),
  cacheScope: slotOf(ANSWER, 'result.cacheScope'),
  error: slotOf(ANSWER, 'error'),
  errorCode: slotOf(ANSWER, 'error.code'),
} as const;

/** Members of one scanned text, read on demand. */
export class Fields {
  readonly scan: Scan;
  /** The text that was asked for last: names are asked for more than once. */
  #lastSlot = -1;
  #lastText: string | undefined;

  constructor(scanned: Scan) {
    this.scan = scanned;
  }

  has(slot: number): boolean {
    return this.scan.spans[slot * 2 + 1] !== 0;
  }

  /** Where the key's quote is. */
  keyStart(slot: number): number {
    return keyBefore(this.scan.bytes, this.start(slot));
  }

  start(slot: number): number {
    return this.scan.spans[slot * 2] ?? 0;
  }

  end(slot: number): number {
    return this.scan.spans[slot * 2 + 1] ?? 0;
  }

  /** First byte of the value, 0 where absent: `{`, `[`, `"` and so on. */
  first(slot: number): number {
    return this.has(slot) ? (this.scan.bytes[this.start(slot)] ?? 0) : 0;
  }

  /** The value as it stands; a view. */
  raw(slot: number): Buffer | undefined {
    return this.has(slot) ? this.scan.bytes.subarray(this.start(slot), this.end(slot)) : undefined;
  }

  /** The same to be sent on. */
  slice(slot: number): Slice {
    return new Slice(this.scan.bytes, this.start(slot), this.end(slot));
  }

  /** The value's JSON as text; empty where absent. */
  json(slot: number): string {
    return this.has(slot) ? this.scan.bytes.toString('utf8', this.start(slot), this.end(slot)) : '';
  }

  /** Whether the value is the string `text`, written without escapes; `text` is plain ASCII. */
  is(slot: number, text: string): boolean {
    const start = this.start(slot);
    const isThatLong = this.end(slot) - start === text.length + 2;
    return isThatLong && this.scan.bytes[start] === QUOTE && isText(this.scan.bytes, start + 1, text);
  }

  /** The value if it is a string, decoded. */
  text(slot: number): string | undefined {
    if (this.#lastSlot !== slot) {
      this.#lastText = this.#text(slot);
      this.#lastSlot = slot;
    }
    return this.#lastText;
  }

  #text(slot: number): string | undefined {
    if (this.first(slot) !== QUOTE) return undefined;
    const from = this.start(slot) + 1;
    const to = this.end(slot) - 1;
    const { bytes } = this.scan;
    for (let at = from; bytes[at] !== BACKSLASH; at += 1) {
      if (at >= to) return NAMES.find(bytes, from, to) ?? bytes.toString('utf8', from, to);
    }
    const decoded = parseJson(bytes.subarray(from - 1, to + 1));
    return typeof decoded === 'string' ? decoded : undefined;
  }

  parse(slot: number): unknown {
    const raw = this.raw(slot);
    return raw && parseJson(raw);
  }

  isObject(slot: number): boolean {
    return this.first(slot) === OPEN_BRACE;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;

/** Strings that most messages hold. */
const NAMES = new Words([
  ...METHODS.keys(),
  'initialize',
  'ping',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'notifications/message',
  'complete',
]);

export type Form = 'request' | 'notification' | 'response' | 'batch' | 'none';

export interface Message {
  readonly form: Form;
  readonly fields: Fields;
  /** The id's JSON text, where there is one that JSON-RPC allows; it is echoed byte for byte. */
  readonly id: string | undefined;
  readonly method: string;
  readonly problem: Scan['problem'];
}

/** @param how the strict scan, or one that gives the same: of requests always, of replies where they are valid. */
export const readIncoming = (bytes: Uint8Array, maxDepth: number, how: typeof scan = scan): Message =>
  read(how(bytes, INCOMING, maxDepth), REQUEST);
export const readReply = (bytes: Uint8Array, maxDepth: number, how: typeof scan = scan): Message =>
  read(how(bytes, ANSWER, maxDepth), REPLY);

type EnvelopeSlots = Readonly<Record<'jsonrpc' | 'id' | 'method' | 'params' | 'result' | 'error', number>>;

function read(scanned: Scan, slots: EnvelopeSlots): Message {
  const fields = new Fields(scanned);
  const method = fields.text(slots.method);
  const id = idText(fields, slots.id);
  const known = scanned.kind === 'array' ? 'batch' : undefined;
  const form = known ?? formOf(fields, slots, method !== undefined, id !== undefined);
  return { form, fields, id, method: method ?? '', problem: scanned.problem };
}

// Four parameters: the two answers are known already, and an object to carry them would be made for every message.
function formOf(fields: Fields, slots: EnvelopeSlots, hasMethod: boolean, hasId: boolean): Form {
  if (fields.scan.kind !== 'object' || !fields.is(slots.jsonrpc, '2.0')) return 'none';
  const answers = fields.has(slots.result) !== fields.has(slots.error);
  if (fields.has(slots.method)) {
    if (!hasMethod || fields.has(slots.result) || fields.has(slots.error)) return 'none';
    if (fields.has(slots.params) && !fields.isObject(slots.params)) return 'none';
    if (!fields.has(slots.id)) return 'notification';
    return hasId ? 'request' : 'none';
  }
  // An error without an id (or with null) is how a peer answers what it could not read.
  return answers && (hasId || fields.has(slots.error)) ? 'response' : 'none';
}

/** Ids are strings or integers (MCP, "Requests"); longer ones than this are refused so that they can be kept. */
const MAX_ID_BYTES = 1024;

function idText(fields: Fields, slot: number): string | undefined {
  const start = fields.start(slot);
  const end = fields.end(slot);
  if (end === 0 || end - start > MAX_ID_BYTES) return undefined;
  const { bytes } = fields.scan;
  return bytes[start] === QUOTE || isInteger(bytes, start, end) ? bytes.toString('utf8', start, end) : undefined;
}

function isInteger(bytes: Buffer, start: number, end: number): boolean {
  let at = bytes[start] === 0x2d ? start + 1 : start;
  for (; at < end; at += 1) {
    const c = bytes[at] ?? 0;
    if (c < 0x30 || c > 0x39) return false;
  }
  return end > start;
}

/** The same text for the same id, however its string is written; numbers stay as they are, however long. */
export function idKey(text: string): string {
  return text.startsWith('"') && text.includes('\\') ? JSON.stringify(parseJson(text)) : text;
}
