/** One server of a client's file as a gatehouse.yaml would write it: `type` is judged, numbers become text, what is unknown is left out. */
import { literal } from './references.ts';
import type { Problem } from './source.ts';
import { problem, refused } from './tree.ts';
import type { Entry, MapTree, Path, Tree } from './tree.ts';

const KEPT = ['url', 'headers', 'command', 'args', 'env', 'cwd', 'disabled', 'description'];
const HTTP_TYPES = ['http', 'streamable-http', 'streamableHttp'];

export interface Made {
  readonly tree: Tree;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

export function serverTree(entry: Entry, { path, folder }: { path: Path; folder: string }): Made {
  // the schema says that it is no map
  if (entry.value.kind !== 'map') return { tree: entry.value, problems: [], warnings: [] };
  const given = entry.value.entries;
  const entries = new Map<string, Entry>();
  for (const key of KEPT) {
    const found = given.get(key);
    if (found) entries.set(key, { ...found, value: asText(key, found.value) });
  }
  const problems = judgeType(given.get('type'), path);
  if (problems.length > 0)
    for (const key of ['url', 'command']) if (entries.has(key)) entries.set(key, blank(entries.get(key) ?? entry));
  if (entries.has('command') && !entries.has('cwd')) {
    // It is put in before interpolation.
    entries.set('cwd', {
      keyPlace: entry.keyPlace,
      value: { kind: 'scalar', place: entry.keyPlace, value: literal(folder), refused: false },
    });
  }
  const ignored = [...given.keys()].filter((key) => key !== 'type' && !KEPT.includes(key));
  const warnings = ignored.length === 0 ? [] : [`${path.join('.')}: ignored ${ignored.slice(0, 10).join(', ')}`];
  return { tree: { ...entry.value, entries }, problems, warnings };
}

/** Numbers that are tried one by one. */
const COUNTED = 20;

/** Lower case, everything else becomes `-`; two that become equal are told apart by a number. */
export function rename(given: string, taken: ReadonlyMap<string, unknown>): string {
  const name = trimmed(given.toLowerCase().replace(/[^a-z0-9]+/g, '-')) || 'server';
  if (!taken.has(name)) return name;
  for (let number = 2; ; number += 1) {
    // A file of names that all become one would be counted through for each of them.
    if (number === COUNTED) number += taken.size;
    const next = `${trimmed(name.slice(0, 32 - String(number).length - 1))}-${number}`;
    if (!taken.has(next)) return next;
  }
}

function trimmed(name: string): string {
  return name.replace(/^-+/, '').slice(0, 32).replace(/-+$/, '');
}

function judgeType(type: Entry | undefined, path: Path): Problem[] {
  if (type === undefined) return [];
  const own = [...path, 'type'];
  const value = type.value.kind === 'scalar' ? type.value.value : undefined;
  if (value === 'sse')
    return [
      problem(
        type.value.place,
        own,
        'comes in a later version',
        'use the address of its streamable HTTP endpoint, with "type": "http"',
      ),
    ];
  if (value === 'stdio' || HTTP_TYPES.some((each) => each === value)) return [];
  return [problem(type.value.place, own, 'must be http or stdio')];
}

/** Clients put numbers and booleans into environments and arguments. */
function asText(key: string, tree: Tree): Tree {
  if (tree.kind === 'list' && key === 'args') return { ...tree, items: tree.items.map(scalarText) };
  if (tree.kind !== 'map' || (key !== 'env' && key !== 'headers')) return tree;
  return textMap(tree);
}

function textMap(tree: MapTree): MapTree {
  return {
    ...tree,
    entries: new Map([...tree.entries].map(([key, entry]) => [key, { ...entry, value: scalarText(entry.value) }])),
  };
}

function scalarText(tree: Tree): Tree {
  return tree.kind === 'scalar' && tree.value !== null ? { ...tree, value: String(tree.value) } : tree;
}

function blank(entry: Entry): Entry {
  return { ...entry, value: refused(entry.value.place) };
}
