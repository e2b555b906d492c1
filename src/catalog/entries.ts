/** One thing that an upstream offers: its own name, its JSON as received, and where in it the name stands. */
import { members } from '../kernel/scan.ts';
import { parseJson } from '../kernel/json.ts';
import { isObjectSchema } from '../protocol/schemas.ts';
import { mirroredArguments, type MirroredArgument } from '../protocol/headers.ts';
import type { ListKind } from '../protocol/methods.ts';

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

export type Read = { readonly entry: Entry } | { readonly skipped: string };

/** Reads one element of an upstream's list. Elements without a name, and tools with invalid header annotations, are left out. */
export function readEntry(kind: ListKind, element: Buffer): Read {
  const all = members(element);
  const key = NAMED_BY[kind];
  const kept = kind === 'tools' ? all.filter((member) => !NOT_RELAYED.has(member.key)) : all;
  const at = kept.findIndex((member) => member.key === key);
  const named = kept[at];
  const own = named && parseJson(named.value);
  if (!named || typeof own !== 'string' || own === '') return { skipped: `an entry without ${key}` };
  const mirrored = kind === 'tools' ? annotations(all) : [];
  if ('invalid' in mirrored) return { skipped: `tool "${own}": ${mirrored.invalid}` };
  const head = named.raw.subarray(0, named.raw.length - named.value.length);
  const before = Buffer.concat([OPEN, ...kept.slice(0, at).flatMap((member) => [member.raw, COMMA]), head]);
  const after = Buffer.concat([...kept.slice(at + 1).flatMap((member) => [COMMA, member.raw]), CLOSE]);
  return { entry: { own, before, after, mirrored, isFreeOutput: kind === 'tools' && isFreeOutput(all) } };
}

/** The entry's JSON under another name. */
export const render = (entry: Entry, name: string): Buffer =>
  Buffer.concat([entry.before, Buffer.from(JSON.stringify(name)), entry.after]);

const OPEN = Buffer.from('{');
const CLOSE = Buffer.from('}');
const COMMA = Buffer.from(',');
const ANNOTATION = Buffer.from('x-mcp-header');

/** Clients of older revisions know objects only. */
function isFreeOutput(all: ReturnType<typeof members>): boolean {
  const schema = all.find((member) => member.key === 'outputSchema');
  return schema !== undefined && !isObjectSchema(parseJson(schema.value));
}

function annotations(all: ReturnType<typeof members>): ReturnType<typeof mirroredArguments> {
  const schema = all.find((member) => member.key === 'inputSchema');
  return schema?.value.includes(ANNOTATION) ? mirroredArguments(parseJson(schema.value)) : [];
}
