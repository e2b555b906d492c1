/** Clients' files as configurations: what is printed is accepted, means the same, and gives no secret away. */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { systemTime } from '../kernel/time.ts';
import { fileSource } from './file.ts';
import { importClientFile } from './import.ts';
import { mcpJsonSource } from './mcp-json.ts';
import { tell } from './source.ts';

async function imported(text: string, name = 'mcp.json') {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-import-'));
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  const { yaml = '', ...rest } = await importClientFile(file);
  return { folder, file, yaml, ...rest, lines: rest.problems.map((each) => tell(each).slice(folder.length + 1)) };
}

/** The servers that the printed configuration gives. */
async function loaded(made: { folder: string; yaml: string }, variables: Record<string, string>) {
  const file = join(made.folder, 'gatehouse.yaml');
  await writeFile(file, made.yaml);
  const result = await fileSource(file, variables, systemTime()).load();
  if (!result.ok) throw new Error(result.problems.map(tell).join('\n'));
  return result.settings.servers;
}

it('what is printed means what the client meant, once its variables are set', async () => {
  const text = `{
    // Claude, Cursor
    "mcpServers": {
      "files": { "command": "npx", "args": ["-y", "x", 5, "a: b", "#c", "true"], "env": { "PORT": 8080, "T": "\${TOKEN}", "D": "\${LEVEL:-info}" } },
      "hub": { "type": "http", "url": "https://x.example/mcp", "headers": { "X-Team": "core", "Authorization": "Bearer \${env:TOKEN}" } },
      "off": { "command": "x", "disabled": true },
    }
  }`;
  const made = await imported(text);
  const variables = { TOKEN: 't0k', HOME: '/home/ann' };
  const direct = await mcpJsonSource(made.file, variables, systemTime()).load();
  const servers = await loaded(made, variables);
  expect(made.problems).toEqual([]);
  expect(made.variables).toEqual(['TOKEN']);
  expect(direct.ok && direct.settings.servers).toEqual(servers);
});

it('secrets become variables with a comment each, the same one for the same secret', async () => {
  const secrets = ['ghp_0123456789abcdefghijklmnop', 'hunter2', 'k3y', 'abc-header'];
  const made = await imported(`{ "mcpServers": {
    "GitHub": { "command": "docker", "args": ["-e", "GITHUB_TOKEN=${secrets[0]}"], "env": { "GITHUB_TOKEN": "${secrets[0]}" } },
    "other": { "command": "x", "env": { "GITHUB_TOKEN": "${secrets[1]}", "LOG_LEVEL": "debug" } },
    "web": { "url": "https://x.example/mcp?api_key=${secrets[2]}", "headers": { "Authorization": "Bearer ${secrets[3]}" } }
  } }`);
  for (const secret of secrets) expect([made.yaml, ...made.notes].filter((told) => told.includes(secret))).toEqual([]);
  expect(made.variables).toEqual(['GITHUB_TOKEN', 'OTHER_GITHUB_TOKEN', 'WEB_API_KEY', 'WEB_AUTHORIZATION']);
  for (const variable of made.variables)
    expect(made.yaml).toContain(`# ${variable} stood here in the clear in mcp.json`);
  expect(made.notes).toContain('mcpServers.other.env.GITHUB_TOKEN: a secret, not copied; set OTHER_GITHUB_TOKEN');
  const [GITHUB_TOKEN = '', OTHER_GITHUB_TOKEN = '', WEB_API_KEY = '', WEB_AUTHORIZATION = ''] = secrets;
  expect(await loaded(made, { GITHUB_TOKEN, OTHER_GITHUB_TOKEN, WEB_API_KEY, WEB_AUTHORIZATION })).toMatchObject([
    { name: 'github', args: ['-e', `GITHUB_TOKEN=${secrets[0]}`], env: { GITHUB_TOKEN } },
    { name: 'other', env: { GITHUB_TOKEN: secrets[1], LOG_LEVEL: 'debug' } },
    { name: 'web', url: `https://x.example/mcp?api_key=k3y`, headers: { Authorization: 'Bearer abc-header' } },
  ]);
});

it('a secret with a dollar and a brace in it is not copied either, and what is escaped stays text', async () => {
  const secrets = ['pa$${ss', 'pa${ss', 'sk-0$${X}123456789'];
  const made =
    await imported(`{ "mcpServers": { "a": { "command": "x", "args": ["--password", "${secrets[0]}", "$\${X}"],
    "env": { "DB_PASSWORD": "${secrets[1]}", "OTHER": "${secrets[2]}", "TOKEN": "\${T}", "TEXT": "$\${X} \${Y}" } } } }`);
  for (const secret of secrets) expect([made.yaml, ...made.notes].filter((told) => told.includes(secret))).toEqual([]);
  const [A_PASSWORD = '', DB_PASSWORD = '', OTHER = ''] = secrets;
  const variables = { A_PASSWORD, DB_PASSWORD, OTHER, T: 't', Y: 'y' };
  expect(new Set(made.variables)).toEqual(new Set(Object.keys(variables)));
  expect(await loaded(made, variables)).toMatchObject([
    { args: ['--password', A_PASSWORD, '${X}'], env: { DB_PASSWORD, OTHER, TOKEN: 't', TEXT: '${X} y' } },
  ]);
});

