/**
 * Judges a server's messages by the official JSON schema of a revision, closed: a member that the schema does not name is wrong too, which the open
 * schemas let pass. The schemas are those of the installed conformance suite. It keeps them in its bundle and exports nothing, so they are cut out of it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { addFormats, Ajv } from '@modelcontextprotocol/client/validators/ajv';
import type { Revision } from './expectations.ts';
import type { Fields } from './plain-client.ts';

const bundle = join(import.meta.dirname, '../../node_modules/@modelcontextprotocol/conformance/dist/index.js');

/** What is wrong with a message. @param method of the request that it answers, where it is an answer. */
export type Judge = (message: Fields, method?: string) => readonly string[];

export async function judgeOf(revision: Revision): Promise<Judge> {
  const definitions = await officialDefinitions(revision);
  const ajv = new Ajv({ strict: false, allErrors: true, formats: { byte: true } });
  addFormats(ajv);
  ajv.addSchema({ $defs: closed(definitions) as Fields }, 'revision');
  const against = (name: string, value: unknown): readonly string[] => {
    const validate = ajv.getSchema(`revision#/$defs/${name}`);
    if (!validate) return [`the schema has no ${name}`];
    if (validate(value) === true) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) => {
      return `${name}${instancePath} ${message ?? 'is wrong'} ${JSON.stringify(params)}`;
    });
  };
  const named = namesByMethod(definitions);
  return (message, method) => {
    if (typeof message['method'] === 'string') {
      const name = named.get(message['method']);
      return name === undefined ? [`the revision has no ${message['method']}`] : against(name, message);
    }
    if (message['error'] !== undefined)
      return [...against('JSONRPCErrorResponse', message), ...codeProblems(revision, message)];
    return [
      ...envelopeProblems(message),
      ...against(resultName(definitions, named, { message, method }), message['result']),
    ];
  };
}

/** What belongs to one revision alone, and the range that 2026-07-28 keeps for itself. */
function codeProblems(revision: Revision, { error }: Fields): readonly string[] {
  const code = Number((error as Fields)['code']);
  const own = revision === '2026-07-28' ? [-32020, -32021, -32022] : [-32002, -32042];
  const others = [-32002, -32020, -32021, -32022, -32042].filter((known) => !own.includes(known));
  const reserved = code <= -32020 && code >= -32099 && !own.includes(code);
  return others.includes(code) || reserved ? [`the code ${code} is not of this revision`] : [];
}

function envelopeProblems(message: Fields): readonly string[] {
  const keys = Object.keys(message).toSorted().join();
  return keys === 'id,jsonrpc,result' && message['jsonrpc'] === '2.0' ? [] : [`an answer of ${keys}`];
}

function resultName(
  definitions: Fields,
  named: ReadonlyMap<string, string>,
  { message, method = '' }: { readonly message: Fields; readonly method: string | undefined },
): string {
  if ((message['result'] as Fields)['resultType'] === 'input_required') return 'InputRequiredResult';
  const name = (named.get(method) ?? '').replace(/Request$/, 'Result');
  return name in definitions ? name : 'EmptyResult';
}

function namesByMethod(definitions: Fields): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [name, definition] of Object.entries(definitions as Readonly<Record<string, Schema>>)) {
    const method = definition.properties?.['method']?.const;
    if (typeof method === 'string') names.set(method, name);
  }
  return names;
}

interface Schema {
  readonly const?: unknown;
  readonly type?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
}

async function officialDefinitions(revision: Revision): Promise<Fields> {
  const source = await readFile(bundle, 'utf8');
  const starts = [...source.matchAll(/\{\$schema:`[^`]*`,\$defs:\{/g)].map(({ index }) => index);
  const schemas = starts.map((start) => runInNewContext(`(${objectAt(source, start)})`) as { $defs: Fields });
  const found = schemas.filter(
    ({ $defs }) => 'Implementation' in $defs && 'DiscoverResult' in $defs === (revision === '2026-07-28'),
  );
  const [only] = found;
  if (!only || found.length > 1) throw new Error(`The suite has ${found.length} schemas that could be of ${revision}`);
  const definitions = JSON.parse(JSON.stringify(only.$defs)) as Record<string, { properties?: Record<string, Fields> }>;
  // In 2025-11-25 it was generated with integers where the text says number; the suite mends that as well.
  const number = definitions['NumberSchema']?.properties ?? {};
  for (const key of ['minimum', 'maximum', 'default']) number[key] = { type: 'number' };
  return definitions;
}

/** The text of an object literal whose only strings are quoted. */
function objectAt(source: string, start: number): string {
  let depth = 0;
  for (let at = start; at < source.length; at += 1) {
    const character = source[at] ?? '';
    if ('`"\''.includes(character)) {
      for (at += 1; source[at] !== character; at += 1) if (source[at] === '\\') at += 1;
    } else if (character === '{') depth += 1;
    else if (character === '}') depth -= 1;
    if (depth === 0) return source.slice(start, at + 1);
  }
  throw new Error('An object without an end');
}

/** What is open by its nature: `_meta`, and JSON schemas. */
const open = /^(?:_meta|inputSchema|outputSchema|.*MetaObject|Error)$/;

function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.entries(schema).map(
    ([key, value]) => [key, open.test(key) || key === 'allOf' ? value : closed(value)] as const,
  );
  const { properties, additionalProperties = {} } = schema as { properties?: object; additionalProperties?: object };
  const free = Object.keys(additionalProperties).length === 0;
  const names = properties !== undefined && typeof (properties as Schema).type !== 'string';
  return { ...Object.fromEntries(members), ...(names && free ? { additionalProperties: false } : {}) };
}
