/**
 * A configuration as it was written: maps, lists and scalars, each knowing its place. A tree belongs to the load that made it and is
 * changed in place by it: interpolation puts text into scalars, and what has already been complained about is marked `refused`.
 */
import type { Problem } from './source.ts';

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface ScalarTree {
  readonly kind: 'scalar';
  readonly place: Place;
  value: string | number | boolean | null;
  /** There is a problem about it already; nothing more is said about it or anything that depends on it. */
  refused: boolean;
}

export interface ListTree {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: Tree[];
}

export interface Entry {
  readonly keyPlace: Place;
  readonly value: Tree;
}

export interface MapTree {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: Map<string, Entry>;
}

export type Tree = ScalarTree | ListTree | MapTree;
export type Path = readonly (string | number)[];

export interface Found {
  /** Of the key, or of the nearest thing around it that was written. */
  readonly keyPlace: Place;
  /** Absent when nothing was written there. */
  readonly value: Tree | undefined;
}

export function refused(place: Place): ScalarTree {
  return { kind: 'scalar', place, value: null, refused: true };
}

export function find(tree: Tree, path: Path): Found {
  let found: Found = { keyPlace: tree.place, value: tree };
  for (const step of path) {
    const next = below(found.value, step);
    if (next === undefined) return { keyPlace: found.keyPlace, value: undefined };
    found = next;
    if (found.value?.kind === 'scalar' && found.value.refused) return found;
  }
  return found;
}

export function isRefused(tree: Tree | undefined): boolean {
  return tree?.kind === 'scalar' && tree.refused;
}

/** Plain data, for validation. Keys were judged when the tree was made, so none is `__proto__`. */
export function plain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(plain);
  return Object.fromEntries([...tree.entries].map(([key, entry]) => [key, plain(entry.value)]));
}

export function* scalars(tree: Tree, path: Path = []): Generator<{ scalar: ScalarTree; path: Path }> {
  if (tree.kind === 'scalar') yield { scalar: tree, path };
  else if (tree.kind === 'list')
    for (const [index, item] of tree.items.entries()) yield* scalars(item, [...path, index]);
  else for (const [key, entry] of tree.entries) yield* scalars(entry.value, [...path, key]);
}

/** `servers.github.args[1]` */
export function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

export function problem(place: Place, path: Path, message: string, mend?: string): Problem {
  return { file: place.file, line: place.line, column: place.column, path: pathText(path), message, mend };
}

function below(tree: Tree | undefined, step: string | number): Found | undefined {
  if (tree?.kind === 'map') {
    const entry = tree.entries.get(String(step));
    return entry && { keyPlace: entry.keyPlace, value: entry.value };
  }
  const item = tree?.kind === 'list' && typeof step === 'number' ? tree.items[step] : undefined;
  return item && { keyPlace: item.place, value: item };
}
