/** The reader of server-sent events against the standard's own algorithm, cut in every way, under wide and narrow bounds; and our writer. */
import { sseEvent, SseReader, type SseEvent } from '../../../src/wire/sse.ts';
import type { Chance } from '../../soak/random.ts';
import { cuttings, pieces } from '../cuts.ts';
import type { Target } from '../target.ts';
import { readEvents, type ReferenceStream } from './reference.ts';

const WORDS = [
  'data:',
  'data: ',
  'data',
  'event:',
  'event: message',
  'id:',
  'id: 7',
  'id',
  'retry: 1500',
  'retry:',
  ':',
  ': ',
  '\r',
  '\n',
  '\r\n',
  '\n\n',
  '\r\n\r\n',
  '\0',
  ' ',
  '\xEF\xBB\xBF',
  '\xC3\xA9',
  '\xFF',
  '{"jsonrpc":"2.0"}',
  'datax: y',
];
const BOUNDS = [16, 64, 1_048_576];

export const sse: Target = {
  name: 'sse',
  words: WORDS,
  generate,
  judge(input) {
    const expected = readEvents(input);
    for (const cuts of cuttings(input)) {
      for (const bound of BOUNDS) {
        const wrong = compare(read(pieces(input, cuts), bound), expected, bound);
        if (wrong !== undefined) return `${wrong} (bound ${bound}, cut at ${cuts.slice(0, 20).join(' ')})`;
      }
    }
    return written(input);
  },
};

function generate(chance: Chance): Buffer {
  const end = chance.one(['\n', '\r\n', '\r', '']);
  const lineEnd = (): string => (end === '' ? chance.one(['\n', '\r\n', '\r']) : end);
  let text = chance.below(8) === 0 ? '\xEF\xBB\xBF' : '';
  for (let lines = chance.below(14); lines > 0; lines -= 1) text += line(chance) + lineEnd();
  return Buffer.from(text, 'latin1');
}

function line(chance: Chance): string {
  const value = chance.one(['', 'x', '{"a":1}', ' y', 'a:b', '\xC3\xA9', '12', 'z'.repeat(chance.below(80))]);
  const field = chance.one(['data', 'data', 'data', 'event', 'id', 'retry', '', 'DATA', 'eventid', 'x']);
  return chance.below(4) === 0 ? '' : field + chance.one([':', ': ', '', ':  ']) + value;
}

interface Heard {
  readonly events: readonly SseEvent[];
  readonly errors: number;
  readonly lastEventId: string | undefined;
  readonly retryMs: number | undefined;
}

function read(given: readonly Buffer[], maxEventBytes: number): Heard {
  const events: SseEvent[] = [];
  let errors = 0;
  const reader = new SseReader({
    maxEventBytes,
    onEvent: (event) => events.push(event),
    onError: () => (errors += 1),
  });
  for (const piece of given) {
    reader.push(piece);
    // What the reader keeps must be its own.
    piece.fill(0x2a);
  }
  const { lastEventId, retryMs } = reader;
  reader.end();
  return { events, errors, lastEventId, retryMs };
}

function compare(heard: Heard, expected: ReferenceStream, bound: number): string | undefined {
  if (heard.errors > 1) return `told of an error ${heard.errors} times`;
  const count = heard.errors === 0 ? expected.events.length : heard.events.length;
  const wrong = stops(heard, expected, bound);
  if (wrong !== undefined) return wrong;
  if (heard.events.length !== count) return `other events: ${heard.events.length} of ${count}`;
  for (const [index, { data, event, id }] of heard.events.entries()) {
    const other = expected.events[index];
    if (data.toString('latin1') !== other?.data) return `other data: ${data.toString()}`;
    // The standard has no event without a name or id: they are empty then.
    if ((event ?? '') !== other.event) return `another name of an event: ${event}`;
    if ((id ?? '') !== other.id) return `another id of an event: ${id}`;
  }
  if (heard.errors > 0) return undefined;
  if ((heard.lastEventId ?? '') !== expected.lastEventId) return `another last id: ${heard.lastEventId}`;
  // Ours takes at most nine digits, which is eleven days.
  const isLong = expected.retryMs !== undefined && expected.retryMs > 999_999_999;
  return isLong || heard.retryMs === expected.retryMs ? undefined : `another time to wait: ${heard.retryMs}`;
}

/** An event beyond the bound must stop the reader, a line beyond it may: whole lines are only bounded where they had to be put together. */
function stops(
  { errors, events }: Heard,
  { lines, tail, events: all }: ReferenceStream,
  bound: number,
): string | undefined {
  const must = lines.findIndex(({ data }) => data > bound);
  const reached = must === -1 ? lines : lines.slice(0, must + 1);
  const isTailLong = must === -1 && tail > bound;
  if (errors === 0) return must === -1 && !isTailLong ? undefined : 'did not stop at an event over its bound';
  const may = reached.filter(({ bytes, data }) => bytes > bound || data > bound).map((line) => line.events);
  if (isTailLong) may.push(all.length);
  return may.includes(events.length) ? undefined : 'stopped at an event within its bound';
}

/** What we write is read as it was, its line ends made one kind. */
function written(payload: Buffer): string | undefined {
  const text = payload.toString('latin1').replace(/\r\n|\r/g, '\n');
  for (const cuts of cuttings(payload).slice(0, 4)) {
    const { events } = readEvents(Buffer.concat(sseEvent(pieces(payload, cuts), 'x/1')));
    if (events.length !== 1 || events[0]?.data !== text || events[0].id !== 'x/1')
      return `what was written is read as something else: ${JSON.stringify(events)}`;
  }
  return undefined;
}
