/** What the rules ask of one TypeScript file, read from its syntax tree: imports, functions, names in use, comments, state of the module. */
import { parseSync, Visitor } from 'vite';
import type { ESTree } from 'vite';
import { lineAt } from './tree.ts';
import type { SourceFile } from './tree.ts';

export interface Import {
  readonly specifier: string;
  /** What is imported as a value; `*` for the whole module or its effects, nothing for types. */
  readonly values: readonly string[];
  readonly line: number;
}

export interface Found {
  readonly name: string;
  readonly line: number;
}

export interface Facts {
  readonly imports: readonly Import[];
  readonly functions: readonly (Found & { readonly lines: number })[];
  /** `process.env`, `Date.now`, `setTimeout()`, `new Date()`: dotted names read, plain names called, classes made. */
  readonly uses: readonly Found[];
  readonly comments: readonly Found[];
  /** Bindings of the module that change while it runs. */
  readonly state: readonly Found[];
  /** Types, classes, functions and constants declared at the top. */
  readonly declared: readonly Found[];
  /** True when the file does nothing but hand on what other files export. */
  readonly barrel: boolean;
}

const known = new WeakMap<SourceFile, Facts>();

export function facts(file: SourceFile): Facts {
  const held = known.get(file);
  if (held) return held;
  const made = read(file);
  known.set(file, made);
  return made;
}

function read(file: SourceFile): Facts {
  const { program, comments, module, errors } = parseSync(file.path, file.text, { lang: 'ts' });
  if (errors[0]) throw new Error(`${file.path}: ${errors[0].message}`);
  const at = (offset: number): number => lineAt(file.text, offset);
  const body = program.body;
  return {
    imports: [...imports(module, at), ...laterImports(program, at)],
    functions: functions(program, at),
    uses: uses(program, at),
    comments: comments.map(({ value, start }) => ({ name: value, line: at(start) })),
    state: state(program, at),
    declared: body.flatMap((node) => declared(node, at)),
    barrel: body.length > 0 && body.every((node) => node.type.startsWith('Export') && 'source' in node && node.source),
  };
}

type At = (offset: number) => number;
type Module = ReturnType<typeof parseSync>['module'];

function imports(module: Module, at: At): readonly Import[] {
  const incoming = module.staticImports.map(({ moduleRequest, entries, start }) => ({
    specifier: moduleRequest.value,
    values:
      entries.length === 0
        ? ['*']
        : entries.filter(({ isType }) => !isType).map(({ importName }) => importName.name ?? '*'),
    line: at(start),
  }));
  const handedOn = module.staticExports.flatMap(({ entries, start }) =>
    entries.flatMap(({ moduleRequest, importName, isType }) => {
      if (!moduleRequest) return [];
      return [{ specifier: moduleRequest.value, values: isType ? [] : [importName.name ?? '*'], line: at(start) }];
    }),
  );
  return [...incoming, ...handedOn];
}

/** `import('x')`, as a value and as a type. */
function laterImports(program: ESTree.Program, at: At): readonly Import[] {
  const found: Import[] = [];
  new Visitor({
    ImportExpression({ source, start }) {
      if (source.type === 'Literal') found.push({ specifier: String(source.value), values: ['*'], line: at(start) });
    },
    TSImportType({ source, start }) {
      found.push({ specifier: source.value, values: [], line: at(start) });
    },
  }).visit(program);
  return found;
}

function functions(program: ESTree.Program, at: At): Facts['functions'] {
  const found: (Found & { lines: number })[] = [];
  const add = ({ id, start, end }: ESTree.Function | ESTree.ArrowFunctionExpression): void => {
    const name = id?.name ?? 'a function';
    found.push({ name, line: at(start), lines: at(end) - at(start) + 1 });
  };
  new Visitor({ FunctionDeclaration: add, FunctionExpression: add, ArrowFunctionExpression: add }).visit(program);
  return found;
}

