/** Changes on a real file system: in place, replaced, swapped behind symlinks, new, and in between. */
import { appendFile, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { systemTime } from '../kernel/time.ts';
import { fileSource } from './file.ts';
import type { ConfigSource } from './source.ts';

let stop: (() => void) | undefined;
afterEach(() => stop?.());

const folderFor = () => mkdtemp(join(tmpdir(), 'gatehouse-watch-'));

/** Loads, watches, and gives what waits for the next change and loads again, as a gateway does. */
async function watched(source: ConfigSource) {
  await source.load();
  let calls = 0;
  let wake = () => {};
  stop = source.watch(() => {
    calls += 1;
    wake();
  });
  return async () => {
    const before = calls;
    if (calls === before) await new Promise<void>((resolve) => (wake = resolve));
    return source.load();
  };
}

const names = (result: Awaited<ReturnType<ConfigSource['load']>>) =>
  result.ok ? result.settings.servers.map(({ name }) => name) : result.problems;
const source = (file: string) => fileSource(file, {}, systemTime());

test('a file written in place is noticed', async () => {
  const file = join(await folderFor(), 'g.yaml');
  await writeFile(file, 'servers:\n  a: {command: x}\n');
  const next = await watched(source(file));
  await appendFile(file, '  b: {command: x}\n');
  expect(names(await next())).toEqual(['a', 'b']);
});

test('a file that an editor replaces is noticed, each time', async () => {
  const folder = await folderFor();
  const file = join(folder, 'g.yaml');
  await writeFile(file, 'servers: {a: {command: x}}');
  const next = await watched(source(file));
  for (const name of ['b', 'c', 'd']) {
    await writeFile(join(folder, '.g.yaml.swp'), `servers: {${name}: {command: x}}`);
    await rename(join(folder, '.g.yaml.swp'), file);
    expect(names(await next())).toEqual([name]);
  }
});

test('a folder swapped behind symlinks is noticed, as a ConfigMap is', async () => {
  const folder = await folderFor();
  const publish = async (version: string) => {
    await mkdir(join(folder, version));
    await writeFile(join(folder, version, 'g.yaml'), `servers: {${version}: {command: x}}`);
    await symlink(version, join(folder, '..tmp'));
    await rename(join(folder, '..tmp'), join(folder, '..data'));
  };
  await publish('v1');
  await symlink('..data/g.yaml', join(folder, 'g.yaml'));
  const next = await watched(source(join(folder, 'g.yaml')));
  await publish('v2');
  await rm(join(folder, 'v1'), { recursive: true });
  expect(names(await next())).toEqual(['v2']);
  await publish('v3');
  expect(names(await next())).toEqual(['v3']);
});

test('included files, new files of a glob and files of references are watched too', async () => {
  const folder = await folderFor();
  await mkdir(join(folder, 'd'));
  await writeFile(
    join(folder, 'g.yaml'),
    'include: [d/*.yaml]\nservers: {a: {command: x, env: {K: "${file:secret}"}}}',
  );
  await writeFile(join(folder, 'd', 'b.yaml'), 'servers: {b: {command: x}}');
  await writeFile(join(folder, 'secret'), 'one');
  const next = await watched(source(join(folder, 'g.yaml')));
  await writeFile(join(folder, 'd', 'c.yaml'), 'servers: {c: {command: x}}');
  expect(names(await next())).toEqual(['a', 'b', 'c']);
  await writeFile(join(folder, 'd', 'c.yaml'), 'servers: {cc: {command: x}}');
  expect(names(await next())).toEqual(['a', 'b', 'cc']);
  await writeFile(join(folder, 'secret'), 'another');
  expect(await next()).toMatchObject({ settings: { servers: [{ env: { K: 'another' } }, {}, {}] } });
});

test('a file that was missing is noticed when it comes', async () => {
  const folder = await folderFor();
  await writeFile(join(folder, 'g.yaml'), 'include: [b.yaml]');
  const next = await watched(source(join(folder, 'g.yaml')));
  await writeFile(join(folder, 'b.yaml'), 'servers: {b: {command: x}}');
  expect(names(await next())).toEqual(['b']);
});

test('a change between loading and watching is not lost', async () => {
  const file = join(await folderFor(), 'g.yaml');
  await writeFile(file, 'servers: {a: {command: x}}');
  const early = source(file);
  await early.load();
  await writeFile(file, 'servers: {changed: {command: x}}');
  await new Promise<void>((resolve) => (stop = early.watch(resolve)));
  expect(names(await early.load())).toEqual(['changed']);
});

test('a file that is written without a pause is told all the same', async () => {
  const file = join(await folderFor(), 'g.yaml');
  await writeFile(file, 'servers: {a: {command: x}}\n');
  const busy = source(file);
  await busy.load();
  const writing = setInterval(() => void appendFile(file, '# more\n'), 20);
  try {
    await new Promise<void>((resolve) => (stop = busy.watch(resolve)));
  } finally {
    clearInterval(writing);
  }
});
