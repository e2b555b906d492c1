/** Every path that a document names exists, so that a document cannot describe a tree of last year. */
import { join, dirname } from 'node:path/posix';
import { example, lineAt } from './tree.ts';
import type { Finding, Rule, SourceFile, Tree } from './tree.ts';

const documents =
  /^(?:README|ARCHITECTURE|CONTRIBUTING|AGENTS|SECURITY|CLAUDE)\.md$|^docs\/.*\.md$|^(?:bench|test|examples)\/.*\.md$/;
const folders = /^(?:src|test|bench|docs|examples|bin|deploy|console|\.ci)\//;
/** How documents speak of the product: `stages/retry.ts` means `src/stages/retry.ts`. */
const rings =
  /^(?:kernel|wire|protocol|core|pipeline|stages|dispatch|catalog|access|guard|downstream|upstream|auth|net|seal|store|shared|observe|config|control|app|cli)\//;
const rootFile = /^(?:[A-Z]+(?:\.md)?|[\w.-]+\.(?:json|config\.ts))$/;
/** Names in capitals that are no files. */
const noFile = /^(?:[A-Z]+)$/;

export const documentRules: readonly Rule[] = [
  {
    name: 'paths that documents name exist',
    check: (tree) => tree.filter(({ path }) => documents.test(path)).flatMap((file) => missing(file, known(tree))),
    breaks: [
      example({ 'README.md': 'Read `src/pipeline/order.ts`.' }),
      example({ 'ARCHITECTURE.md': 'Read `pipeline/order.ts` first.' }),
      example({ 'AGENTS.md': 'See [the plan](docs/design/plan.md).' }),
      example({ 'docs/design/bounds.md': 'The list is in `src/{core,wire}/bounds.ts`.', 'src/core/bounds.ts': '' }),
      example({ 'CONTRIBUTING.md': 'Rules: `tsconfig.strict.json`.' }),
    ],
    allows: [
      example({
        'README.md':
          'Read `src/pipeline/order.ts`, `pipeline/order`, `src/pipeline/`, `src/*/order.ts:3`, [it](./src/pipeline/order.ts#L1).',
        'src/pipeline/order.ts': '',
        'docs/design/a.md':
          'See [above](../../README.md), [there](https://example.com/src/a.ts), `src/<folder>/x.ts`, `tools/list`.',
        'AGENTS.md': '```\nsrc/gone.ts and `src/gone.ts`\n```\n`npm test`, `PATH`',
      }),
    ],
  },
];

/** Files, their folders, and files without their ending. */
function known(tree: Tree): ReadonlySet<string> {
  const all = new Set<string>();
  for (const { path } of tree) {
    all.add(path).add(path.replace(/\.ts$/, ''));
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) all.add(folder);
  }
  return all;
}

function missing(file: SourceFile, all: ReadonlySet<string>): readonly Finding[] {
  // Blanked, not cut, so that lines keep their numbers.
  const text = file.text.replaceAll(/^```[^]*?^```/gm, (block) => block.replaceAll(/[^\n]/g, ' '));
  const named = [...text.matchAll(/`([^`\n]+)`/g)].filter(({ 1: name = '' }) => looksLikePath(name));
  const linked = [...text.matchAll(/\]\(([^)\s]+)\)/g)].filter(({ 1: name = '' }) => !/^(?:[a-z]+:|#|\/)/.test(name));
  const gone = (matches: readonly RegExpExecArray[], from: string): readonly Finding[] =>
    matches.flatMap(({ 1: name = '', index }) =>
      spelled(name)
        .filter((path) => !exists(path, from, all))
        .map((path) => ({ path: file.path, line: lineAt(text, index), says: `${path} does not exist` })),
    );
  return [...gone(named, ''), ...gone(linked, dirname(file.path))];
}

function looksLikePath(name: string): boolean {
  if (/[\s<>$"'()]|:\/\//.test(name)) return false;
  const path = name.replace(/^\.\//, '');
  return folders.test(path) || rings.test(path) || (rootFile.test(path) && !noFile.test(path));
}

/** `a/{b,c}.ts:12#x` is `a/b.ts` and `a/c.ts`. */
function spelled(name: string): readonly string[] {
  const plain = name
    .replace(/#.*$/, '')
    .replace(/:\d+(?:-\d+)?$/, '')
    .replace(/\/$/, '');
  const choice = /\{([^{}]*)\}/.exec(plain);
  if (!choice) return [plain];
  return (choice[1] ?? '').split(',').flatMap((part) => spelled(plain.replace(choice[0], part.trim())));
}

function exists(path: string, from: string, all: ReadonlySet<string>): boolean {
  const full = join(from, path);
  const spellings = rings.test(full) ? [full, `src/${full}`] : [full];
  return spellings.some((spelling) => (spelling.includes('*') ? matches(spelling, all) : all.has(spelling)));
}

function matches(pattern: string, all: ReadonlySet<string>): boolean {
  const escaped = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
  const expression = new RegExp(`^${escaped.replaceAll('**', '\0').replaceAll('*', '[^/]*').replaceAll('\0', '.*')}$`);
  return [...all].some((path) => expression.test(path));
}
