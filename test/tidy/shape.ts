/** How a file looks: its length, its first comment, its words, what it leaves lying about. */
import { basename } from 'node:path/posix';
import { facts } from './facts.ts';
import type { Found } from './facts.ts';
import { example, lineAt, product, typescript } from './tree.ts';
import type { Finding, Rule, SourceFile, Tree } from './tree.ts';

const FILE_LINES = 300;
const FUNCTION_LINES = 60;

/** May be longer, by name and with the reason. A state machine is never cut in two to please a number. */
const longFiles: Readonly<Record<string, string>> = {
  'src/kernel/scan.ts': 'the grammar of JSON as one state machine',
};
/** `path name`. */
const longFunctions: Readonly<Record<string, string>> = {};

const patternWord = /^(?:utils?|helpers?|common|misc|managers?|handlers?|services?|processors?|base|impl)$/;
const ageWord = /^(?:legacy|modern|new|old)$/;
/** Says a revision, where the engine must not know that there are any. */
const revisionWord = /rev20|2024-|2025-|2026-|legacy|modern|initialize|Mcp-Session/gi;
const engine = /^src\/(?:core|pipeline|stages|dispatch|catalog|access|guard)\//;

export const shapeRules: readonly Rule[] = [
  {
    name: `files have at most ${FILE_LINES} lines`,
    check: (tree) =>
      typescript(tree)
        .filter(({ path, text }) => lines(text) > FILE_LINES !== path in longFiles)
        .map(({ path, text }) => ({ path, line: 1, says: `has ${lines(text)} lines` })),
    breaks: [
      example({ 'src/core/a.ts': 'let a;\n'.repeat(301) }),
      example({ 'test/a.test.ts': '\n'.repeat(301) }),
      // An exception that is no longer needed.
      example({ 'src/kernel/scan.ts': 'let a;\n' }),
    ],
    allows: [example({ 'src/core/a.ts': 'let a;\n'.repeat(300) })],
  },
  {
    name: `functions have at most ${FUNCTION_LINES} lines`,
    check: (tree) =>
      each(notTests(tree), (file) =>
        facts(file)
          .functions.filter(
            ({ name, lines: length }) => length > FUNCTION_LINES && !(`${file.path} ${name}` in longFunctions),
          )
          .map(({ name, line, lines: length }) => ({ line, name: `${name} has ${length} lines` })),
      ),
    breaks: [
      example({ 'src/core/a.ts': `function a() {${'\n'.repeat(60)}}` }),
      example({ 'src/core/a.ts': `class A { b() {${'\n'.repeat(60)}} }` }),
      example({ 'bench/a.ts': `const a = () => {${'\n'.repeat(60)}};` }),
    ],
    allows: [
      example({
        'src/core/a.ts': `function a() {${'\n'.repeat(59)}}`,
        'src/core/a.test.ts': `it('a', () => {${'\n'.repeat(90)}});`,
      }),
    ],
  },
  {
    name: 'a file begins with what it is',
    check: (tree) =>
      typescript(tree)
        .filter(({ text }) => !/^(?:#!.*\n)?\/\*\*[^]*?\S[^]*?\*\//.test(text))
        .map(({ path }) => ({ path, line: 1, says: 'does not begin with a /** comment' })),
    breaks: [
      example({ 'src/core/a.ts': 'const a = 1;' }),
      example({ 'src/core/a.test.ts': "import { a } from './a.ts';\n/** Late. */" }),
    ],
    allows: [
      example({
        'src/core/a.ts': '/** A number. */\nconst a = 1;',
        'bench/run.ts': '#!/usr/bin/env node\n/** Runs. */',
      }),
    ],
  },
  {
    name: 'files are named after a noun of the domain',
    check: (tree) =>
      tree
        .filter(({ path }) => path.endsWith('.ts'))
        .filter(({ path }) => path.split(/[/.-]/).some((word) => patternWord.test(word) || ageWord.test(word)))
        .map(({ path }) => ({ path, line: 1, says: 'is named after a pattern or an age' })),
    breaks: [
      example({ 'src/core/call-helper.ts': '' }),
      example({ 'src/services/call.ts': '' }),
      example({ 'test/utils.ts': '' }),
      example({ 'src/downstream/modern.ts': '' }),
    ],
    allows: [example({ 'src/core/renewal.ts': '', 'src/kernel/basement.ts': '' })],
  },
  {
    name: 'files are kebab-case',
    check: (tree) =>
      typescript(tree)
        .filter(({ path }) => !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|config|d))?\.ts$/.test(basename(path)))
        .map(({ path }) => ({ path, line: 1, says: 'is not kebab-case' })),
    breaks: [example({ 'src/core/callTrail.ts': '' }), example({ 'src/core/Call.ts': '' })],
    allows: [example({ 'src/core/call-trail.test.ts': '', 'vitest.config.ts': '' })],
  },
  {
    name: 'types, classes and functions are not named after patterns',
    check: (tree) =>
      each(product(tree), (file) =>
        facts(file)
          .declared.filter(({ name }) => words(name).some((word) => patternWord.test(word)))
          .map(({ name, line }) => ({ line, name: `${name} is named after a pattern` })),
      ),
    breaks: [
      example({ 'src/core/a.ts': 'export class CallManager {}' }),
      example({ 'src/core/a.ts': 'interface HelperOptions {}' }),
      example({ 'src/core/a.ts': 'const baseSettings = {};' }),
    ],
    allows: [example({ 'src/core/a.ts': 'export class Database {}\nfunction serve() {}' })],
  },
  {
    name: 'the engine has no revision word, not even in a comment',
    check: (tree) =>
      each(
        tree.filter(({ path }) => engine.test(path)),
        ({ text }) =>
          [...text.matchAll(revisionWord)].map(({ 0: name, index }) => ({
            line: lineAt(text, index),
            name: `says ${name}`,
          })),
      ),
    breaks: [
      example({ 'src/stages/a.ts': "if (revision === '2026-07-28') go();" }),
      example({ 'src/core/a.ts': '/** For legacy clients. */' }),
      example({ 'src/dispatch/a.test.ts': "it('answers initialize', () => {});" }),
    ],
    allows: [
      example({
        'src/downstream/a.ts': "const id = headers['mcp-session-id'];",
        'src/core/a.ts': '/** Any revision. */',
      }),
    ],
  },
  {
    name: 'revisions have the same file names',
    check: revisions,
    breaks: [
      example({ 'src/protocol/rev2025/errors.ts': '', 'src/protocol/rev2026/faults.ts': '' }),
      example({
        'src/protocol/rev2026/errors.ts': '',
        'src/protocol/rev2026/differences.ts': '',
        'src/protocol/rev2025/errors.ts': '',
      }),
    ],
    allows: [
      example({
        'src/protocol/rev2025/errors.ts': '',
        'src/protocol/rev2025/differences.ts': '',
        'src/protocol/rev2026/errors.ts': '',
      }),
      example({
        'src/protocol/rev2026/errors.ts': '',
        'src/protocol/rev2026/errors.test.ts': '',
        'src/protocol/rev2025/errors.ts': '',
      }),
    ],
  },
  {
    name: 'modules hold no state',
    check: (tree) =>
      each(product(tree), (file) =>
        facts(file).state.map(({ name, line }) => ({ line, name: `${name} is state of the module` })),
      ),
    breaks: [
      example({ 'src/core/a.ts': 'let count = 0;' }),
      example({ 'src/core/a.ts': 'const seen = new Map();\nexport function see(a) { seen.set(a, 1); }' }),
      example({ 'src/core/a.ts': 'const seen = {};\nexport const see = (a) => { seen[a] = 1; };' }),
      example({ 'src/core/a.ts': 'export class A { static count = 0; }' }),
    ],
    allows: [
      example({ 'src/core/a.ts': 'const table = new Map([[1, 2]]);\nexport const get = (a) => table.get(a);' }),
      example({ 'src/core/a.ts': 'const bits = new Uint8Array(9);\nfor (const b of [1]) bits[b] = 1;' }),
      example({ 'src/core/a.ts': 'export function count() { const seen = new Set(); seen.add(1); return seen; }' }),
    ],
  },
  {
    name: 'nothing is left for later in a comment',
    check: (tree) =>
      each(typescript(tree), (file) =>
        facts(file)
          .comments.filter(({ name }) => /\b(?:TODO|FIXME|XXX|HACK)\b/.test(name))
          .map(({ line }) => ({ line, name: 'leaves something for later' })),
      ),
    breaks: [example({ 'src/core/a.ts': '// TODO: later' }), example({ 'test/a.ts': '/* FIXME */' })],
    allows: [example({ 'src/core/a.ts': "const a = 'TODO';" })],
  },
  {
    name: 'no test is skipped, and none runs alone',
    check: (tree) =>
      each(typescript(tree), (file) =>
        facts(file)
          .uses.filter(({ name }) => /^(?:it|test|describe|suite|bench)\.(?:only|skip|todo|skipIf|runIf)$/.test(name))
          .map(({ name, line }) => ({ line, name })),
      ),
    breaks: [
      example({ 'src/core/a.test.ts': "it.only('a', () => {});" }),
      example({ 'test/a.test.ts': "describe.skip('a', () => {});" }),
      example({ 'test/a.test.ts': "it.skip.each([1])('a', () => {});" }),
    ],
    allows: [example({ 'test/a.test.ts': "it.each([1])('a', () => { list.skip(1); });" })],
  },
];

