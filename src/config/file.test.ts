/** Whole configurations from disk: every default, every refusal with its place, includes and what comes later. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { systemTime } from '../kernel/time.ts';
import { fileSource } from './file.ts';
import { tell } from './source.ts';

type Files = Readonly<Record<string, string>>;

async function load(files: Files | string, variables: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-file-'));
  const all: Files = typeof files === 'string' ? { 'g.yaml': files } : files;
  for (const [name, text] of Object.entries(all)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const result = await fileSource(join(folder, 'g.yaml'), variables, systemTime()).load();
  const lines = result.ok ? [] : result.problems.map((problem) => tell(problem).replaceAll(`${folder}/`, ''));
  return { result, lines, folder };
}

async function settings(files: Files | string, variables: Readonly<Record<string, string>> = {}) {
  const { result, lines, folder } = await load(files, variables);
  if (!result.ok) throw new Error(lines.join('\n'));
  return { ...result, folder };
}

test('an empty file gives every default of the contract', async () => {
  const { settings: found, warnings } = await settings('');
  expect(found).toMatchObject({
    listen: {
      address: { host: '127.0.0.1', port: 8080 },
      publicUrl: undefined,
      hosts: [],
      origins: [],
      tls: undefined,
    },
    admin: { host: '127.0.0.1', port: 8081 },
    health: undefined,
    names: { separator: '__', max: 64 },
    servers: [],
    sealKeys: [],
    log: { level: 'info', format: 'auto' },
  });
  expect(found.bounds).toMatchObject({
    bodyBytes: 4 * 1024 * 1024,
    headerTimeoutMs: 10_000,
    sessionIdleMs: 1_800_000,
    replayBytes: 256 * 1024,
    inFlight: 2000,
  });
  expect(warnings).toContain('no servers are configured');
});

test('servers keep the order of the file and get the defaults of their kind', async () => {
  const { settings: found, folder } = await settings(
    {
      'g.yaml':
        'include: [more/*.yaml]\nservers:\n  2b: {url: "https://x.example/mcp", headers: {Authorization: "Bearer ${T}"}}\n  1: {command: a, cwd: sub}\n',
      'more/c.yaml': 'servers:\n  c: {command: npx, args: [-y, x], env: {A: b}, timeout: 1m}\n',
    },
    { T: 't' },
  );
  expect(found.servers).toMatchObject([
    { name: '2b', kind: 'http', connectTimeoutMs: 5000, headers: { Authorization: 'Bearer t' } },
    { name: '1', kind: 'stdio', connectTimeoutMs: 15_000, cwd: join(folder, 'sub') },
    { name: 'c', kind: 'stdio', args: ['-y', 'x'], env: { A: 'b' }, timeoutMs: 60_000, cwd: join(folder, 'more') },
  ]);
});

test('listen may be an address or a block', async () => {
  expect((await settings('listen: "[::1]:0"')).settings.listen.address).toEqual({ host: '::1', port: 0 });
  const block =
    'listen: {publicUrl: "https://mcp.example.com/gw/", hosts: [GW.internal], origins: ["https://App.example"], trustedProxies: [10.0.0.0/8, "::1"]}';
  expect((await settings(block)).settings.listen).toEqual({
    address: { host: '127.0.0.1', port: 8080 },
    publicUrl: 'https://mcp.example.com/gw',
    hosts: ['gw.internal'],
    origins: ['https://app.example'],
    trustedProxies: ['10.0.0.0/8', '::1/128'],
  });
});

test('numbers, flags and words may come from the environment', async () => {
  const { settings: found } = await settings(
    'bounds: {inFlight: "${N}"}\nservers: {a: {command: x, disabled: "${OFF:-true}"}}\nlog: {level: "${L}"}',
    { N: '7', L: 'debug' },
  );
  expect(found).toMatchObject({ bounds: { inFlight: 7 }, servers: [{ disabled: true }], log: { level: 'debug' } });
});

test('store and shared are accepted and told as not yet in effect', async () => {
  const { warnings } = await settings('store: sqlite:./g.db\nshared: memory\n');
  expect(warnings).toEqual(expect.arrayContaining(['store is not yet in effect', 'shared is not yet in effect']));
});

test('an affinity that has nothing to act on is warned of', async () => {
  const servers = ['command: x', 'url: http://a/, protocol: http+sse', 'url: http://a/, protocol: 2026-07-28'];
  for (const server of servers) {
    const { warnings } = await settings(`servers: {a: {${server}, affinity: handle}}`);
    expect(warnings).toContainEqual(expect.stringContaining('servers.a.affinity has no effect'));
  }
  for (const server of [...servers, 'url: http://a/, affinity: shared', 'url: http://a/, protocol: 2025-11-25']) {
    const { warnings } = await settings(`servers: {a: {${server}}}`);
    expect(warnings.join()).not.toContain('affinity');
  }
});

test.each(['toolsets', 'auth', 'roles', 'policies', 'quotas', 'egress', 'audit', 'telemetry', 'bounds.authFailures'])(
  '%s comes in a later version',
  async (path) => {
    const [first = '', second] = path.split('.');
    const { lines } = await load(second === undefined ? `${first}: {}` : `${first}:\n  ${second}: 1`);
    expect(lines).toEqual([expect.stringContaining(`${path}: comes in a later version`)]);
  },
);

test.each(['auth', 'trusted', 'openapi', 'graphql', 'grpc', 'replicas', 'balance'])(
  'a server with %s comes in a later version',
  async (key) => {
    const kinds = ['openapi', 'graphql', 'grpc', 'replicas'];
    const { lines } = await load(`servers:\n  a:\n    ${key}: x\n${kinds.includes(key) ? '' : '    url: http://x/\n'}`);
    expect(lines).toEqual([`g.yaml:3:5 servers.a.${key}: comes in a later version; remove it until then`]);
  },
);

test.each([
  ['version: 2', 'g.yaml:1:10 version: must be 1'],
  ['srevers: {}', 'g.yaml:1:1 srevers: unknown key; did you mean servers?'],
  ['servers:\n  github:\n    urll: https://x/', 'g.yaml:3:5 servers.github.urll: unknown key; did you mean url?'],
  ['names: {zzz: 1}', 'g.yaml:1:9 names.zzz: unknown key; known here: separator, max'],
  ['listen: {adress: "127.0.0.1:1"}', 'g.yaml:1:10 listen.adress: unknown key; did you mean address?'],
  ['names: {max: 65}', 'g.yaml:1:14 names.max: must be a whole number from 48 to 64'],
  ['names: {separator: "."}', 'g.yaml:1:20 names.separator: must be __ or _'],
  ['bounds: {bodyTimeout: 30}', 'g.yaml:1:23 bounds.bodyTimeout: must be text; put it in quotes'],
  ['bounds: {inFlight: 0}', 'bounds.inFlight: must be a whole number from 1 to 1000000'],
  ['bounds: {inFlight: many}', 'bounds.inFlight: must be a whole number from 1 to 1000000'],
  ['bounds: 5', 'g.yaml:1:9 bounds: must be a map of keys'],
  ['servers: [a]', 'g.yaml:1:10 servers: must be a map of keys'],
  ['servers: {a_b: {command: x}}', 'g.yaml:1:11 servers.a_b: is no name of a server'],
  [
    'servers: {a: {command: x, url: "http://x/"}}',
    'servers.a.command: stands beside url; a server has exactly one of them',
  ],
  ['servers: {a: {tags: [x]}}', 'g.yaml:1:11 servers.a: has neither url nor command'],
  ['servers: {a: {command: x, headers: {A: b}}}', 'servers.a.headers: belongs to a server with url'],
  ['servers: {a: {url: "http://x/", args: [b]}}', 'servers.a.args: belongs to a server with command'],
  ['servers: {a: {url: "http://x/", process: shared}}', 'servers.a.process: belongs to a server with command'],
  [
    'servers: {a: {command: x, protocol: http+sse}}',
    'g.yaml:1:37 servers.a.protocol: `http+sse` belongs to a server with url; remove it',
  ],
  ['servers: {a: {command: x, args: [1]}}', 'g.yaml:1:34 servers.a.args[0]: must be text; put it in quotes'],
  ['servers: {a: {command: x, env: {A-B: c}}}', 'servers.a.env.A-B: is no name of an environment variable'],
  ['servers: {a: {url: "ftp://x/"}}', 'servers.a.url: must be an http or https URL'],
  ['servers: {a: {url: "https://u:p@x/"}}', 'servers.a.url: must be an http or https URL'],
  ['servers: {a: {url: "https://@x/"}}', 'servers.a.url: must be an http or https URL'],
  ['servers: {a: {url: "https://x/#y"}}', 'servers.a.url: must be an http or https URL'],
  ['servers: {a: {url: "http://x/", headers: {Host: b}}}', 'servers.a.headers.Host: is set by the gateway itself'],
  [
    'servers: {a: {url: "http://x/", headers: {Mcp-Method: b}}}',
    'servers.a.headers.Mcp-Method: is set by the gateway itself',
  ],
  [
    'servers: {a: {url: "http://x/", headers: {A: "b\\r\\nC: d"}}}',
    'servers.a.headers.A: must be printable ASCII in one line',
  ],
  ['servers: {a: {url: "http://x/", headers: {A: b, a: c}}}', 'servers.a.headers.a: is given twice, in another case'],
  ['listen: 0.0.0.0:8080', 'g.yaml:1:9 listen: is open to other machines'],
  ['listen: {address: "[::]:8080"}', 'listen.address: is open to other machines'],
  ['listen: 127.0.0.1', 'listen: must be an address of this machine with a port'],
  ['admin: 0.0.0.0:8081', 'admin: must be a loopback address with a port'],
  ['admin: 127.0.0.1:8080', 'g.yaml:1:8 admin: is the address of listen too'],
  ['seal: {keys: [short]}', 'seal.keys[0]: must be 32 characters or more'],
  ['store: mysql://x', 'store: must be sqlite:FILE or postgres://…'],
  ['listen: 8090', 'g.yaml:1:9 listen: is a port without its address; write 127.0.0.1:8090'],
  ['listen: {address: ":8090"}', 'listen.address: is a port without its address; write 127.0.0.1:8090'],
  ['admin: 8081', 'g.yaml:1:8 admin: is a port without its address; write 127.0.0.1:8081'],
  ['health: "9090"', 'health: is a port without its address; write 127.0.0.1:9090'],
  ['{"mcpServers": {"a": {"command": "x"}}}', 'mcpServers: unknown key; it is of a client'],
  ['servers: {a: {command: x, type: stdio}}', 'servers.a.type: unknown key; remove it: url or command says what it is'],
  ['include: more.yaml', 'g.yaml:1:10 include: must be a list of files'],
  ['include: [none.yaml]', 'g.yaml:1:11 include[0]: the file none.yaml does not exist'],
])('%j is refused with place and mend', async (text, line) => {
  const { lines } = await load(text);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(line);
});

test('a value from the environment is in no message', async () => {
  const { lines } = await load(
    'servers: {a: {url: "${S}", headers: {A: "${S}"}}}\nseal: {keys: ["${S}"]}\nlog: {level: "${S}"}',
    { S: 'sécret' },
  );
  expect(lines).toHaveLength(4);
  expect(lines.join()).not.toContain('sécret');
});

test('all problems are told at once, in the order of the file', async () => {
  const { lines } = await load(
    'log: {level: loud}\nservers:\n  a: {commnd: x}\n  B: {command: 5}\ntoolsets: {}\nadmin: 1.2.3.4:5\n',
  );
  const places = lines.map((line) => line.split(' ')[0]);
  expect(places).toEqual(['g.yaml:1:14', 'g.yaml:3:7', 'g.yaml:4:3', 'g.yaml:4:16', 'g.yaml:5:1', 'g.yaml:6:8']);
});

test('a key in two files is an error that names both places', async () => {
  const { lines } = await load({
    'g.yaml': 'version: 1\ninclude: [b.yaml]\nlog: {level: info}\nservers:\n  a: {command: x}\n',
    'b.yaml': 'version: 1\nlog: {level: debug}\nservers:\n  a: {url: "http://x/"}\n',
  });
  expect(lines).toEqual([
    'b.yaml:2:7 log.level: is given twice; first in g.yaml:3:7; remove one of them',
    'b.yaml:4:3 servers.a: is given twice; first in g.yaml:5:3; remove one of them',
  ]);
});

test('files that include each other are read once', async () => {
  const { settings: found } = await settings({
    'g.yaml': 'include: [b.yaml]\nservers: {a: {command: x}}',
    'b.yaml': 'include: ["*.yaml"]\nservers: {b: {command: x}}',
  });
  expect(found.servers.map(({ name }) => name)).toEqual(['a', 'b']);
});

test('problems of included files name those files', async () => {
  const { lines } = await load({
    'g.yaml': 'include: [d/*.yaml]\n',
    'd/x.yaml': 'servers:\n  a: {url: 5}\n',
    'd/y.yaml': 'a: [\n',
  });
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['d/y.yaml:2:1', 'd/x.yaml:2:12']);
});

test('a missing file is a problem, not a crash', async () => {
  const result = await fileSource('/nonexistent/g.yaml', {}, systemTime()).load();
  expect(result).toMatchObject({
    ok: false,
    problems: [{ file: '/nonexistent/g.yaml', line: 1, column: 1, message: 'does not exist' }],
  });
});

test('a folder and a pipe that nobody writes into are problems too, and nobody waits', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-file-'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const lines = await Promise.all(
    [folder, join(folder, 'pipe')].map(async (file) => {
      const result = await fileSource(file, {}, systemTime()).load();
      return result.ok ? [] : result.problems.map(({ message }) => message);
    }),
  );
  expect(lines).toEqual([['is a folder'], ['is a pipe and no file']]);
});
