/**
 * YAML 1.2 text to a tree with places. Refuses what makes a configuration mean something else than it looks like: tags, merge keys,
 * duplicate keys, keys that are no text, several documents. Plain anchors and aliases are allowed, within a bound.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Alias, Document, Node, Pair, Scalar, YAMLMap, YAMLParseError } from 'yaml';
import type { Problem } from './source.ts';
import { problem, refused } from './tree.ts';
import type { Entry, MapTree, Path, Place, Tree } from './tree.ts';

/** Bounds of one file; aliases count each time they are used. */
const MAX_VALUES = 50_000;
const MAX_DEPTH = 64;
/** More of one file are not told: nobody mends so many at once. */
export const MAX_PROBLEMS = 1000;
const MAX_ERRORS = 20;
const TOO_DEEP = ['is nested too deeply', `at most ${MAX_DEPTH} levels are read`] as const;
/** Of a path that is too deep, enough to find it by. */
const SHOWN_DEPTH = 4;

export interface Parsed {
  /** Absent when the text is no YAML map. */
  readonly tree: MapTree | undefined;
  readonly problems: readonly Problem[];
}

/** @param language what the writer believes to write; JSON is a part of YAML. */
export function parse(text: string, file: string, language: 'YAML' | 'JSON' = 'YAML'): Parsed {
  const lines = new LineCounter();
  const start: Place = { file, line: 1, column: 1 };
  let document: Document.Parsed;
  let meant: ReadonlyMap<Alias, Node>;
  try {
    document = parseDocument(text, {
      lineCounter: lines,
      uniqueKeys: false,
      prettyErrors: false,
      version: '1.2',
      stringKeys: false,
    });
    meant = meanings(document);
  } catch {
    // the parser recurses: what is nested thousands deep ends here
    return { tree: undefined, problems: [problem(start, [], ...TOO_DEEP)] };
  }
  const reader = new Reader(meant, lines, file);
  if (document.errors.length > 0) {
    return { tree: undefined, problems: complaints(document.errors, reader, language) };
  }
  const contents: unknown = document.contents;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    return { tree: { kind: 'map', place: start, entries: new Map() }, problems: [] };
  }
  const tree = reader.read(contents, []);
  if (tree.kind === 'map') return { tree, problems: reader.problems };
  if (reader.problems.length === 0) reader.complain(tree.place, [], 'must be a map of keys', 'begin with `servers:`');
  return { tree: undefined, problems: reader.problems };
}

class Reader {
  readonly problems: Problem[] = [];
  readonly #meant: ReadonlyMap<Alias, Node>;
  readonly #lines: LineCounter;
  readonly #file: string;
  #values = 0;
  #hasStopped = false;

  constructor(meant: ReadonlyMap<Alias, Node>, lines: LineCounter, file: string) {
    this.#meant = meant;
    this.#lines = lines;
    this.#file = file;
  }

  at(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.#file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  complain(place: Place, path: Path, message: string, mend?: string): Tree {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem(place, path, message, mend));
    return refused(place);
  }

  read(node: unknown, path: Path): Tree {
    const place = this.#placeOf(node);
    this.#values += 1;
    if (this.#values > MAX_VALUES || path.length > MAX_DEPTH) return this.#stop(place, path);
    if (isAlias(node)) {
      const meant = this.#meant.get(node);
      if (meant) return this.read(meant, path);
      return this.complain(place, path, 'is an alias (*) of nothing', 'put it in quotes if it is text');
    }
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return refused(place);
    if (node.tag !== undefined) return this.complain(place, path, 'YAML tags are not allowed', 'write the plain value');
    if (isMap(node)) return this.#readMap(node, path, place);
    if (isSeq(node))
      return { kind: 'list', place, items: node.items.map((item, index) => this.read(item, [...path, index])) };
    return this.#readScalar(node, path, place);
  }

  /** Said once: an alias of what it stands in would lead here thousands of times. Nothing more is read. */
  #stop(place: Place, path: Path): Tree {
    const isFirst = !this.#hasStopped;
    this.#hasStopped = true;
    this.#values = MAX_VALUES;
    if (!isFirst) return refused(place);
    if (path.length > MAX_DEPTH) return this.complain(place, path.slice(0, SHOWN_DEPTH), ...TOO_DEEP);
    return this.complain(place, path, 'holds too many values', 'write it without so many aliases');
  }

