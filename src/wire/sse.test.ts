/** Server-sent events against the standard's own algorithm, cut anyhow. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SSE_COMMENT, sseEvent, SseReader } from './sse.ts';

interface Seen {
  readonly data: string;
  readonly event: string | undefined;
  readonly id: string | undefined;
}

function read(
  pieces: readonly Uint8Array[],
  maxEventBytes = 1000,
): { events: Seen[]; errors: number; retryMs: number | undefined } {
  const events: Seen[] = [];
  let errors = 0;
  const reader = new SseReader({
    maxEventBytes,
    onEvent: ({ data, event, id }) => events.push({ data: data.toString(), event, id }),
    onError: () => (errors += 1),
  });
  for (const piece of pieces) {
    const lent = Buffer.from(piece);
    reader.push(lent);
    // What the reader keeps must be its own.
    lent.fill(0x2a);
  }
  reader.end();
  return { events, errors, retryMs: reader.retryMs };
}

/** The standard's algorithm, line by line on a whole string. */
function oracle(text: string): Seen[] {
  const events: Seen[] = [];
  let data: string[] = [];
  let event: string | undefined;
  let id: string | undefined;
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  for (const line of lines.slice(0, -1)) {
    if (line === '') {
      if (data.length > 0) events.push({ data: data.join('\n'), event, id });
      data = [];
      event = undefined;
      continue;
    }
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === 'data') data.push(value);
    if (name === 'event') event = value;
    if (name === 'id' && !value.includes('\0')) id = value;
  }
  return events;
}

const text = (value: string): Uint8Array[] => [Buffer.from(value)];

describe('the reader', () => {
  it('gives for any text in any pieces what the standard says', () => {
    const part = fc.constantFrom(
      'data',
      'data:',
      'data: ',
      'id: ',
      'event:',
      'retry: 5',
      ':',
      ' ',
      'x',
      'é',
      '\0',
      '{"a":1}',
      '\r',
      '\n',
      '\r\n',
      '\n\n',
      '\uFEFF',
    );
    const stream = fc.array(part, { maxLength: 40 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(stream, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), (whole, sizes) => {
        const bytes = Buffer.from(whole);
        const pieces: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          pieces.push(bytes.subarray(at, at + size));
          at += size;
        }
        const expected = oracle(whole);
        expect(read(pieces).events).toEqual(expected);
        expect(read([bytes]).events).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps the id for later events, the name of an event for one', () => {
    expect(read(text('id: 7\nevent: a\ndata: x\n\ndata: y\n\nid\ndata: z\n\n')).events).toEqual([
      { data: 'x', event: 'a', id: '7' },
      { data: 'y', event: undefined, id: '7' },
      { data: 'z', event: undefined, id: '' },
    ]);
  });

  it('asks to go on behind the last event that came whole, not behind one that was cut', () => {
    const reader = new SseReader({ maxEventBytes: 100, onEvent: () => undefined, onError: () => undefined });
    reader.push(Buffer.from('id: 7\ndata: x\n\nid: 8\ndata: y\n'));
    expect(reader.lastEventId).toBe('7');
    reader.push(Buffer.from('\n'));
    expect(reader.lastEventId).toBe('8');
  });

  it('hears an event whose data is empty, and none where there is no data', () => {
    expect(read(text('id: 1\ndata:\n\nid: 2\n\n:\n\n')).events).toEqual([{ data: '', event: undefined, id: '1' }]);
  });

  it('takes digits as the time to wait, nothing else', () => {
    expect(read(text('retry: 1500\n\nretry: -1\n\nretry: x\n\n')).retryMs).toBe(1500);
  });

  it('drops an event that was not completed', () => {
    expect(read(text('data: a\n\ndata: b\n')).events.map(({ data }) => data)).toEqual(['a']);
  });

  it.each([
    ['one long line', ['data: ', 'x'.repeat(600), 'x'.repeat(600)]],
    ['one long line in one piece', [`data: ${'x'.repeat(1001)}\n`]],
    ['many lines', ['data: xxxxxxxxx\n'.repeat(120)]],
    ['a comment without an end', [`:${'x'.repeat(2000)}`]],
  ])('stops once at an event over its bound: %s', (_, pieces) => {
    const seen = read([...pieces, '\n\ndata: later\n\n'].map((piece) => Buffer.from(piece)));
    expect(seen).toMatchObject({ events: [], errors: 1 });
  });

  it('takes any number of events inside the bound', () => {
    expect(read(text(`data: ${'x'.repeat(900)}\n\n:\n`.repeat(50))).events.length).toBe(50);
  });
});

describe('the writer', () => {
  it('puts a payload of one line between two constants, uncopied', () => {
    const payload = [Buffer.from('{"a":'), Buffer.from('1}')];
    const parts = sseEvent(payload);
    expect(Buffer.concat(parts).toString()).toBe('data: {"a":1}\n\n');
    expect(parts).toContain(payload[0]);
    expect(Buffer.concat(sseEvent(payload, 's/1')).toString()).toBe('id: s/1\ndata: {"a":1}\n\n');
  });

  it('writes what the reader reads, wherever lines and parts end', () => {
    const piece = fc.constantFrom('{', '\r', '\n', '\r\n', ' "a" ', 'é', '}', 'data: ');
    fc.assert(
      fc.property(
        fc.array(
          fc.array(piece).map((some) => some.join('')),
          { minLength: 1 },
        ),
        (parts) => {
          const written = sseEvent(parts.map((part) => Buffer.from(part)));
          const expected = parts.join('').replace(/\r\n|\r/g, '\n');
          expect(read([Buffer.concat([...written, SSE_COMMENT])]).events.map(({ data }) => data)).toEqual([expected]);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
