/** `params._meta` on its way to an upstream: the reserved keys are each hop's own, everything else passes as it came. */
import type { Part } from '../kernel/parts.ts';
import { isEmptyObject, members } from '../kernel/scan.ts';
import { splice, takenOut, type Edit } from '../kernel/splice.ts';
import { REQUEST, type Fields } from './jsonrpc.ts';

const RESERVED: ReadonlySet<string> = new Set([
  'io.modelcontextprotocol/protocolVersion',
  'io.modelcontextprotocol/clientCapabilities',
  'io.modelcontextprotocol/clientInfo',
  'io.modelcontextprotocol/logLevel',
  'progressToken',
]);

const RESERVED_SLOTS = [
  REQUEST.version,
  REQUEST.capabilities,
  REQUEST.clientInfo,
  REQUEST.logLevel,
  REQUEST.progressToken,
];

export interface ParamsChange {
  /** Members of the hop's own `_meta`, ready JSON without braces, e.g. `"progressToken":4`; may be empty. */
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
  if (!fields?.isObject(REQUEST.params)) return [`{${joined(add, own && `"_meta":{${own}}`)}}`];
  const { bytes } = fields.scan;
  const all = [...edits];
  const dropped = drop.filter((slot) => fields.has(slot));
  if (dropped.length > 0)
    all.push(
      ...takenOut(
        bytes,
        dropped.map((slot) => [fields.keyStart(slot), fields.end(slot)]),
      ),
    );
  let front = add;
  if (fields.has(REQUEST.meta)) {
    const meta = `{${joined(own, keptMeta(fields))}}`;
    all.push({ start: fields.start(REQUEST.meta), end: fields.end(REQUEST.meta), put: meta });
  } else front = joined(add, own && `"_meta":{${own}}`);
  const start = fields.start(REQUEST.params);
  if (front !== '') all.push({ start: start + 1, end: start + 1, put: isEmpty(fields) ? front : `${front},` });
  return splice(bytes, { start, end: fields.end(REQUEST.params) }, all);
}

const NONE: readonly never[] = [];

const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(',');

function keptMeta(fields: Fields): string {
  const meta = fields.raw(REQUEST.meta);
  if (!meta || !fields.isObject(REQUEST.meta)) return '';
  // Most requests carry nothing but the envelope.
  if (fields.scan.innermost === RESERVED_SLOTS.reduce((count, slot) => count + (fields.has(slot) ? 1 : 0), 0))
    return '';
  return members(meta)
    .filter(({ key }) => !RESERVED.has(key))
    .map(({ raw }) => raw.toString('utf8'))
    .join(',');
}

function isEmpty(fields: Fields): boolean {
  const raw = fields.raw(REQUEST.params);
  return raw === undefined || isEmptyObject(raw);
}