  #readScalar(node: Scalar, path: Path, place: Place): Tree {
    const value: unknown = node.value;
    if (value === null) return this.complain(place, path, 'is empty', 'write a value, or remove the line');
    if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') {
      return { kind: 'scalar', place, value, refused: false };
    }
    return this.complain(place, path, 'is neither text, a number, true nor false');
  }

  #readMap(node: YAMLMap, path: Path, place: Place): MapTree {
    const entries = new Map<string, Entry>();
    for (const pair of node.items) this.#readPair(pair, path, entries);
    return { kind: 'map', place, entries };
  }

  #readPair(pair: Pair, path: Path, entries: Map<string, Entry>): void {
    const keyPlace = this.#placeOf(pair.key);
    if (!isScalar(pair.key) || pair.key.tag !== undefined) {
      this.complain(keyPlace, path, 'a key must be plain text');
      return;
    }
    const key = pair.key.source ?? String(pair.key.value);
    const own = [...path, key];
    const first = entries.get(key);
    if (key === '<<') this.complain(keyPlace, path, 'merge keys (<<) are not allowed', 'write the keys out');
    else if (key === '__proto__') this.complain(keyPlace, path, 'a key cannot be called __proto__');
    else if (first)
      this.complain(keyPlace, own, `is given twice; first in line ${first.keyPlace.line}`, 'remove one of them');
    // a key without a value has no node of its own to point at
    else
      entries.set(key, {
        keyPlace,
        value:
          pair.value === null
            ? this.complain(keyPlace, own, 'is empty', 'write a value, or remove the line')
            : this.read(pair.value, own),
      });
  }

  #placeOf(node: unknown): Place {
    const range = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : undefined;
    return this.at(range?.[0] ?? 0);
  }
}

/** The first of several that stand at one place says what is wrong; the others follow from it. */
function complaints(errors: readonly YAMLParseError[], reader: Reader, language: string): Problem[] {
  // the parser recurses, and catches what comes of it
  const deep = errors.find(({ message }) => message.includes('call stack'));
  if (deep) return [problem(reader.at(deep.pos[0]), [], ...TOO_DEEP)];
  const places = new Set<number>();
  const first = errors.filter(({ pos }) => !places.has(pos[0]) && places.add(pos[0])).slice(0, MAX_ERRORS);
  return first.map((error) => {
    const place = reader.at(error.pos[0]);
    if (error.code === 'MULTIPLE_DOCS')
      return problem(place, [], 'begins a second document', 'remove the `---`; name further files with include');
    return problem(place, [], `is no valid ${language}: ${wordsOf(error)}`);
  });
}

/**
 * What each alias stands for: the last anchor of its name before it. Asked one by one, each would make the document be walked through again,
 * and a small file of aliases would take minutes.
 */
function meanings(document: Document.Parsed): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const meant = new Map<Alias, Node>();
  visit(document, {
    Node: (_, node) => {
      const found = isAlias(node) ? anchors.get(node.source) : undefined;
      if (isAlias(node) && found) meant.set(node, found);
      else if (!isAlias(node) && node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return meant;
}

/** The parser quotes what it stumbled over, and that may be a secret: only what it says before is told. */
function wordsOf({ code, message }: YAMLParseError): string {
  if (code === 'BAD_DQ_ESCAPE') return 'invalid escape sequence';
  if (code === 'TAG_RESOLVE_FAILED') return 'YAML tags are not allowed';
  if (code === 'BAD_DIRECTIVE') return 'unknown directive';
  const [words = ''] = message.split(':', 1);
  return words.charAt(0).toLowerCase() + words.slice(1);
}
