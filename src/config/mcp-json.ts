/**
 * A client's own file as a source: `mcpServers` (Claude, Cursor) and `servers` (VS Code). It is turned into the tree that a gatehouse.yaml
 * would give, places kept, and judged by the same rules. What only a client can do (ask for an input, sign in) is refused or ignored by name.
 */
import { basename, dirname, resolve } from 'node:path';
import type { Time } from '../kernel/time.ts';
import { rename, serverTree } from './mcp-server.ts';
import { parse } from './document.ts';
import { noReads, readBounded } from './files.ts';
import { interpret } from './interpret.ts';
import { jsonAsYaml } from './jsonc.ts';
import { interpolate, variable } from './references.ts';
import type { Resolver, Variables } from './references.ts';
import type { ConfigSource, LoadResult, Problem } from './source.ts';
import { problem } from './tree.ts';
import type { Entry, MapTree } from './tree.ts';
import { FileWatch } from './watch.ts';

export const FILE_BYTES = 4 * 1024 * 1024;

export function mcpJsonSource(file: string, variables: Variables, time: Time): ConfigSource {
  const watch = new FileWatch(time);
  return {
    async load() {
      const reads = noReads();
      const read = await readBounded(resolve(file), FILE_BYTES, reads);
      watch.follow(reads);
      const start = { file, line: 1, column: 1 };
      return 'text' in read
        ? translate(read.text, file, variables)
        : { ok: false, problems: [problem(start, [], read.reason)] };
    },
    watch: (onChange) => watch.listen(onChange),
  };
}

async function translate(text: string, file: string, variables: Variables): Promise<LoadResult> {
  const found = clientServers(text, file);
  const { tree, problems, warnings } = found;
  if (!tree) return { ok: false, problems };
  const missing = await interpolate(tree, clientReferences(variables, found.folder));
  const result = interpret(tree, [...problems, ...missing], variables);
  if (result.ok) return { ...result, warnings: [...warnings, ...result.warnings] };
  return { ok: false, problems: result.problems.map((each) => ({ ...each, path: found.original(each.path) })) };
}

export interface ClientServers {
  /** As a gatehouse.yaml would give it, nothing put in place of references. Absent when the text is no JSON object. */
  readonly tree: MapTree | undefined;
  /** The whole file as it was written. */
  readonly written: MapTree | undefined;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  /** Where the client starts its servers. */
  readonly folder: string;
  /** The path in the client's file of a path in the tree. */
  readonly original: (path: string) => string;
}

/** The servers of a client's file under names that are allowed here. */
export function clientServers(text: string, file: string): ClientServers {
  const parsed = parse(jsonAsYaml(text), file, 'JSON');
  const folder = workspaceOf(file);
  const names = new Map<string, string>();
  const common = { written: parsed.tree, folder, original: (path: string) => original(path, names) };
  if (!parsed.tree) return { ...common, tree: undefined, problems: parsed.problems, warnings: [] };
  const found = serversOf(parsed.tree);
  const problems: Problem[] = [...parsed.problems, ...found.problems];
  const warnings: string[] = [...found.warnings];
  const servers: MapTree = { kind: 'map', place: parsed.tree.place, entries: new Map() };
  for (const { path, name: given, entry } of found.servers) {
    const name = rename(given, servers.entries);
    if (name !== given) warnings.push(`${path}.${given} is called ${name} here`);
    const made = serverTree(entry, { path: [path, given], folder });
    problems.push(...made.problems);
    warnings.push(...made.warnings);
    names.set(`servers.${name}`, `${path}.${given}`);
    servers.entries.set(name, { keyPlace: entry.keyPlace, value: made.tree });
  }
  const tree: MapTree = {
    kind: 'map',
    place: servers.place,
    entries: new Map([['servers', { keyPlace: servers.place, value: servers }]]),
  };
  return { ...common, tree, problems, warnings };
}

interface Listed {
  readonly path: string;
  readonly name: string;
  readonly entry: Entry;
}

function serversOf(tree: MapTree): { servers: Listed[]; warnings: string[]; problems: Problem[] } {
  const servers: Listed[] = [];
  const problems: Problem[] = [];
  for (const path of ['mcpServers', 'servers']) {
    const listed = tree.entries.get(path);
    if (listed?.value.kind === 'map')
      for (const [name, entry] of listed.value.entries) servers.push({ path, name, entry });
    else if (listed) problems.push(problem(listed.value.place, [path], 'must be a map of servers'));
  }
  if (!tree.entries.has('mcpServers') && !tree.entries.has('servers')) {
    problems.push(
      problem(
        tree.place,
        [],
        'has neither mcpServers nor servers',
        'name the file in which your client lists its MCP servers',
      ),
    );
  }
  const ignored = [...tree.entries.keys()].filter(
    (key) => !['mcpServers', 'servers', 'inputs', '$schema'].includes(key),
  );
  const warnings = ignored.length === 0 ? [] : [`ignored, as it says nothing about servers: ${shortList(ignored)}`];
  return { servers, warnings, problems };
}

/** `${X}` and `${X:-default}` of Claude, `${env:X}` and the folders of Cursor and VS Code. */
function clientReferences(variables: Variables, folder: string): Resolver {
  const fixed: Readonly<Record<string, string | undefined>> = {
    workspaceFolder: folder,
    workspaceFolderBasename: basename(folder),
    userHome: variables['HOME'],
    pathSeparator: '/',
    '/': '/',
  };
  return (expression) => {
    const text = Object.hasOwn(fixed, expression) ? fixed[expression] : undefined;
    if (text !== undefined) return { text };
    const input = inputOf(expression);
    if (input !== undefined) {
      return {
        message: 'asks for an input, and nobody can be asked here',
        mend: `write \${${variableFor(input)}} and set that variable`,
      };
    }
    const match = CLIENT_VARIABLE.exec(expression);
    if (match?.[1] !== undefined) return variable(variables, match[1], match[2]);
    return {
      message: 'holds a ${…} that only its client understands',
      mend: 'write the value, or a variable as ${NAME}',
    };
  };
}

/** `NAME`, `NAME:-default`, `env:NAME`. */
export const CLIENT_VARIABLE = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/** The id of an input that VS Code would ask for. */
export const inputOf = (expression: string): string | undefined =>
  expression.startsWith('input:') ? expression.slice('input:'.length) : undefined;

/** A variable's name for whatever something is called. */
export function variableFor(name: string): string {
  const made = name.replace(/\W+/g, '_').toUpperCase();
  return /^[A-Z_]/.test(made) ? made : `V_${made}`;
}

/** The folder that a client starts its servers in: a project's, when the file lies in its `.vscode` or `.cursor`. */
function workspaceOf(file: string): string {
  const folder = dirname(resolve(file));
  return ['.vscode', '.cursor', '.claude'].includes(basename(folder)) ? dirname(folder) : folder;
}

function original(path: string, names: ReadonlyMap<string, string>): string {
  const [head = '', name = '', ...rest] = path.split('.');
  const given = names.get(`${head}.${name}`);
  return given === undefined ? path : [given, ...rest].join('.');
}

function shortList(words: readonly string[]): string {
  return words.length <= 5 ? words.join(', ') : `${words.slice(0, 5).join(', ')} and ${words.length - 5} more`;
}
