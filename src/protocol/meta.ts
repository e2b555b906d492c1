/** `params._meta` on its way to an upstream: the reserved keys are each hop's own, everything else passes as it came. */
import type { Part } from '../kernel/parts.ts';
import { isEmptyObject, members } from '../kernel/scan.ts';
import { splice, takenOut, type Edit } from '../kernel/splice.ts';
import { REQUEST, type Fields } from './jsonrpc.ts';

/** Names the session with a server that a call belongs to, where a client may have several; between that client and this gateway. */
export const SESSION_HANDLE = 'gatehouse/session';

const RESERVED: ReadonlySet<string> = new Set([
  'io.modelcontextprotocol/protocolVersion',
  'io.modelcontextprotocol/clientCapabilities',
  'io.modelcontextprotocol/clientInfo',
  'io.modelcontextprotocol/logLevel',
  'progressToken',
  SESSION_HANDLE,
]);

const RESERVED_SLOTS = [
  REQUEST.version,
  REQUEST.capabilities,
  REQUEST.clientInfo,
  REQUEST.logLevel,
  REQUEST.progressToken,
];

export interface ParamsChange {
  /** The hop's own `_meta`, a ready JSON object, e.g. `{"progressToken":4}`; empty where it has none. */
  readonly own: string;
  /** Replaced values inside params. */
  readonly edits?: readonly Edit[];
  /** Slots of members of params that do not travel. */
  readonly drop?: readonly number[];
  /** Members that are put in front, ready JSON without braces. */
  readonly add?: string;
}

/** A params object as parts, with its `_meta` regenerated. `fields` without params gives one that holds only `_meta`. */
export function paramsFor(fields: Fields | undefined, change: ParamsChange): Part[] {
  const { own, edits = NONE, drop = NONE, add = '' } = change;
  if (!fields?.isObject(REQUEST.params)) return [`{${joined(add, ownMember(own))}}`];
  const { bytes } = fields.scan;
  const start = fields.start(REQUEST.params);
  const hasMeta = fields.has(REQUEST.meta);
  const front = hasMeta ? add : joined(add, ownMember(own));
  // In the order in which they stand, mostly: what is put in front comes before a member that is dropped there.
  const all: Edit[] =
    front === '' ? [] : [{ start: start + 1, end: start + 1, put: isEmptyObject(bytes, start) ? front : `${front},` }];
  for (const edit of dropped(fields, drop)) all.push(edit);
  for (const edit of edits) all.push(edit);
  if (hasMeta)
    all.push({ start: fields.start(REQUEST.meta), end: fields.end(REQUEST.meta), put: metaFor(fields, own) });
  return splice(bytes, { start, end: fields.end(REQUEST.params) }, all);
}

const NONE: readonly never[] = [];

const joined = (one: string, other: string): string => (one === '' || other === '' ? one + other : `${one},${other}`);

const ownMember = (own: string): string => (own === '' ? '' : `"_meta":${own}`);

function dropped(fields: Fields, drop: readonly number[]): readonly Edit[] {
  let found: (readonly [start: number, end: number])[] | undefined;
  for (const slot of drop) if (fields.has(slot)) (found ??= []).push([fields.keyStart(slot), fields.end(slot)]);
  return found ? takenOut(fields.scan.bytes, found) : NONE;
}

function metaFor(fields: Fields, own: string): string {
  const kept = keptMeta(fields);
  if (kept === '') return own === '' ? '{}' : own;
  return own === '' ? `{${kept}}` : `${own.slice(0, -1)},${kept}}`;
}

/** The members that are not reserved, without braces. Most requests carry nothing but the envelope. */
function keptMeta(fields: Fields): string {
  let reserved = 0;
  for (const slot of RESERVED_SLOTS) if (fields.has(slot)) reserved += 1;
  if (fields.scan.innermost === reserved || !fields.isObject(REQUEST.meta)) return '';
  return members(fields.raw(REQUEST.meta) ?? NOTHING)
    .filter(({ key }) => !RESERVED.has(key))
    .map(({ raw }) => raw.toString('utf8'))
    .join(',');
}

const NOTHING = Buffer.from('{}');
