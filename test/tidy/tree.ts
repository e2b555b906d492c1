/** The project as the rules see it: paths and texts, so that a breaking example is as easy to write down as the real tree is to read. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SourceFile {
  /** From the project's folder, with slashes. */
  readonly path: string;
  readonly text: string;
}

export type Tree = readonly SourceFile[];

export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly says: string;
}

/** A rule cannot be written without an example that breaks it and one that it lets pass. */
export interface Rule {
  readonly name: string;
  readonly check: (tree: Tree) => readonly Finding[];
  readonly breaks: readonly [Tree, ...Tree[]];
  readonly allows: readonly [Tree, ...Tree[]];
}

const notOurs = new Set(['node_modules', 'dist', 'coverage', '.git', '.build', 'tmp']);
const readable = /\.(?:ts|js|json|md|yaml|sh|c|lua)$|^\.ci\/|^[A-Z]+$/;

/** Every file of the project; texts only of those that a rule can want to read. */
export function readTree(root: string, folder = ''): Tree {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry): Tree => {
    if (notOurs.has(entry.name)) return [];
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return readTree(root, path);
    return entry.isFile() ? [{ path, text: readable.test(path) ? readFileSync(join(root, path), 'utf8') : '' }] : [];
  });
}

/** TypeScript under `src`, without tests: what the product is made of. */
export function product(tree: Tree): Tree {
  return tree.filter(({ path }) => path.startsWith('src/') && path.endsWith('.ts') && !path.endsWith('.test.ts'));
}

export function typescript(tree: Tree): Tree {
  return tree.filter(({ path }) => path.endsWith('.ts'));
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Writes an example as one would a folder: path, then the lines of the file. */
export function example(files: Readonly<Record<string, string>>): Tree {
  return Object.entries(files).map(([path, text]) => ({ path, text }));
}