function uses(program: ESTree.Program, at: At): readonly Found[] {
  const found: Found[] = [];
  new Visitor({
    MemberExpression(node) {
      const name = dotted(node);
      if (name !== undefined) found.push({ name, line: at(node.start) });
    },
    CallExpression({ callee, start }) {
      if (callee.type === 'Identifier') found.push({ name: `${callee.name}()`, line: at(start) });
    },
    NewExpression({ callee, arguments: given, start }) {
      if (callee.type !== 'Identifier') return;
      found.push({ name: `new ${callee.name}(${given.length === 0 ? '' : '…'})`, line: at(start) });
    },
    VariableDeclarator({ id, init, start }) {
      if (id.type === 'ObjectPattern' && init?.type === 'Identifier')
        found.push({ name: `{} = ${init.name}`, line: at(start) });
    },
  }).visit(program);
  return found;
}

/** `a.b` of `a.b`, of `globalThis.a.b` and of `a['b']`; `b.c` is not asked of `a.b.c`, only `a.b`. */
function dotted({ object, property, computed }: ESTree.MemberExpression): string | undefined {
  const right = computed
    ? property.type === 'Literal' && String(property.value)
    : property.type === 'Identifier' && property.name;
  if (right === false) return undefined;
  if (object.type === 'Identifier') return object.name === 'globalThis' ? `${right}()` : `${object.name}.${right}`;
  const outer = object.type === 'MemberExpression' ? object.object : undefined;
  if (outer?.type !== 'Identifier' || outer.name !== 'globalThis') return undefined;
  const left = object.type === 'MemberExpression' && object.property.type === 'Identifier' ? object.property.name : '';
  return `${left}.${right}`;
}

const changes = /^(?:set|add|delete|clear|push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin)$/;

/** `let` at the top, static fields that are not readonly, and containers that some function changes. Filling one on load is no state. */
function state(program: ESTree.Program, at: At): readonly Found[] {
  const held = new Map<string, number>();
  const found: Found[] = [];
  for (const node of program.body) {
    const inner = node.type === 'ExportNamedDeclaration' ? node.declaration : node;
    if (inner?.type !== 'VariableDeclaration' || inner.declare) continue;
    for (const { id, init, start } of inner.declarations) {
      if (id.type !== 'Identifier') continue;
      if (inner.kind !== 'const') found.push({ name: id.name, line: at(start) });
      else if (init && /^(?:New|Array|Object)Expression$/.test(init.type)) held.set(id.name, at(start));
    }
  }
  const changed = (name: string): void => {
    const line = held.get(name);
    if (line !== undefined) found.push({ name, line });
  };
  visitChanges(program, changed, (name, start) => found.push({ name, line: at(start) }));
  return found;
}

function visitChanges(
  program: ESTree.Program,
  changed: (name: string) => void,
  field: (name: string, start: number) => void,
): void {
  let depth = 0;
  const enter = (): void => void (depth += 1);
  const leave = (): void => void (depth -= 1);
  const written = (to: ESTree.Node): void => {
    if (depth > 0 && to.type === 'MemberExpression' && to.object.type === 'Identifier') changed(to.object.name);
  };
  new Visitor({
    FunctionDeclaration: enter,
    'FunctionDeclaration:exit': leave,
    FunctionExpression: enter,
    'FunctionExpression:exit': leave,
    ArrowFunctionExpression: enter,
    'ArrowFunctionExpression:exit': leave,
    AssignmentExpression: ({ left }) => written(left),
    UpdateExpression: ({ argument }) => written(argument),
    UnaryExpression: ({ operator, argument }) => operator === 'delete' && written(argument),
    CallExpression({ callee }) {
      if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return;
      if (changes.test(callee.property.name)) written(callee);
    },
    PropertyDefinition({ static: fixed, readonly, declare, key, start }) {
      if (fixed && !readonly && !declare)
        field('name' in key && typeof key.name === 'string' ? key.name : 'a static field', start);
    },
  }).visit(program);
}

function declared(node: ESTree.Node, at: At): readonly Found[] {
  const inner = node.type === 'ExportNamedDeclaration' ? node.declaration : node;
  if (!inner) return [];
  if (inner.type === 'VariableDeclaration') {
    return inner.declarations.flatMap(({ id, start }) =>
      id.type === 'Identifier' ? [{ name: id.name, line: at(start) }] : [],
    );
  }
  const named = 'id' in inner && inner.id && 'name' in inner.id ? inner.id.name : undefined;
  return named === undefined ? [] : [{ name: named, line: at(inner.start) }];
}
