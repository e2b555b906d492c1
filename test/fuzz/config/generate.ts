/** Configurations as people and programs write them: gatehouse.yaml and mcp.json, right, nearly right, and such that readers choke on. */
import type { Chance } from '../../soak/random.ts';
import { BOUNDS, SCALARS, SECRET, SERVER, TOP } from './words.ts';

export function generateConfig(chance: Chance): Buffer {
  switch (chance.below(24)) {
    case 0:
      return Buffer.from(hostile(chance));
    case 1:
    case 2:
    case 3:
    case 4:
      return Buffer.from(clientFile(chance));
    case 5:
      return Buffer.from(JSON.stringify(data(chance, 0), undefined, chance.below(3)));
    default:
      return Buffer.from(yaml(chance));
  }
}

function yaml(chance: Chance): string {
  const lines = chance.below(4) === 0 ? ['version: 1'] : [];
  for (let count = chance.below(4); count > 0; count -= 1) lines.push(`${chance.one(TOP)}: ${chance.one(SCALARS)}`);
  if (chance.below(2) === 0) lines.push('bounds:', ...keys(chance, BOUNDS, '  '));
  lines.push('servers:');
  for (let count = chance.below(4); count > 0; count -= 1) lines.push(...server(chance));
  return lines.join(chance.below(10) === 0 ? '\r\n' : '\n') + chance.one(['', '\n']);
}

function server(chance: Chance): string[] {
  const name = chance.one(['files', 'git-hub', 'a', 'Files', 'a__b', '7', '"x y"', '? [a]', 'x'.repeat(33)]);
  const anchor = chance.one(['', '', '', ' &a', ' *a', ' {url: "https://x.example/"}']);
  const way = chance.one([
    ['    url: https://mcp.example.com/mcp'],
    ['    command: npx', '    args: [-y, x]'],
    [`    env: {TOKEN: ${SECRET}}`],
    [],
  ]);
  return [`  ${name}:${anchor}`, ...way, ...keys(chance, SERVER, '    ')];
}

function keys(chance: Chance, from: readonly string[], indent: string): string[] {
  return Array.from({ length: chance.below(4) }, () => `${indent}${chance.one(from)}: ${chance.one(SCALARS)}`);
}

function clientFile(chance: Chance): string {
  const servers: Record<string, unknown> = {};
  for (let count = chance.below(4); count > 0; count -= 1)
    servers[chance.one(['files', 'Git Hub', 'GitHub', 'a', '', '__proto__ ', '..'])] = clientServer(chance);
  const text = JSON.stringify(
    { [chance.one(['mcpServers', 'servers', 'mcp'])]: servers, inputs: [] },
    undefined,
    chance.below(3),
  );
  return chance.below(4) === 0 ? text.replace('{', '{ // servers\n\t/* all */') : text;
}

function clientServer(chance: Chance): unknown {
  const pick = (): unknown =>
    chance.one([
      'npx',
      'https://x.example/mcp',
      '${env:HOME}',
      '${workspaceFolder}/x',
      '${input:key}',
      SECRET,
      5,
      true,
      '',
    ]);
  return {
    ...chance.one([
      { command: 'npx', args: ['-y', 'x', 7] },
      { url: 'https://x.example/mcp' },
      { url: pick() },
      { command: pick() },
      {},
    ]),
    ...(chance.below(2) === 0 ? { type: chance.one(['stdio', 'http', 'sse', 'streamable-http', 5]) } : {}),
    ...(chance.below(2) === 0 ? { env: { A: pick(), [chance.one(['B', 'a b', 'C=D'])]: pick() } } : {}),
    ...(chance.below(4) === 0 ? { headers: { Authorization: `Bearer ${SECRET}` }, alwaysAllow: [] } : {}),
  };
}

/** Any JSON: YAML must read it as JSON does. */
function data(chance: Chance, depth: number): unknown {
  const kind = chance.below(depth > 4 ? 4 : 7);
  if (kind === 4) return Array.from({ length: chance.below(4) }, () => data(chance, depth + 1));
  if (kind > 4 || depth === 0) {
    return Object.fromEntries(
      Array.from({ length: chance.below(5) }, () => [
        chance.one([...TOP.slice(0, 11), 'a b', 'é', '#', '- x', 'a: b', 'null', '1', '\t', '"']),
        data(chance, depth + 1),
      ]),
    );
  }
  return chance.one([
    0,
    -1.5,
    1e21,
    1e-7,
    true,
    false,
    '',
    'text',
    ': ',
    ' #x',
    'é\u{1f600}',
    '\u0000\u001f\u007f',
    '\ud800',
    'null',
    '0x10',
    '*a',
    '&a',
    'x'.repeat(chance.below(2000)),
  ]);
}

/** What is small to write and large to read, and what nests. */
function hostile(chance: Chance): string {
  const many = chance.one([10, 100, 300, 1000]);
  const names = Array.from({ length: 9 }, (_, index) => `a${index}`);
  return chance.one([
    () =>
      names.map((name, index) => `${name}: &${name} [${`*a${index - 1},`.repeat(index === 0 ? 0 : 9)}x]`).join('\n'),
    () => `a: &a [*a, *a, *a]\nservers: *a`,
    () => `servers: ${'['.repeat(many)}${']'.repeat(many)}`,
    () => `servers: ${'{a: '.repeat(many)}x${'}'.repeat(many)}`,
    () => Array.from({ length: Math.min(many, 200) }, (_, index) => `${' '.repeat(index)}a:`).join('\n'),
    () => `x: &a 1\nservers: [${'*a, '.repeat(many)}]`,
    () => Array.from({ length: many }, (_, index) => `k${index}: &k${index} v`).join('\n'),
    () => `servers:\n${Array.from({ length: many }, (_, index) => `  s${index}: {url: x, urll: y}`).join('\n')}`,
    () => `log: ${'x'.repeat(many * 50)}`,
    () => `${'k'.repeat(many)}: v`,
    () => `servers: {}\n${'---\nservers: {}\n'.repeat(many)}`,
    () => `{"mcpServers":{${Array.from({ length: many }, () => '"a b":{"command":"x"}').join(',')}}}`,
    () =>
      `{"mcpServers":{${Array.from({ length: many }, (_, index) => `"a${'!'.repeat(index % 40)}${index}":{"command":"x"}`).join(',')}}}`,
    () => `include: [${'gone.yaml, '.repeat(many)}'*.yaml']`,
    () => '\t'.repeat(many),
    () => `a: "${'\\'.repeat(many)}`,
    () => `# ${'/*'.repeat(many)}`,
  ])();
}
