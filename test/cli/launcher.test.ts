/** The launcher as a process, on this Node and on one that is too old: what runs, with which flags, and how it ends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, cpSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, expect, test } from 'vitest';

/** As the launcher sets them. */
const FLAGS = ['--max-semi-space-size=4', '--no-allocation-site-pretenuring'];

const ROOT = resolve(import.meta.dirname, '../..');

/** Says what it was started with, then waits to be ended. */
const PROGRAM = `
process.on('SIGTERM', () => { console.log('got SIGTERM'); process.exit(7); });
process.on('SIGINT', () => { console.log('got SIGINT'); process.exit(8); });
console.log(JSON.stringify({ pid: process.pid, version: process.version, flags: process.execArgv, args: process.argv.slice(2) }));
if (process.argv.includes('stay')) {
  process.on('disconnect', () => process.exit(9));
  setInterval(() => {}, 1000);
} else process.exitCode = 3;
`;

/** A package with a launcher, a program in dist/ and, if wanted, the node package beside. */
function installed({ node = true } = {}) {
  const root = join(mkdtempSync(join(tmpdir(), 'gatehouse-launcher-')), 'node_modules', 'gatehouse');
  mkdirSync(join(root, 'dist', 'cli'), { recursive: true });
  cpSync(join(ROOT, 'bin'), join(root, 'bin'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{"type": "module"}');
  writeFileSync(join(root, 'dist', 'cli', 'main.js'), PROGRAM);
  if (node) symlinkSync(realpathSync(join(ROOT, 'node_modules', 'node')), join(root, '..', 'node'));
  // runs the launcher as a Node would that says it is older
  const old = join(root, 'old.js');
  writeFileSync(
    old,
    "Object.defineProperty(process, 'version', { value: 'v20.20.2' });\nawait import('./bin/gatehouse.js');\n",
  );
  return { root, launcher: join(root, 'bin', 'gatehouse.js'), old };
}

const started: ChildProcess[] = [];
/** A test that failed leaves nothing running: what was handed over ends with its launcher. */
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

function start(args: readonly string[]) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  const texts = { out: '', err: '' };
  const line = Promise.withResolvers<string>();
  child.stdout.on('data', (chunk: Buffer) => {
    texts.out += chunk.toString();
    if (texts.out.includes('\n')) line.resolve(texts.out.split('\n')[0] ?? '');
  });
  child.stderr.on('data', (chunk: Buffer) => (texts.err += chunk.toString()));
  const ended = new Promise<Ended>((done) => child.on('close', (code, signal) => done({ code, signal, ...texts })));
  return { child, said: async (): Promise<Said> => JSON.parse(await line.promise), ended };
}

interface Said {
  readonly pid: number;
  readonly version: string;
  readonly flags: readonly string[];
  readonly args: readonly string[];
}

/** The node package, beside this one or beside the launcher, is one file. */
const ownVersion = `v${(await import('node/package.json', { with: { type: 'json' } })).default.version}`;

test('a new Node runs the program itself, arguments and exit code as they are', async () => {
  const { launcher } = installed();
  const { said, ended } = start([launcher, 'check', '-c', 'a b']);
  expect(await said()).toMatchObject({ args: ['check', '-c', 'a b'], flags: [] });
  expect(await ended).toMatchObject({ code: 3, err: '' });
});

test('up begins again with the flag for memory, in the same process', async () => {
  const { launcher } = installed();
  const { child, said, ended } = start([launcher, 'up', 'stay']);
  expect(await said()).toMatchObject({ pid: child.pid, flags: FLAGS, args: ['up', 'stay'] });
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 7, err: '' });
});

test('an old Node hands over to the node package, with the flag, arguments and exit code', async () => {
  const { old } = installed();
  const { said, ended } = start([old, 'check', '-c', 'a b']);
  expect(await said()).toMatchObject({
    version: ownVersion,
    flags: FLAGS,
    args: ['check', '-c', 'a b'],
  });
  expect(await ended).toMatchObject({ code: 3, err: '' });
});

test.each([
  ['SIGTERM', 7],
  ['SIGINT', 8],
] as const)('after handing over %s is passed on', async (signal, code) => {
  const { old } = installed();
  const { child, said, ended } = start([old, 'up', 'stay']);
  await said();
  child.kill(signal);
  const end = await ended;
  expect(end).toMatchObject({ code });
  expect(end.out).toContain(`got ${signal}`);
});

test('a launcher that is killed outright takes what it handed over to with it', async () => {
  const { old } = installed();
  const { child, said, ended } = start([old, 'up', 'stay']);
  await said();
  child.kill('SIGKILL');
  // the pipes close when the last process that holds them has ended
  expect(await ended).toMatchObject({ signal: 'SIGKILL' });
});

test('an old Node without the node package says so in one line', async () => {
  const { old } = installed({ node: false });
  const end = await start([old, 'up']).ended;
  expect(end).toMatchObject({ code: 1, out: '' });
  expect(end.err).toBe(
    'gatehouse: needs Node 24 or newer, and this is v20.20.2; install one, or run `npm install node` beside gatehouse\n',
  );
});

test('it hands over once, whatever the other Node says it is', async () => {
  const { root } = installed();
  const pretend = `data:text/javascript,Object.defineProperty(process, 'version', { value: 'v20.20.2' })`;
  const end = await start(['--import', pretend, join(root, 'bin', 'gatehouse.js'), 'up']).ended;
  expect(end).toMatchObject({ code: 1, out: '' });
  expect(end.err.trimEnd().split('\n')).toHaveLength(1);
});

test('in a clone the sources run', async () => {
  const end = await start([join(ROOT, 'bin', 'gatehouse.js'), 'schema', '--count']).ended;
  expect(end).toMatchObject({ code: 0, err: '' });
  expect(Number(end.out)).toBeGreaterThan(40);
});

test.each([
  ['keys', 'gatehouse keys comes in a later version\n'],
  ['chekc', "error: unknown command 'chekc'\n(Did you mean check?)\n"],
])('%s is wrong usage', async (command, err) => {
  expect(await start([join(ROOT, 'bin', 'gatehouse.js'), command]).ended).toMatchObject({ code: 2, out: '', err });
});

test('check tells every problem and ends with 1, and with 0 where there is none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-check-'));
  const file = join(folder, 'gatehouse.yaml');
  const launcher = join(ROOT, 'bin', 'gatehouse.js');
  writeFileSync(file, 'servers:\n  github:\n    urll: https://x/\ntoolsets: {}\n');
  const wrong = await start([launcher, 'check', '-c', file]).ended;
  expect(wrong).toMatchObject({ code: 1, err: '2 problems\n' });
  expect(wrong.out).toBe(
    `${file}:3:5 servers.github.urll: unknown key; did you mean url?\n${file}:4:1 toolsets: comes in a later version; remove it until then\n`,
  );
  for (const example of readdirSync(join(ROOT, 'examples'))) {
    const right = join(ROOT, 'examples', example, 'gatehouse.yaml');
    const checked = await start([launcher, 'check', '--json', '-c', right]).ended;
    expect(checked).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(checked.out)).toMatchObject({ ok: true, problems: [] });
  }
});

test('up with a broken configuration starts nothing', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'gatehouse-up-')), 'gatehouse.yaml');
  writeFileSync(file, 'servers:\n  a: {command: x, url: "http://x/"}\n');
  const end = await start([join(ROOT, 'bin', 'gatehouse.js'), 'up', '-c', file]).ended;
  expect(end).toMatchObject({
    code: 1,
    out: '',
    err: `${file}:2:7 servers.a.command: stands beside url; a server has exactly one of them\n`,
  });
});
