/** Things that have one home: foreign packages, clocks, the environment, sockets, processes. Tests may do as they like. */
import { facts } from './facts.ts';
import type { Import } from './facts.ts';
import { root } from './rings.ts';
import { example, product } from './tree.ts';
import type { Finding, Rule, SourceFile, Tree } from './tree.ts';

/** Which folder may import which package of others. What is missing here is a decision that has not been made. */
const packages: Readonly<Record<string, readonly string[]>> = {
  wire: ['undici'],
  config: ['yaml', 'zod', 'chokidar'],
  cli: ['commander'],
  observe: ['pino', 'pino-pretty'],
};

export const homeRules: readonly Rule[] = [
  {
    name: 'packages of others are imported in their folder',
    check: (tree) =>
      imports(tree, ({ path }, { specifier }) => {
        if (specifier.startsWith('.') || specifier.startsWith('node:')) return false;
        const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
        return !(packages[path.split('/')[1] ?? ''] ?? []).includes(name);
      }),
    breaks: [
      example({ 'src/stages/a.ts': "import { z } from 'zod';" }),
      example({ 'src/config/a.ts': "import { request } from 'undici';" }),
      example({ 'src/upstream/a.ts': "import type { Tool } from '@modelcontextprotocol/client';" }),
      example({ 'src/kernel/a.ts': "import { join } from 'path';" }),
    ],
    allows: [example({ 'src/config/a.ts': "import { z } from 'zod'; import { join } from 'node:path';" })],
  },
  {
    name: 'no barrels but the package root',
    check: (tree) =>
      product(tree)
        .filter(({ path }) => path !== root)
        .filter((file) => file.path.endsWith('/index.ts') || facts(file).barrel)
        .map(({ path }) => ({ path, line: 1, says: 'hands on what other files export' })),
    breaks: [example({ 'src/core/index.ts': '' }), example({ 'src/core/all.ts': "export * from './call.ts';" })],
    allows: [example({ 'src/index.ts': "export * from './core/call.ts';", 'src/core/call.ts': 'export const a = 1;' })],
  },
  home({
    name: 'the environment is read by references and by the command line',
    at: /^src\/(?:config\/references(?:\/|\.ts)|cli\/)/,
    uses: /^(?:process\.env$|\{\} = process$|env\()/,
    modules: /^node:process$/,
    breaks: [
      'const home = process.env.HOME;',
      "const home = process['env'];",
      'const { env } = process;',
      "import { env } from 'node:process';",
    ],
    allows: {
      'src/config/references/env.ts': 'const home = process.env.HOME;',
      'src/app/a.ts': 'process.exitCode = 1;',
    },
  }),
  home({
    name: 'clocks and timers live in kernel/time',
    at: /^src\/kernel\/time\.ts$/,
    uses: /^(?:Date\.now|Date\(\)|new Date\(\)|performance\.\w+|process\.(?:hrtime|nextTick)|AbortSignal\.timeout|(?:set|clear)(?:Timeout|Interval|Immediate)\(\))$/,
    modules: /^node:(?:timers(?:\/promises)?|perf_hooks)$/,
    // How late the event loop runs is a figure of the process, not a clock.
    unless: (_, { specifier, values }) =>
      specifier === 'node:perf_hooks' && values.every((value) => value === 'monitorEventLoopDelay'),
    breaks: [
      'const at = Date.now();',
      'const at = new Date();',
      'const at = performance.now();',
      "import { performance } from 'node:perf_hooks';",
      'setTimeout(() => 1, 5);',
      'globalThis.setInterval(() => 1, 5);',
      'setImmediate(() => 1);',
      "import { setTimeout as pause } from 'node:timers/promises';",
      'const signal = AbortSignal.timeout(5);',
    ],
    allows: {
      'src/kernel/time.ts': 'setTimeout(() => Date.now(), 5);',
      'src/app/a.ts': 'const at = new Date(time.now());',
      'src/observe/a.ts': "import { monitorEventLoopDelay } from 'node:perf_hooks';",
    },
  }),
  home({
    name: 'JSON.parse is called in kernel/json',
    at: /^src\/kernel\/json\.ts$/,
    uses: /^JSON\.parse$/,
    breaks: ['JSON.parse(text);', 'lines.map(JSON.parse);'],
    allows: { 'src/kernel/json.ts': 'JSON.parse(text);', 'src/app/a.ts': 'JSON.stringify(1); // not JSON.parse' },
  }),
  home({
    name: 'random numbers come from crypto',
    at: /^never$/,
    uses: /^Math\.random$/,
    breaks: ['const id = Math.random();'],
    allows: { 'src/seal/a.ts': "import { randomBytes } from 'node:crypto';" },
  }),
  home({
    name: 'addresses are dialled in net',
    at: /^src\/net\//,
    uses: /^(?:fetch|WebSocket|EventSource)\(\)$|^new (?:WebSocket|EventSource)\(/,
    modules: /^node:(?:https?|http2|dgram|dns(?:\/promises)?|net|tls)$/,
    // Listening is wire's; judging an address and naming a type is everybody's.
    unless: ({ path }, { specifier, values }) =>
      /^node:(?:net|tls)$/.test(specifier) &&
      values.every(
        (value) =>
          /^(?:isIP|isIPv4|isIPv6|BlockList|SocketAddress)$/.test(value) ||
          (path.startsWith('src/wire/') && /^(?:createServer|Server)$/.test(value)),
      ),
    breaks: [
      "import { connect } from 'node:net';",
      "import tls from 'node:tls';",
      "import { request } from 'node:https';",
      "import { createServer } from 'node:net';",
      'await fetch(url);',
    ],
    allows: {
      'src/net/dial.ts': "import { connect } from 'node:tls';",
      'src/wire/http1/server.ts': "import { createServer, type Socket } from 'node:net';",
      'src/config/a.ts': "import { isIP } from 'node:net'; import type { Socket } from 'node:net';",
    },
  }),
  home({
    name: 'processes are started in upstream/link/process',
    at: /^src\/upstream\/link\/process(?:\/|\.ts|-)/,
    modules: /^node:(?:child_process|cluster|worker_threads)$/,
    breaks: ["import { spawn } from 'node:child_process';", "const { exec } = await import('node:child_process');"],
    allows: {
      'src/upstream/link/process.ts': "import { spawn } from 'node:child_process';",
      'src/upstream/link/stdio.ts': "import type { ChildProcess } from 'node:child_process';",
    },
  }),
  home({
    name: 'the console belongs to the command line',
    at: /^src\/cli\//,
    uses: /^(?:console\.\w+|process\.(?:stdout|stderr|stdin))$/,
    modules: /^node:console$/,
    breaks: ["console.log('here');", "process.stdout.write('here');"],
    allows: { 'src/cli/up.ts': "console.log('Gatehouse is up.');" },
  }),
];

interface Home {
  readonly name: string;
  /** Paths that are at home. */
  readonly at: RegExp;
  readonly uses?: RegExp;
  /** Modules whose values are imported at home only. */
  readonly modules?: RegExp;
  readonly unless?: (file: SourceFile, imported: Import) => boolean;
  /** Each a text that no file outside may hold. */
  readonly breaks: readonly [string, ...string[]];
  readonly allows: Readonly<Record<string, string>>;
}

function home({ name, at, uses, modules, unless = () => false, breaks, allows }: Home): Rule {
  const [first, ...rest] = breaks.map((text) => example({ 'src/app/a.ts': text }));
  return {
    name,
    check: (tree) => [
      ...imports(tree, (file, imported) => {
        if (at.test(file.path) || imported.values.length === 0) return false;
        return modules?.test(imported.specifier) === true && !unless(file, imported);
      }),
      ...used(tree, at, uses),
    ],
    breaks: [first ?? [], ...rest],
    allows: [example(allows)],
  };
}

function used(tree: Tree, at: RegExp, uses: RegExp | undefined): readonly Finding[] {
  if (!uses) return [];
  return product(tree)
    .filter(({ path }) => !at.test(path))
    .flatMap((file) =>
      facts(file)
        .uses.filter(({ name }) => uses.test(name))
        .map(({ name, line }) => ({ path: file.path, line, says: `${name} is not at home here` })),
    );
}

function imports(tree: Tree, forbidden: (file: SourceFile, imported: Import) => boolean): readonly Finding[] {
  return product(tree).flatMap((file) =>
    facts(file)
      .imports.filter((imported) => forbidden(file, imported))
      .map(({ specifier, line }) => ({ path: file.path, line, says: `${specifier} is not imported here` })),
  );
}
