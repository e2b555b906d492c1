/** Who may import whom (ARCHITECTURE.md, "Who may import whom"). Tests beside the code may look further than the code they test. */
import { dirname, join } from 'node:path/posix';
import { facts } from './facts.ts';
import { example, product } from './tree.ts';
import type { Finding, Rule, SourceFile, Tree } from './tree.ts';

const rings: Readonly<Record<string, number>> = {
  kernel: 0,
  wire: 0,
  protocol: 1,
  core: 2,
  pipeline: 3,
  stages: 3,
  dispatch: 3,
  catalog: 3,
  access: 3,
  guard: 3,
  downstream: 4,
  upstream: 4,
  auth: 4,
  net: 4,
  seal: 4,
  store: 4,
  shared: 4,
  observe: 4,
  config: 5,
  control: 6,
  app: 7,
  cli: 8,
};

/** The package root: what an embedding program imports. */
export const root = 'src/index.ts';

/** Within the rings where folders are strangers to each other, these few are not. */
const acquainted = new Set([
  'wire>kernel',
  'pipeline>stages',
  'pipeline>dispatch',
  'stages>access',
  'stages>guard',
  'stages>catalog',
  'dispatch>catalog',
]);
const everybodysFriends = new Set(['net', 'seal']);

interface Edge {
  readonly from: SourceFile;
  readonly to: string;
  readonly runs: boolean;
  readonly line: number;
}

export const ringRules: readonly Rule[] = [
  {
    name: 'every folder under src is a ring, or belongs to none and is refused',
    check: (tree) =>
      product(tree)
        .filter(({ path }) => path !== root && rings[folderOf(path)] === undefined)
        .map(({ path }) => ({ path, line: 1, says: 'lies in no ring' })),
    breaks: [example({ 'src/services/tools.ts': '' }), example({ 'src/main.ts': '' })],
    allows: [example({ 'src/kernel/fault.ts': '', 'src/index.ts': '' })],
  },
  {
    name: 'imports point downwards',
    check: (tree) => judge(tree, (from, to) => rank(from) < rank(to), 'is in an outer ring'),
    breaks: [
      example({ 'src/kernel/a.ts': "import { b } from '../core/b.ts';" }),
      example({ 'src/stages/a.ts': "import type { B } from '../config/b.ts';" }),
      example({ 'src/protocol/a.ts': "export * from '../core/b.ts';" }),
      example({ 'src/app/a.ts': "const b = await import('../cli/b.ts');" }),
    ],
    allows: [
      example({ 'src/core/b.ts': "import { a } from '../kernel/a.ts';" }),
      example({ 'src/stages/retry.test.ts': "import { load } from '../config/load.ts';" }),
    ],
  },
  {
    name: 'engine and edges never import each other',
    check: (tree) =>
      judge(
        tree,
        (from, to) => rank(from) + rank(to) === 7 && Math.abs(rank(from) - rank(to)) === 1,
        'is over the wall',
      ),
    breaks: [
      example({ 'src/upstream/a.ts': "import { b } from '../stages/b.ts';" }),
      example({ 'src/catalog/a.ts': "import type { B } from '../seal/b.ts';" }),
    ],
    allows: [example({ 'src/upstream/a.ts': "import type { B } from '../core/ports/b.ts';" })],
  },
  {
    name: 'folders of one ring are strangers but for those who were introduced',
    check: (tree) => judge(tree, (from, to) => rank(from) === rank(to) && !introduced(from, to), 'is a stranger'),
    breaks: [
      example({ 'src/stages/a.ts': "import { b } from '../dispatch/b.ts';" }),
      example({ 'src/catalog/a.ts': "import { b } from '../stages/b.ts';" }),
      example({ 'src/downstream/a.ts': "import { b } from '../upstream/b.ts';" }),
      example({ 'src/kernel/a.ts': "import { b } from '../wire/b.ts';" }),
    ],
    allows: [
      example({ 'src/pipeline/a.ts': "import { b } from '../stages/b.ts';" }),
      example({ 'src/dispatch/a.ts': "import { b } from '../catalog/b.ts';" }),
      example({ 'src/upstream/a.ts': "import { b } from '../net/b.ts';" }),
    ],
  },
  {
    name: 'a revision is imported at the edges and in protocol only',
    check: (tree) =>
      edges(tree)
        .filter(
          ({ from, to }) =>
            /\/rev20\d\d\//.test(to) && !/^src\/(?:downstream|upstream\/mcp|protocol)\//.test(from.path),
        )
        .map((edge) => finding(edge, 'is a revision')),
    breaks: [
      example({ 'src/stages/a.ts': "import { b } from '../protocol/rev2026/errors.ts';" }),
      example({ 'src/upstream/link/a.ts': "import { b } from '../../protocol/rev2025/envelope.ts';" }),
    ],
    allows: [example({ 'src/upstream/mcp/leg.ts': "import { b } from '../../protocol/rev2025/envelope.ts';" })],
  },
  {
    name: 'imports form no cycle, but types may name each other',
    check: cycles,
    breaks: [
      example({ 'src/core/a.ts': "import { b } from './b.ts';", 'src/core/b.ts': "import './a.ts';" }),
      example({ 'src/core/a.ts': "import { a } from './a.ts';" }),
      example({
        'src/kernel/a.ts': "export { b } from './b.ts';",
        'src/kernel/b.ts': "import { c } from './c.ts';",
        'src/kernel/c.ts': "import { a } from './a.ts';",
      }),
    ],
    allows: [
      example({
        'src/core/a.ts': "import { b } from './b.ts'; import { c } from './c.ts';",
        'src/core/b.ts': "import { c } from './c.ts';",
        'src/core/c.ts': "import type { A } from './a.ts';",
      }),
    ],
  },
];

function judge(tree: Tree, forbidden: (from: string, to: string) => boolean, says: string): readonly Finding[] {
  return edges(tree)
    .filter(({ from }) => from.path !== root)
    .filter(({ from, to }) => folderOf(from.path) !== folderOf(to) && forbidden(folderOf(from.path), folderOf(to)))
    .map((edge) => finding(edge, says));
}

function edges(tree: Tree): readonly Edge[] {
  return product(tree).flatMap((from) =>
    facts(from)
      .imports.filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier, values, line }) => ({
        from,
        to: join(dirname(from.path), specifier),
        runs: values.length > 0,
        line,
      })),
  );
}

function finding({ from, to, line }: Edge, says: string): Finding {
  return { path: from.path, line, says: `${to} ${says}` };
}

function folderOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function introduced(from: string, to: string): boolean {
  return everybodysFriends.has(to) || acquainted.has(`${from}>${to}`);
}

/** What no ring knows is outermost; the first rule has named it. */
function rank(folder: string): number {
  return rings[folder] ?? 9;
}

/** Each file is entered once; meeting one again that is still being walked closes a circle. */
function cycles(tree: Tree): readonly Finding[] {
  const outgoing = Map.groupBy(
    edges(tree).filter(({ runs }) => runs),
    ({ from }) => from.path,
  );
  const walked = new Map<string, 'open' | 'done'>();
  const found: Finding[] = [];
  const walk = (path: string): void => {
    walked.set(path, 'open');
    for (const edge of outgoing.get(path) ?? []) {
      const met = walked.get(edge.to);
      if (met === 'open') found.push(finding(edge, 'leads back here'));
      else if (met === undefined) walk(edge.to);
    }
    walked.set(path, 'done');
  };
  for (const path of outgoing.keys()) if (!walked.has(path)) walk(path);
  return found;
}
