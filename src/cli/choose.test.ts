/** Which configuration a command takes: named, found in the folder, the quickstart, or none. */
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileSource } from '../config/file.ts';
import { systemTime } from '../kernel/time.ts';
import { choose, tellNone } from './choose.ts';
import { STARTER } from './starter.ts';

/** A project with a quickstart, and a folder elsewhere. */
function places(inside = '.') {
  const top = mkdtempSync(join(tmpdir(), 'gatehouse-choose-'));
  const root = join(top, inside, 'gatehouse');
  const folder = join(top, 'elsewhere');
  mkdirSync(join(root, 'examples', 'quickstart'), { recursive: true });
  mkdirSync(folder);
  writeFileSync(join(root, 'examples', 'quickstart', 'gatehouse.yaml'), '');
  return {
    root,
    folder,
    quickstart: join(root, 'examples', 'quickstart', 'gatehouse.yaml'),
    surroundings: { variables: {}, time: systemTime(), root, folder },
  };
}

test('the file that was named is taken', () => {
  const { surroundings } = places();
  expect(choose({ config: 'some.yaml' }, surroundings)).toMatchObject({
    kind: 'chosen',
    file: 'some.yaml',
    freePorts: false,
  });
  expect(choose({ mcpJson: 'mcp.json' }, surroundings)).toMatchObject({
    kind: 'chosen',
    file: 'mcp.json',
    freePorts: false,
  });
});

test('without a name the folder goes before the quickstart', () => {
  const { surroundings, folder, quickstart } = places();
  expect(choose({}, surroundings)).toMatchObject({ kind: 'chosen', file: quickstart, freePorts: true });
  writeFileSync(join(folder, 'gatehouse.yaml'), '');
  expect(choose({}, surroundings)).toMatchObject({
    kind: 'chosen',
    file: join(folder, 'gatehouse.yaml'),
    freePorts: false,
  });
});

test('the quickstart may move to a free port under any name', () => {
  const { surroundings, folder, quickstart } = places();
  symlinkSync(quickstart, join(folder, 'link.yaml'));
  expect(choose({ config: join(folder, 'link.yaml') }, surroundings)).toMatchObject({ freePorts: true });
});

test('an installed package has no quickstart of its own, and gives a configuration to begin with', () => {
  const { surroundings } = places('node_modules');
  expect(choose({}, surroundings)).toMatchObject({
    kind: 'none',
    starter: STARTER,
    told: expect.stringContaining('name a file with -c'),
  });
});

test('two sources at once are wrong usage', () => {
  expect(choose({ config: 'a', mcpJson: 'b' }, places().surroundings)).toMatchObject({ kind: 'none' });
});

test('the configuration to begin with is valid', async () => {
  const { folder } = places();
  writeFileSync(join(folder, 'gatehouse.yaml'), STARTER);
  expect(await fileSource(join(folder, 'gatehouse.yaml'), {}, systemTime()).load()).toMatchObject({
    ok: true,
    settings: { servers: [{ name: 'files' }] },
  });
});

test.each([
  [false, ['the starter'], ['there is none']],
  [true, ['{"ok":false,"problems":[],"warnings":[],"error":"there is none"}'], ['there is none']],
])('that there is none is told to people and, with --json %s, to programs', (json, printed, errors) => {
  const [out, err]: [string[], string[]] = [[], []];
  const console = {
    terminal: false,
    print: (line: string) => void out.push(line),
    error: (line: string) => void err.push(line),
    style: (_: string, text: string) => text,
  };
  tellNone({ kind: 'none', told: 'there is none', starter: 'the starter' }, json, console);
  expect([out, err]).toEqual([printed, errors]);
});
