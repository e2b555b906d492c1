/** Files that have lost what they said: the load before stays in use, and people read why. */
import { mkdtemp, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemTime } from '../kernel/time.ts';
import { fileSource } from './file.ts';

const FULL = 'version: 1\ninclude: [more.yaml]\nservers:\n  a: {command: x}\n';

/** A configuration of two files that was loaded once, and how to load it again with other texts. */
async function loaded(main = FULL, more = 'servers:\n  b: {command: y}\n') {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-loss-'));
  const [file, included] = [join(folder, 'g.yaml'), join(folder, 'more.yaml')];
  const source = fileSource(file, {}, systemTime());
  const load = async () => {
    const result = await source.load();
    if (result.ok) return result.settings.servers.map(({ name }) => name);
    return result.problems.map(({ path, message }) => `${path} ${message}`.trim());
  };
  await writeFile(file, main);
  await writeFile(included, more);
  await load();
  return { file, included, load };
}

describe('a configuration that was good', () => {
  it('is not replaced by an empty file', async () => {
    const { file, load } = await loaded();
    await truncate(file);
    expect(await load()).toEqual(['has become empty']);
    await writeFile(file, '# nothing but a comment\n');
    expect(await load()).toEqual(['has become empty']);
  });

  it('is not replaced when a file that it includes becomes empty', async () => {
    const { included, load } = await loaded();
    await truncate(included);
    expect(await load()).toEqual(['has become empty']);
  });

  it('is not replaced by what was cut off before its servers', async () => {
    const { file, load } = await loaded();
    await writeFile(file, 'version: 1\n');
    expect(await load()).toEqual(['servers is no longer there']);
  });

  it('is compared with again after a load that was refused', async () => {
    const { file, load } = await loaded();
    await truncate(file);
    await load();
    expect(await load()).toEqual(['has become empty']);
    await writeFile(file, FULL);
    expect(await load()).toEqual(['a', 'b']);
  });

  it('may give up its servers in so many words', async () => {
    const { file, load } = await loaded();
    await writeFile(file, 'servers: {}\n');
    expect(await load()).toEqual([]);
  });

  it('may have said nothing from the beginning', async () => {
    const { file, load } = await loaded('', '');
    await writeFile(file, '# still nothing\n');
    expect(await load()).toEqual([]);
  });
});
