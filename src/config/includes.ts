/**
 * A configuration file and everything it includes, merged one level deep: `servers` of several files join, one server is never put
 * together from two. A key given twice is an error that names both places.
 */
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { parse } from './document.ts';
import { findFiles, readBounded } from './files.ts';
import type { Reads } from './files.ts';
import type { Problem } from './source.ts';
import { problem } from './tree.ts';
import type { Entry, MapTree, Path, Place, Tree } from './tree.ts';

const FILE_BYTES = 1024 * 1024;
const MAX_FILES = 1000;

export interface Gathered {
  readonly tree: MapTree;
  readonly problems: readonly Problem[];
  /** Every file that was read, and how many keys stand in it. */
  readonly keys: ReadonlyMap<string, number>;
}

export async function gather(file: string, reads: Reads): Promise<Gathered> {
  const tree: MapTree = { kind: 'map', place: { file, line: 1, column: 1 }, entries: new Map() };
  const problems: Problem[] = [];
  const keys = new Map<string, number>();
  const waiting: { file: string; named: { place: Place; path: Path } }[] = [
    { file, named: { place: tree.place, path: [] } },
  ];
  const seen = new Set<string>();
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (seen.has(resolve(next.file))) continue;
    seen.add(resolve(next.file));
    if (seen.size > MAX_FILES)
      return {
        tree,
        keys,
        problems: [...problems, problem(next.named.place, next.named.path, `includes more than ${MAX_FILES} files`)],
      };
    const read = await readBounded(resolve(next.file), FILE_BYTES, reads);
    if (!('text' in read)) {
      const what = next.named.path.length === 0 ? read.reason : `the file ${next.file} ${read.reason}`;
      problems.push(problem(next.named.place, next.named.path, what));
      continue;
    }
    const parsed = parse(read.text, next.file);
    problems.push(...parsed.problems);
    if (!parsed.tree) continue;
    keys.set(next.file, parsed.tree.entries.size);
    for (const included of await includesOf(parsed.tree, { file: next.file, problems, reads })) waiting.push(included);
    problems.push(...merge(tree, parsed.tree));
  }
  return { tree, keys, problems };
}

async function includesOf(
  tree: MapTree,
  { file, problems, reads }: { file: string; problems: Problem[]; reads: Reads },
) {
  const include = tree.entries.get('include')?.value;
  tree.entries.delete('include');
  const found: { file: string; named: { place: Place; path: Path } }[] = [];
  if (include === undefined) return found;
  if (include.kind !== 'list') {
    problems.push(problem(include.place, ['include'], 'must be a list of files', 'write [servers.d/*.yaml]'));
    return found;
  }
  for (const [index, item] of include.items.entries()) {
    const named = { place: item.place, path: ['include', index] };
    if (item.kind !== 'scalar' || typeof item.value !== 'string')
      problems.push(problem(item.place, named.path, 'must be the name of a file'));
    else if (item.value.includes('${'))
      problems.push(problem(item.place, named.path, 'cannot hold a ${…}', 'name the file, or use a glob'));
    else for (const name of await expand(item.value, file, reads)) found.push({ file: name, named });
  }
  return found;
}

async function expand(pattern: string, file: string, reads: Reads): Promise<string[]> {
  const path = isAbsolute(pattern) ? pattern : join(dirname(file), pattern);
  if (!/[*?[\]{}]/.test(pattern)) return [path];
  const found = await findFiles(path);
  reads.globs.set(
    resolve(path),
    found.map((name) => resolve(name)),
  );
  return found;
}

function merge(into: MapTree, from: MapTree): Problem[] {
  const problems: Problem[] = [];
  for (const [key, entry] of from.entries) {
    const first = into.entries.get(key);
    if (first === undefined) into.entries.set(key, copied(entry));
    else if (first.value.kind === 'map' && entry.value.kind === 'map')
      problems.push(...mergeEntries(first.value, entry.value, key));
    // every file may say which version it is written for
    else if (key !== 'version' || !sameScalar(first.value, entry.value)) problems.push(twice(entry, first, [key]));
  }
  return problems;
}

function mergeEntries(into: MapTree, from: MapTree, key: string): Problem[] {
  const problems: Problem[] = [];
  for (const [own, entry] of from.entries) {
    const first = into.entries.get(own);
    if (first) problems.push(twice(entry, first, [key, own]));
    else into.entries.set(own, entry);
  }
  return problems;
}

function copied(entry: Entry): Entry {
  return entry.value.kind === 'map'
    ? { ...entry, value: { ...entry.value, entries: new Map(entry.value.entries) } }
    : entry;
}

function sameScalar(one: Tree, other: Tree): boolean {
  return one.kind === 'scalar' && other.kind === 'scalar' && one.value === other.value;
}

function twice(entry: Entry, first: Entry, path: Path): Problem {
  const { file, line, column } = first.keyPlace;
  return problem(entry.keyPlace, path, `is given twice; first in ${file}:${line}:${column}`, 'remove one of them');
}
