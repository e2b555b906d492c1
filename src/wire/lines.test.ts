/** Lines, however the bytes are cut. */
import fc from 'fast-check';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { GatheredLines, Lines, lineOf } from './lines.ts';

it('gives the same lines however the bytes are cut', () => {
  const text = fc
    .array(fc.constantFrom('a', '{"x":1}', 'ü', '\n', '\r\n', '\r', ' ', ''), { maxLength: 40 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.array(fc.nat({ max: 5 })), (whole, cuts) => {
      const bytes = Buffer.from(whole);
      const found: string[] = [];
      const lines = new Lines(1000, (line) => found.push(line.toString()));
      let at = 0;
      for (const cut of cuts) {
        lines.push(bytes.subarray(at, at + cut));
        at = Math.min(bytes.length, at + cut);
      }
      lines.push(bytes.subarray(at));
      expect(found).toEqual(
        whole
          .split('\n')
          .slice(0, -1)
          .map((line) => line.replace(/\r$/u, '')),
      );
    }),
    { numRuns: 500, seed: 5 },
  );
});

it('says when a line grows too long, ended or not', () => {
  const lines = new Lines(4, () => undefined);
  expect(lines.push(Buffer.from('1234\n123'))).toBe(true);
  expect(lines.push(Buffer.from('45'))).toBe(false);
  expect(new Lines(4, () => undefined).push(Buffer.from('12345\n'))).toBe(false);
  expect(new Lines(4, () => undefined).push(Buffer.from('12345\r'))).toBe(false);
});

it('counts a line without its end, wherever that is cut', () => {
  const found: string[] = [];
  const lines = new Lines(4, (line) => found.push(line.toString()));
  expect(['1234\r', '\n123', '4', '\r\n'].every((piece) => lines.push(Buffer.from(piece)))).toBe(true);
  expect(found).toEqual(['1234', '1234']);
});

it('takes one carriage return for a part of the end, however two are cut', () => {
  const found: string[] = [];
  const lines = new Lines(10, (line) => found.push(line.toString()));
  for (const piece of ['a\r', '\r\n']) lines.push(Buffer.from(piece));
  expect(found).toEqual(['a\r']);
});

it('leaves out a line that is too long and goes on with the next, where somebody is told', () => {
  const found: string[] = [];
  const told: string[] = [];
  const lines = new Lines(
    4,
    (line) => found.push(line.toString()),
    () => told.push(`after ${found.length}`),
  );
  for (const chunk of ['12', '345', '6\n', 'ab\n123456\ncd', '\n12345', '\nef\n'])
    expect(lines.push(Buffer.from(chunk))).toBe(true);
  expect(found).toEqual(['ab', 'cd', 'ef']);
  expect(told).toEqual(['after 0', 'after 1', 'after 2']);
});

it('gives what came after the last line break when the stream ends', () => {
  const found: string[] = [];
  const lines = new Lines(9, (line) => found.push(line.toString()));
  lines.push(Buffer.from('a\nb'));
  lines.end();
  lines.end();
  expect(found).toEqual(['a', 'b']);
});

it('writes a message on one line, whatever it looked like', () => {
  const line = lineOf(['{"a":', Buffer.from('[\r\n1,\n\n"\\n"\n]'), '\n}']);
  expect(line.toString()).toBe('{"a":[  1,  "\\n" ] }\n');
});

describe('gathered lines', () => {
  /** Notes each write; takes it at once, or keeps it for later. */
  function stream(takes: boolean) {
    const writes: Buffer[] = [];
    const sink = new Writable({
      write: (chunk: Buffer, _, done) => {
        writes.push(chunk);
        if (takes) done();
      },
    });
    return { writes, sink, text: () => Buffer.concat(writes).toString() };
  }

  it('go out in one write, each on a line of its own', () => {
    const { writes, sink, text } = stream(true);
    const lines = new GatheredLines();
    lines.add(['{"a":', Buffer.from('\r\n1\n'), '}']);
    lines.add(['x'.repeat(10_000), 'ü']);
    expect(lines.length).toBe(10_014);
    lines.writeTo(sink);
    lines.writeTo(sink);
    expect([writes.length, lines.length, text()]).toEqual([1, 0, `{"a":  1 }\n${'x'.repeat(10_000)}ü\n`]);
  });

  it('stay what they were for as long as the stream has not taken them', () => {
    const { sink, writes, text } = stream(false);
    const lines = new GatheredLines();
    lines.add(['"first"']);
    lines.writeTo(sink);
    lines.add(['"other"']);
    lines.writeTo(sink);
    expect([writes.length, sink.writableLength, text()]).toEqual([1, 16, '"first"\n']);
  });
});