function lines(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

function notTests(tree: Tree): Tree {
  return typescript(tree).filter(({ path }) => !path.endsWith('.test.ts'));
}

function words(name: string): readonly string[] {
  return name.split(/(?=[A-Z])|_/).map((word) => word.toLowerCase());
}

function each(tree: Tree, look: (file: SourceFile) => readonly Found[]): readonly Finding[] {
  return tree.flatMap((file) => look(file).map(({ name, line }) => ({ path: file.path, line, says: name })));
}

const ALONE = ['differences.ts', 'input.ts'];

function revisions(tree: Tree): readonly Finding[] {
  const folders = Map.groupBy(
    product(tree).filter(({ path }) => /^src\/protocol\/rev20\d\d\//.test(path)),
    ({ path }) => path.split('/')[2] ?? '',
  );
  const all = new Set([...folders.values()].flat().map(({ path }) => basename(path)));
  // How the older revisions differ among themselves is theirs alone, and so are questions that travel as requests.
  for (const name of ALONE) all.delete(name);
  return [...folders].flatMap(([folder, files]) => {
    const here = new Set(files.map(({ path }) => basename(path)));
    const missing = [...all].filter((name) => !here.has(name));
    const extra = ALONE.filter((name) => here.has(name) && folder !== 'rev2025');
    return [...missing, ...extra].map((name) => ({
      path: `src/protocol/${folder}/${name}`,
      line: 1,
      says: 'is in one revision only',
    }));
  });
}
