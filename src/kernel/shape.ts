/** What is looked for in a JSON text: members by path, compiled once, each with a slot for where it stands. */
import { parseJson } from './json.ts';

/** Members to find; `null` is a value of any kind, an object is looked into one level deeper. */
export interface ShapeSource {
  readonly [key: string]: ShapeSource | null;
}

export interface ShapeKey {
  readonly name: string;
  readonly bytes: Buffer;
  readonly slot: number;
  readonly inner: ShapeNode | undefined;
}

export interface ShapeNode {
  readonly keys: readonly ShapeKey[];
  /** Keys by length in bytes. */
  readonly byLength: readonly (readonly ShapeKey[] | undefined)[];
  /** Refuses keys that differ from a known one only by case or compatibility form (Go's decoder would take them for it). */
  readonly caseStrict: boolean;
  /** Deepest in the shape: its members are counted. */
  readonly isInnermost: boolean;
}

export interface Shape {
  readonly root: ShapeNode;
  /** Dotted path to slot number. */
  readonly slots: ReadonlyMap<string, number>;
  /** The spans of a text that holds nothing of it. */
  readonly blank: readonly number[];
}

/** Compiles a shape. `caseStrict` names the dotted paths of objects whose keys are checked for case; '' is the root. */
export function compileShape(source: ShapeSource, caseStrict: readonly string[] = []): Shape {
  const slots = new Map<string, number>();
  const compile = (object: ShapeSource, path: string): ShapeNode => {
    const keys = Object.entries(object).map(([name, inner]): ShapeKey => {
      const at = path === '' ? name : `${path}.${name}`;
      const slot = slots.size;
      slots.set(at, slot);
      return { name, bytes: Buffer.from(name), slot, inner: inner ? compile(inner, at) : undefined };
    });
    const byLength: ShapeKey[][] = [];
    for (const key of keys) (byLength[key.bytes.length] ??= []).push(key);
    const isInnermost = path !== '' && keys.every((key) => key.inner === undefined);
    return { keys, byLength, caseStrict: caseStrict.includes(path), isInnermost };
  };
  const root = compile(source, '');
  return { root, slots, blank: Array.from({ length: slots.size * 2 }, () => 0) };
}

/** The key whose bytes, without quotes and escapes, are `bytes[start, end)`. */
export function knownKey(node: ShapeNode, bytes: Buffer, start: number, end: number): ShapeKey | undefined {
  const candidates = node.byLength[end - start];
  if (!candidates) return undefined;
  for (const key of candidates) if (holds(bytes, key.bytes, start)) return key;
  return undefined;
}

/** Longer keys than this are none that is looked for, however they are written. Bytes. */
const MAX_UNUSUAL = 512;

/** Keys with escapes are compared decoded; `miscased` for one that only folds to a known one where that matters. Quotes included. */
export function unusualKey(
  node: ShapeNode,
  bytes: Buffer,
  start: number,
  end: number,
): ShapeKey | 'miscased' | undefined {
  if (end - start > MAX_UNUSUAL) return undefined;
  const name = parseJson(bytes.subarray(start, end));
  if (typeof name !== 'string') return undefined;
  const folded = fold(name);
  let isMiscased = false;
  for (const key of node.keys) {
    if (key.name === name) return key;
    if (node.caseStrict && fold(key.name) === folded) isMiscased = true;
  }
  return isMiscased ? 'miscased' : undefined;
}

/** A loop beats `Buffer.compare`, which allocates, on names this short. */
function holds(bytes: Buffer, name: Buffer, start: number): boolean {
  for (let i = 0; i < name.length; i += 1) if (bytes[start + i] !== name[i]) return false;
  return true;
}

const fold = (name: string): string => name.normalize('NFKC').toLowerCase();
