/** One thing that an upstream offers: its own name, its JSON as received, and where in it the name stands. */
import { members, type Member } from '../kernel/scan.ts';
import { parseJson } from '../kernel/json.ts';
import { isObjectSchema } from '../protocol/schemas.ts';
import { mirroredArguments, withoutAnnotations, type MirroredArgument } from '../protocol/headers.ts';
import type { ListKind } from '../protocol/methods.ts';
import { asWritten, remade } from '../protocol/remade.ts';

export interface Entry {
  /** Name of a tool or prompt, URI of a resource, text of a template. */
  readonly own: string;
  /** The entry's JSON around its name: what comes before the name's value and after it. */
  readonly before: Buffer;
  readonly after: Buffer;
  readonly mirrored: readonly MirroredArgument[];
  /** The structured content that a tool promises need not be an object. */
  readonly isFreeOutput: boolean;
}

/** Which member of an entry is its name. */
const NAMED_BY: Readonly<Record<ListKind, string>> = {
  tools: 'name',
  prompts: 'name',
  resources: 'uri',
  resourceTemplates: 'uriTemplate',
};

/** Carries a revision's task negotiation, which does not cross a gateway that bridges no tasks. */
const NOT_RELAYED: ReadonlySet<string> = new Set(['execution']);

/** `skipped` says what of an element was left out and why, all of it where there is no entry. */
export type Read = { readonly entry?: Entry; readonly skipped?: string };

/**
 * Reads one element of an upstream's list. Elements without a name are left out. Tools with invalid header annotations are left out where
 * their calls would need them (`mirrors`); elsewhere they are shown without, as clients would have to refuse them ("Streamable HTTP",
 * schema extension).
 */
export function readEntry(kind: ListKind, element: Buffer, mirrors: boolean): Read {
  const all = members(element);
  const mirrored = kind === 'tools' ? annotations(all) : [];
  if (!('invalid' in mirrored)) return entryOf(kind, all, mirrored);
  const own = all.find(({ key }) => key === NAMED_BY[kind])?.value.toString('utf8', 0, 200) ?? 'without a name';
  if (mirrors) return { skipped: `tool ${own}: ${mirrored.invalid}` };
  const plain = members(Buffer.from(remade(element, withoutHeaders)));
  return { skipped: `header annotations of tool ${own}: ${mirrored.invalid}`, ...entryOf(kind, plain, []) };
}

function entryOf(kind: ListKind, all: readonly Member[], mirrored: readonly MirroredArgument[]): Read {
  const key = NAMED_BY[kind];
  const kept = kind === 'tools' ? all.filter((member) => !NOT_RELAYED.has(member.key)) : all;
  const at = kept.findIndex((member) => member.key === key);
  const named = kept[at];
  const own = named && parseJson(named.value);
  if (!named || typeof own !== 'string' || own === '') return { skipped: `an entry without ${key}` };
  const head = named.raw.subarray(0, named.raw.length - named.value.length);
  const before = Buffer.concat([OPEN, ...kept.slice(0, at).flatMap((member) => [member.raw, COMMA]), head]);
  const after = Buffer.concat([...kept.slice(at + 1).flatMap((member) => [COMMA, member.raw]), CLOSE]);
  return { entry: { own, before, after, mirrored, isFreeOutput: kind === 'tools' && isFreeOutput(all) } };
}

/** The entry's JSON under another name. */
export const render = (entry: Entry, name: string): Buffer =>
  Buffer.concat([entry.before, Buffer.from(JSON.stringify(name)), entry.after]);

const withoutHeaders = (one: Member): string =>
  one.key === 'inputSchema' ? withoutAnnotations(one.value) : asWritten(one);

const OPEN = Buffer.from('{');
const CLOSE = Buffer.from('}');
const COMMA = Buffer.from(',');
const ANNOTATION = Buffer.from('x-mcp-header');
/** It may be written so that it does not show. */
const ESCAPE = Buffer.from('\\u');

/** Clients of older revisions know objects only. */
function isFreeOutput(all: readonly Member[]): boolean {
  const schema = all.find((member) => member.key === 'outputSchema');
  return schema !== undefined && !isObjectSchema(parseJson(schema.value));
}

function annotations(all: readonly Member[]): ReturnType<typeof mirroredArguments> {
  const schema = all.find((member) => member.key === 'inputSchema');
  const mayHold = schema && (schema.value.includes(ANNOTATION) || schema.value.includes(ESCAPE));
  return mayHold ? mirroredArguments(parseJson(schema.value)) : [];
}
