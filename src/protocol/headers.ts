/**
 * Values that MCP 2026-07-28 mirrors from a body into HTTP headers ("Streamable HTTP", Base64 sentinel, `x-mcp-header`): encoding, decoding,
 * and which arguments of a tool are mirrored. Pure text; the transports put them on the wire.
 */
import { isObject, member } from '../kernel/json.ts';
import { elements } from '../kernel/scan.ts';
import { asWritten, remade } from './remade.ts';

const PREFIX = '=?base64?';
const SUFFIX = '?=';

/** A header value for any text: as it is where plain, in the sentinel form where it is not ASCII, is padded or looks like the sentinel. */
export function encodeHeader(value: string): string {
  const plain = /^[\t\u0020-\u007e]*$/u.test(value) && value.trim() === value;
  if (plain && !(value.startsWith(PREFIX) && value.endsWith(SUFFIX))) return value;
  return `${PREFIX}${Buffer.from(value, 'utf8').toString('base64')}${SUFFIX}`;
}

/** What a header value says; `undefined` where it claims the sentinel form and breaks it. */
export function decodeHeader(value: string): string | undefined {
  const text = value.replaceAll(/^[ \t]+|[ \t]+$/gu, '');
  if (!text.startsWith(PREFIX) || !text.endsWith(SUFFIX) || text.length < PREFIX.length + SUFFIX.length) return text;
  const inner = text.slice(PREFIX.length, -SUFFIX.length);
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u.test(inner)) return undefined;
  const bytes = Buffer.from(inner, 'base64');
  const decoded = bytes.toString('utf8');
  return Buffer.from(decoded, 'utf8').equals(bytes) ? decoded : undefined;
}

/** One argument of a tool that travels in a header too. */
export interface MirroredArgument {
  /** Lower case, `mcp-param-` included. */
  readonly header: string;
  /** As the schema spells it. */
  readonly label: string;
  readonly path: readonly string[];
  readonly type: 'string' | 'integer' | 'boolean';
}

const ANNOTATION = 'x-mcp-header';
/** Keywords whose members are schemas by name, and those whose values are data (JSON Schema 2020-12). */
const HOLDING_SCHEMAS: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'dependentSchemas',
  '$defs',
  'definitions',
]);
const HOLDING_DATA: ReadonlySet<string> = new Set(['const', 'default', 'enum', 'examples']);

/** Arguments of one tool that travel in headers: all of them must fit into a head. */
const MAX_MIRRORED = 64;
/** No schema is looked into deeper than this. */
const MAX_SCHEMA_DEPTH = 32;
const HEADER_TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/u;

/**
 * The mirrored arguments of an input schema, or why its annotations are invalid: header token, unique without regard to case, primitive
 * type, reachable through `properties` alone.
 */
export function mirroredArguments(schema: unknown): readonly MirroredArgument[] | { readonly invalid: string } {
  const found: MirroredArgument[] = [];
  const problem = collect(schema, [], found);
  return problem === undefined ? found : { invalid: problem };
}

function collect(schema: unknown, path: readonly string[], found: MirroredArgument[]): string | undefined {
  if (!isObject(schema)) return undefined;
  if (path.length > MAX_SCHEMA_DEPTH) return undefined;
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties' && isObject(value)) {
      for (const [name, property] of Object.entries(value)) {
        const problem = annotation(property, [...path, name], found) ?? collect(property, [...path, name], found);
        if (problem !== undefined) return problem;
      }
    } else if (key !== ANNOTATION && !HOLDING_DATA.has(key) && mentions(value, HOLDING_SCHEMAS.has(key), 0))
      return `x-mcp-header under "${key}"`;
  }
  return path.length === 0 && Object.hasOwn(schema, ANNOTATION) ? 'x-mcp-header on the root' : undefined;
}

function annotation(property: unknown, path: readonly string[], found: MirroredArgument[]): string | undefined {
  const label = member(property, ANNOTATION);
  if (label === undefined) return undefined;
  if (typeof label !== 'string' || !HEADER_TOKEN.test(label)) return 'x-mcp-header is no header token';
  const type = member(property, 'type');
  if (type !== 'string' && type !== 'integer' && type !== 'boolean')
    return `x-mcp-header "${label}" on something that is no primitive`;
  const header = `mcp-param-${label.toLowerCase()}`;
  if (found.length === MAX_MIRRORED) return `x-mcp-header more than ${MAX_MIRRORED} times`;
  if (found.some((other) => other.header === header)) return `x-mcp-header "${label}" twice`;
  found.push({ header, label, path, type });
  return undefined;
}

/** @param byName the members are schemas by name: one may be called as the annotation is. */
function mentions(value: unknown, byName: boolean, depth: number): boolean {
  if (depth > MAX_SCHEMA_DEPTH) return false;
  if (Array.isArray(value)) return value.some((entry) => mentions(entry, false, depth + 1));
  if (!isObject(value)) return false;
  return Object.entries(value).some(([key, inner]) => {
    if (byName) return mentions(inner, false, depth + 1);
    return key === ANNOTATION || (!HOLDING_DATA.has(key) && mentions(inner, HOLDING_SCHEMAS.has(key), depth + 1));
  });
}

/** A schema without its annotations, all else as it was written but for white space. @param schema JSON that has been scanned before. */
export function withoutAnnotations(schema: Buffer, byName = false): string {
  if (schema[0] === 0x5b) {
    const all = elements(schema, Number.MAX_SAFE_INTEGER) ?? [];
    return `[${all.map((element) => withoutAnnotations(element)).join(',')}]`;
  }
  if (schema[0] !== 0x7b) return schema.toString('utf8');
  return remade(schema, (one) => {
    if (byName) return withoutAnnotations(one.value);
    if (one.key === ANNOTATION) return undefined;
    return HOLDING_DATA.has(one.key) ? asWritten(one) : withoutAnnotations(one.value, HOLDING_SCHEMAS.has(one.key));
  });
}

/** The header text of one argument; `undefined` where it is absent or null, and then there must be no header. */
export function mirroredValue(argument: MirroredArgument, args: unknown): string | undefined {
  let value: unknown = args;
  for (const key of argument.path) value = member(value, key);
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : JSON.stringify(value);
}

/** Whether a header says what the body says. Integers compare as numbers: `42.0` is `42`. */
export function mirrors(argument: MirroredArgument, header: string | undefined, args: unknown): boolean {
  const expected = mirroredValue(argument, args);
  if (header === undefined || expected === undefined) return header === undefined && expected === undefined;
  const said = decodeHeader(header);
  if (said === undefined) return false;
  if (said === expected) return true;
  if (argument.type !== 'integer' || !/^-?\d+(?:\.0+)?$/u.test(said)) return false;
  return Number(said) === Number(expected) && Number.isSafeInteger(Number(said));
}
