/** Clients' own files: their shapes, their variables, and what only a client could do. */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { systemTime } from '../kernel/time.ts';
import { mcpJsonSource } from './mcp-json.ts';
import { tell } from './source.ts';
import { rename } from './mcp-server.ts';

const variables = { TOKEN: 't0k', HOME: '/home/ann' };

async function load(text: string, name = 'mcp.json') {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-mcp-json-'));
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), text);
  const result = await mcpJsonSource(join(folder, name), variables, systemTime()).load();
  const lines = result.ok ? [] : result.problems.map((problem) => tell(problem).slice(folder.length + 1));
  return {
    folder,
    lines,
    warnings: result.ok ? result.warnings : [],
    servers: result.ok ? result.settings.servers : [],
  };
}

test('the mcpServers of Claude and Cursor become servers', async () => {
  const { servers, folder } = await load(`{
    "mcpServers": {
      "files": { "command": "npx", "args": ["-y", "x", 5], "env": { "PORT": 8080, "T": "\${TOKEN}" } },
      "hub": { "url": "https://x.example/mcp", "headers": { "Authorization": "Bearer \${env:TOKEN}" } },
      "off": { "type": "stdio", "command": "x", "disabled": true }
    }
  }`);
  expect(servers).toMatchObject([
    {
      name: 'files',
      kind: 'stdio',
      args: ['-y', 'x', '5'],
      env: { PORT: '8080', T: 't0k' },
      cwd: folder,
      disabled: false,
    },
    { name: 'hub', kind: 'http', url: 'https://x.example/mcp', headers: { Authorization: 'Bearer t0k' } },
    { name: 'off', disabled: true },
  ]);
});

test('the servers of VS Code become servers, comments, tabs and spare commas included', async () => {
  const text =
    '{\n\t// ours\n\t"inputs": [],\n\t"servers": {\n\t\t"a": { "type": "http", "url": "https://x/a//b" /* not a comment */, },\n\t},\n}\n';
  const { servers } = await load(text);
  expect(servers).toMatchObject([{ name: 'a', kind: 'http', url: 'https://x/a//b' }]);
});

test('the folders that clients know are known', async () => {
  const text =
    '{"servers": {"a": {"command": "${workspaceFolder}/bin${/}x", "args": ["${userHome}", "${workspaceFolderBasename}"]}}}';
  const { servers, folder } = await load(text, '.vscode/mcp.json');
  expect(servers).toMatchObject([
    { command: `${folder}/bin/x`, args: ['/home/ann', folder.split('/').at(-1)], cwd: folder },
  ]);
});

test('names become names of servers, each its own, with a warning', async () => {
  const { servers, warnings } = await load(
    '{"mcpServers": {"My Server!": {"command": "a"}, "my-server": {"command": "b"}, "日本": {"command": "c"}}}',
  );
  expect(servers.map(({ name }) => name)).toEqual(['my-server', 'my-server-2', 'server']);
  expect(warnings).toEqual(
    expect.arrayContaining([
      'mcpServers.My Server! is called my-server here',
      'mcpServers.my-server is called my-server-2 here',
    ]),
  );
});

test('fields that say nothing here are ignored with a warning', async () => {
  const { servers, warnings } = await load(
    '{"mcpServers": {"a": {"command": "x", "autoApprove": []}}, "numStartups": 3}',
  );
  expect(servers).toHaveLength(1);
  expect(warnings).toEqual(
    expect.arrayContaining([
      'mcpServers.a: ignored autoApprove',
      'ignored, as it says nothing about servers: numStartups',
    ]),
  );
});

test.each([
  [
    '{"mcpServers": {"Old One": {"type": "sse", "url": "https://x/sse"}}}',
    'mcp.json:1:37 mcpServers.Old One.type: comes in a later version',
  ],
  ['{"mcpServers": {"a": {"type": "ws", "url": "https://x/"}}}', 'mcpServers.a.type: must be http or stdio'],
  [
    '{"servers": {"a": {"command": "x", "env": {"K": "${input:api-key}"}}}}',
    'servers.a.env.K: asks for an input, and nobody can be asked here; write ${API_KEY} and set that variable',
  ],
  [
    '{"mcpServers": {"a": {"command": "${command:pick}"}}}',
    'mcpServers.a.command: holds a ${…} that only its client understands',
  ],
  ['{"mcpServers": {"a": {"command": "${NONE}"}}}', 'mcpServers.a.command: the environment has no variable NONE'],
  ['{"mcpServers": {"A b": {"args": []}}}', 'mcp.json:1:17 mcpServers.A b: has neither url nor command'],
  ['{"mcpServers": []}', 'mcp.json:1:16 mcpServers: must be a map of servers'],
  ['{"other": {}}', 'mcp.json:1:1 has neither mcpServers nor servers'],
  ['{"mcpServers": {"a": {"command": 5}}}', 'mcp.json:1:34 mcpServers.a.command: must be text'],
  ['{"mcpServers": {}', 'is no valid JSON'],
])('%j is refused with its place in that file', async (text, line) => {
  const { lines } = await load(text);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(line);
});

test('thousands of names that become one are told apart', () => {
  const taken = new Map<string, true>();
  for (let count = 0; count < 20_000; count += 1) taken.set(rename('A!', taken), true);
  expect(taken.size).toBe(20_000);
  expect([...taken.keys()].every((name) => /^[a-z0-9-]{1,32}$/.test(name))).toBe(true);
});
