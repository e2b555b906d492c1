/** The framing of a child's stdout against a split of the whole, cut in every way, under wide and narrow bounds; then each line as a message. */
import { Lines } from '../../../src/wire/lines.ts';
import { readReply } from '../../../src/protocol/jsonrpc.ts';
import type { Chance } from '../../soak/random.ts';
import { cuttings, pieces } from '../cuts.ts';
import { readJson } from '../scanner/json.ts';
import type { Target } from '../target.ts';
import { readLines, type ReferenceLines } from './reference.ts';

const BOUNDS = [8, 64, 1_048_576];
const DEPTH = 64;

export const stdio: Target = {
  name: 'stdio',
  words: [
    '\n',
    '\r\n',
    '\r',
    '\n\n',
    '\r\r\n',
    '\0',
    '\xFF',
    '\xC3',
    '\xC3\xA9',
    '\xEF\xBB\xBF',
    ' ',
    '{}',
    '[]',
    '\u0085',
    '{"jsonrpc":"2.0","id":1,"result":{}}',
    'Content-Length: 12',
    'starting up ...',
    '\\n',
    '"',
  ],
  generate,
  judge(input) {
    const expected = readLines(input);
    for (const cuts of cuttings(input)) {
      for (const bound of BOUNDS) {
        const wrong = compare(pieces(input, cuts), expected, bound);
        if (wrong !== undefined) return `${wrong} (bound ${bound}, cut at ${cuts.slice(0, 20).join(' ')})`;
      }
    }
    return messages(expected);
  },
};

function generate(chance: Chance): Buffer {
  const lines = Array.from({ length: chance.below(10) }, () =>
    chance.one([
      '',
      ' ',
      'ready',
      '{"jsonrpc":"2.0","id":7,"result":{"content":[]}}',
      '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":0.5}}',
      '{"a":"\\n\\u0000"}',
      '\xC3\xA9\xE2\x82\xAC',
      '\xFF\xFE',
      '\0\0',
      '\r',
      'x'.repeat(chance.below(90)),
    ]),
  );
  const end = chance.one(['\n', '\r\n']);
  return Buffer.from(lines.join(end) + chance.one(['', end, '\r', 'x'.repeat(chance.below(200))]), 'latin1');
}

function compare(given: readonly Buffer[], { lines, rest }: ReferenceLines, bound: number): string | undefined {
  const found: string[] = [];
  const reader = new Lines(bound, (line) => found.push(line.toString('latin1')));
  const isOpen = given.every((piece) => reader.push(piece));
  const tooLong = lines.findIndex((line) => line.length > bound);
  const expected = tooLong === -1 ? lines : lines.slice(0, tooLong);
  const isEndless = tooLong === -1 && rest.replace(/\r$/, '').length > bound;
  if (isOpen && (tooLong !== -1 || isEndless)) return 'read on behind a line over its bound';
  if (!isOpen && tooLong === -1 && !isEndless) return 'stopped at a line within its bound';
  const isSame = found.length === expected.length && found.every((line, index) => line === expected[index]);
  if (!isSame) return `other lines: ${JSON.stringify(found).slice(0, 200)}`;
  return isOpen && reader.held !== rest.length ? `holds something else: ${reader.held} for ${rest.length}` : undefined;
}

function messages({ lines }: ReferenceLines): string | undefined {
  for (const line of lines) {
    const bytes = Buffer.from(line, 'latin1');
    const { problem } = readReply(bytes, DEPTH);
    const json = readJson(bytes);
    const isRefused = problem === 'syntax' || problem === 'depth';
    if (json === undefined ? !isRefused : isRefused && json.depth <= DEPTH)
      return `a line is read as another message: ${line}`;
  }
  return undefined;
}
