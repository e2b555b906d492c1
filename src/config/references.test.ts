/** Every form of ${…}, what each becomes, and how a missing one is told. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { parse } from './document.ts';
import { noReads } from './files.ts';
import { interpolate, references } from './references.ts';
import { tell } from './source.ts';
import { find, plain } from './tree.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-references-'));
  await writeFile(join(folder, 'token'), 'from-file\n');
  await writeFile(join(folder, 'long'), 'x'.repeat(65 * 1024));
  await writeFile(join(folder, 'bytes'), Buffer.from([0xff, 0xfe]));
});

const variables = { TOKEN: 'abc', EMPTY: '', ODD: '{a: [1], ${TOKEN}}' };

async function resolved(value: string) {
  const { tree } = parse(`key: ${JSON.stringify(value)}\n`, join(folder, 'g.yaml'));
  if (!tree) throw new Error('the test wrote no YAML');
  const reads = noReads();
  const problems = await interpolate(tree, references(variables, reads));
  return { data: plain(tree), problems: problems.map(tell).map((line) => line.slice(folder.length + 1)), tree, reads };
}

test.each([
  ['Bearer ${TOKEN}', 'Bearer abc'],
  ['${TOKEN}${TOKEN}', 'abcabc'],
  ['${NONE:-fallback}', 'fallback'],
  ['${NONE:-}', ''],
  ['${EMPTY:-fallback}', 'fallback'],
  ['${EMPTY}', ''],
  ['${file:token}', 'from-file'],
  ['$${TOKEN}', '${TOKEN}'],
  ['a $${b} ${TOKEN} $c', 'a ${b} abc $c'],
  ['${ODD}', '{a: [1], ${TOKEN}}'],
  ['$TOKEN', '$TOKEN'],
])('%s becomes %s', async (written, meant) => {
  expect(await resolved(written)).toMatchObject({ data: { key: meant }, problems: [] });
});

test.each([
  ['${NONE}', 'g.yaml:1:6 key: the environment has no variable NONE; set it, or write ${NONE:-default}'],
  [
    '${constructor}',
    'g.yaml:1:6 key: the environment has no variable constructor; set it, or write ${constructor:-default}',
  ],
  ['${TOKEN', 'g.yaml:1:6 key: holds a ${ without its }; close it, or write $${ for a literal ${'],
  ['${A:-${B}}', 'g.yaml:1:6 key: holds a ${…} within a ${…}; write them one after the other'],
  ['${file:none}', 'g.yaml:1:6 key: the file none does not exist; a path is taken from the folder of this file'],
  ['${file:long}', 'g.yaml:1:6 key: the file long is longer than 64 KiB; a path is taken from the folder of this file'],
  ['${file:bytes}', 'g.yaml:1:6 key: the file bytes is not UTF-8 text; a path is taken from the folder of this file'],
  ['${file:.}', 'g.yaml:1:6 key: the file . is a folder; a path is taken from the folder of this file'],
])('%s is refused', async (written, line) => {
  expect((await resolved(written)).problems).toEqual([line]);
});

test('what is no reference at all says how one is written', async () => {
  expect((await resolved('${env:TOKEN}')).problems.join()).toContain('write ${NAME}, ${NAME:-default} or ${file:PATH}');
});

test('a refused scalar is marked, so that nothing else complains about it', async () => {
  const { tree } = await resolved('${NONE}');
  expect(find(tree, ['key']).value).toMatchObject({ refused: true });
});

test('files that were read or missed are remembered for watching', async () => {
  const { reads } = await resolved('${file:token}${file:none}');
  expect([...reads.files.keys()]).toEqual([join(folder, 'token'), join(folder, 'none')]);
});
