/**
 * A client's list of servers as the gatehouse.yaml that means the same (`gatehouse import`). Nothing secret is copied: it becomes a variable,
 * and the reader is told which. What only a client can do is told too, never dropped in silence; a server that cannot be had is left out.
 */
import { basename, isAbsolute, resolve } from 'node:path';
import { Document, isMap, isScalar, isSeq, Scalar, YAMLMap } from 'yaml';
import { parse } from './document.ts';
import { noReads, readBounded } from './files.ts';
import { ImportedText } from './imported-text.ts';
import { interpret } from './interpret.ts';
import { clientServers, FILE_BYTES, type ClientServers } from './mcp-json.ts';
import { interpolate } from './references.ts';
import type { Problem } from './source.ts';
import { find, problem, type MapTree, type Tree } from './tree.ts';

export interface Imported {
  /** Absent where there is nothing to print. */
  readonly yaml: string | undefined;
  /** Variables that must be set before the configuration can be used. */
  readonly variables: readonly string[];
  readonly notes: readonly string[];
  /** Why a server, or all of them, could not be taken over. */
  readonly problems: readonly Problem[];
}

export async function importClientFile(file: string): Promise<Imported> {
  const read = await readBounded(resolve(file), FILE_BYTES, noReads());
  const nothing = { yaml: undefined, variables: [], notes: [] };
  if (!('text' in read)) return { ...nothing, problems: [problem({ file, line: 1, column: 1 }, [], read.reason)] };
  const found = clientServers(read.text, file);
  const servers = found.tree?.entries.get('servers')?.value;
  if (servers?.kind !== 'map') return { ...nothing, problems: found.problems };
  return made(found, servers, file);
}

async function made(found: ClientServers, servers: MapTree, file: string): Promise<Imported> {
  const written = new Writer(found, basename(file));
  const kept = new YAMLMap();
  const problems: Problem[] = found.problems.filter(({ path }) => !written.isLater(path));
  for (const [name, { value }] of servers.entries) {
    const path = found.original(`servers.${name}`);
    const server = written.server(name, value, path);
    const wrong = problems.some((each) => isBelow(each.path, path)) ? [] : await judged(name, server, found);
    problems.push(...wrong);
    if (!problems.some((each) => isBelow(each.path, path))) kept.add({ key: new Scalar(name), value: server });
  }
  const { notes, variables } = written;
  const document = new Document({});
  document.commentBefore = ` Made by gatehouse import from ${basename(file)}.`;
  document.set('servers', kept);
  if (servers.entries.size === 0 && problems.length === 0) problems.push(problem(servers.place, [], 'lists no server'));
  const yaml = kept.items.length === 0 ? undefined : document.toString({ lineWidth: 0 });
  return { yaml, variables, notes: [...found.warnings, ...notes], problems };
}

const isBelow = (path: string, above: string): boolean =>
  path === above || path.startsWith(`${above}.`) || path.startsWith(`${above}[`);

/** The same judgement that `gatehouse check` will give, with something in place of every variable. */
async function judged(name: string, server: YAMLMap, found: ClientServers): Promise<Problem[]> {
  const document = new Document({ servers: {} });
  document.setIn(['servers', name], server.clone());
  const { tree } = parse(document.toString({ lineWidth: 0 }), '');
  if (!tree) return [];
  const url = find(tree, ['servers', name, 'url']).value;
  const isAddress = url?.kind === 'scalar' && String(url.value).startsWith('${');
  const unread = await interpolate(tree, () => ({ text: isAddress ? 'https://host.invalid/' : 'x' }));
  const result = interpret(tree, unread, {});
  if (result.ok) return [];
  const place = found.written?.place ?? { file: '', line: 1, column: 1 };
  return result.problems.map((each) => {
    const path = found.original(each.path);
    const key = found.written && find(found.written, path.split('.')).keyPlace;
    return { ...each, ...(key ?? place), path };
  });
}

/** Writes servers as YAML nodes, and remembers what has to be told. */
class Writer {
  readonly notes: string[] = [];
  readonly #found: ClientServers;
  readonly #text: ImportedText;

  constructor(found: ClientServers, file: string) {
    this.#found = found;
    this.#text = new ImportedText(found, file, this.notes);
  }

  get variables(): readonly string[] {
    return this.#text.variables;
  }

  /** A transport that is not there yet is no reason to leave a server out: it is written down, switched off. */
  isLater(path: string): boolean {
    return path.endsWith('.type') && this.#typeOf(path.slice(0, -'.type'.length)) === 'sse';
  }

  server(name: string, tree: Tree, path: string): YAMLMap {
    const server = new YAMLMap();
    if (tree.kind !== 'map') return server;
    const isLater = this.#typeOf(path) === 'sse';
    const given = isLater ? this.#given(path) : tree;
    for (const [key, { value }] of tree.entries) {
      if ((key === 'cwd' && !this.#wantsFolder(given, path)) || (isLater && key === 'disabled')) continue;
      const source = isLater && key === 'url' ? (given?.entries.get('url')?.value ?? value) : value;
      const node = this.#text.node(source, { server: name, path: `${path}.${key}`, key });
      server.add({ key: new Scalar(key), value: node });
    }
    if (isLater) {
      const key = new Scalar('disabled');
      key.commentBefore =
        ' it speaks HTTP+SSE, which comes in a later version; use its streamable HTTP address if it has one';
      server.add({ key, value: new Scalar(true) });
      this.notes.push(`${path}: speaks HTTP+SSE, which comes in a later version; written down as disabled`);
    }
    for (const { key, value } of server.items) lift(key, value);
    return server;
  }

  /** The folder matters to what names files by it; a client's own file is seldom kept where its servers should run. */
  #wantsFolder(tree: MapTree | undefined, path: string): boolean {
    if (this.#given(path)?.entries.has('cwd')) return true;
    const command = tree?.entries.get('command')?.value;
    const args = tree?.entries.get('args')?.value;
    const texts = [command, ...(args?.kind === 'list' ? args.items : [])].map((one) =>
      one?.kind === 'scalar' ? String(one.value) : '',
    );
    return (
      texts.some((text) => /^\.{1,2}(?:\/|$)/.test(text)) || (/\//.test(texts[0] ?? '') && !isAbsolute(texts[0] ?? ''))
    );
  }

  #given(path: string): MapTree | undefined {
    const [list = '', ...name] = path.split('.');
    const listed = this.#found.written?.entries.get(list)?.value;
    const value = listed?.kind === 'map' ? listed.entries.get(name.join('.'))?.value : undefined;
    return value?.kind === 'map' ? value : undefined;
  }

  #typeOf(path: string): unknown {
    const type = this.#given(path)?.entries.get('type')?.value;
    return type?.kind === 'scalar' ? type.value : undefined;
  }
}

/** A comment about a plain value stands above its key. */
function lift(key: unknown, value: unknown): void {
  if (isScalar(value) && isScalar(key) && value.commentBefore) {
    key.commentBefore = value.commentBefore;
    value.commentBefore = null;
  }
  if (isMap(value)) for (const item of value.items) lift(item.key, item.value);
  if (isSeq(value)) value.flow = !value.items.some((item) => isScalar(item) && item.commentBefore);
}