it('a text of nothing but references that never end is refused like one', async () => {
  const text = '${'.repeat(1_000_000);
  const made = await imported(`{ "servers": { "a": { "command": "x", "args": ["${text}"] } } }`);
  expect(made.lines).toHaveLength(1);
  expect(made.lines[0]).toContain('servers.a.args[0]: holds a ${ without its }');
});

it('a folder stays what it is called, also where that looks like a reference', async () => {
  const text =
    '{ "servers": { "a": { "command": "./run", "args": ["${workspaceFolder}", "${workspaceFolderBasename}"] }, "b": { "command": "x", "cwd": "./${workspaceFolderBasename}/sub" } } }';
  const made = await imported(text, 'a ${HOME}/mcp.json');
  const folder = dirname(made.file);
  const direct = await mcpJsonSource(made.file, { HOME: '/home/ann' }, systemTime()).load();
  const servers = await loaded(made, { HOME: '/home/ann' });
  expect(servers).toMatchObject([{ cwd: folder, args: [folder, 'a ${HOME}'] }, { cwd: join(folder, 'a ${HOME}/sub') }]);
  expect(direct).toMatchObject({ settings: { servers: [{ cwd: folder, args: [folder, 'a ${HOME}'] }, {}] } });
});

it('what VS Code would ask for becomes a variable that says what it is', async () => {
  const made = await imported(
    `{ "inputs": [{ "id": "api-key", "type": "promptString", "description": "Key\\nof Perplexity" }],
       "servers": { "p": { "command": "\${workspaceFolder}/run", "args": ["./data", "\${userHome}"], "env": { "K": "\${input:api-key}" } } } }`,
    '.vscode/mcp.json',
  );
  expect(made.yaml).toContain('# API_KEY: Key of Perplexity (the client asked for it)\n      K: ${API_KEY}');
  expect(await loaded(made, { API_KEY: 'x', HOME: '/home/ann' })).toMatchObject([
    { command: `${made.folder}/run`, args: ['./data', '/home/ann'], env: { K: 'x' }, cwd: made.folder },
  ]);
});

it('names are mapped, and what cannot be taken over is told, not dropped in silence', async () => {
  const made = await imported(`{ "theme": "dark", "mcpServers": {
    "My Server!": { "command": "a", "autoApprove": [], "args": ["\${command:pick}"] },
    "my-server": { "command": "b" },
    "old": { "type": "sse", "url": "https://x.example/sse" }
  } }`);
  expect(made.problems).toEqual([]);
  expect(new Set(made.notes)).toEqual(
    new Set([
      'ignored, as it says nothing about servers: theme',
      'mcpServers.My Server! is called my-server here',
      'mcpServers.my-server is called my-server-2 here',
      'mcpServers.My Server!: ignored autoApprove',
      'mcpServers.My Server!.args[0]: ${command:pick} is understood by its client only; kept as plain text',
      'mcpServers.old: speaks HTTP+SSE, which comes in a later version; written down as disabled',
    ]),
  );
  expect(await loaded(made, {})).toMatchObject([
    { name: 'my-server', args: ['${command:pick}'] },
    { name: 'my-server-2' },
    { name: 'old', url: 'https://x.example/sse', disabled: true },
  ]);
});

it.each([
  [
    '{"mcpServers": {"a": {"type": "ws", "url": "https://x/"}, "b": {"command": "x"}}}',
    'mcp.json:1:31 mcpServers.a.type: must be http or stdio',
    ['b'],
  ],
  [
    '{"mcpServers": {"a b": {"args": []}, "b": {"command": "x"}}}',
    'mcp.json:1:17 mcpServers.a b: has neither url nor command',
    ['b'],
  ],
  ['{"mcpServers": {"a": {"url": "ftp://x"}, "b": {"url": "${BASE}"}}}', 'mcpServers.a.url: ', ['b']],
  [
    '{"mcpServers": {"a": {"command": "x", "env": {"A": "x${y"}}, "b": {"command": "${a${b}"}}}',
    'mcp.json:1:47 mcpServers.a.env.A: holds a ${ without its }',
    ['b'],
  ],
  ['{"mcpServers": {}}', 'mcp.json:1:1 lists no server', []],
  ['{"other": {}}', 'mcp.json:1:1 has neither mcpServers nor servers', []],
  ['{"mcpServers": {}', 'is no valid JSON', []],
])('%j: the rest is taken over, and the reason told', async (text, line, names) => {
  const made = await imported(text);
  expect(made.lines).toHaveLength(1);
  expect(made.lines[0]).toContain(line);
  const servers = names.length === 0 ? [] : await loaded(made, { BASE: 'https://x.example/mcp' });
  expect(servers.map(({ name }) => name)).toEqual(names);
});
