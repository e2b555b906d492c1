/** What reaches the log of a child's stderr, quiet and flooding. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../test/fakes/call.ts';
import { FakeTime } from '../../../test/fakes/time.ts';
import { relayStderr } from './process-stderr.ts';

function relayed() {
  const time = new FakeTime();
  const said: unknown[] = [];
  const warned: unknown[] = [];
  const log = {
    ...silentLog,
    info: (fields: { readonly stderr?: unknown }) => void said.push(fields.stderr),
    warn: (fields: { readonly droppedBytes?: unknown }) => void warned.push(fields.droppedBytes),
  };
  const stderr = new PassThrough();
  relayStderr(stderr, 'x', { time, log });
  return { time, said, warned, stderr };
}

describe('stderr', () => {
  it('goes to the log line by line', () => {
    const { said, stderr } = relayed();
    stderr.write('one\ntw');
    stderr.write('o\n\nthree');
    expect(said).toEqual(['one', 'two']);
  });

  it('is left out for the rest of a second in which it was too much, and that is told', () => {
    const { time, said, warned, stderr } = relayed();
    stderr.write(`${'x'.repeat(999)}\n`.repeat(70));
    stderr.write('left out\n');
    expect(said).toHaveLength(70);
    time.pass(1000);
    stderr.write('heard again\n');
    expect(said).toHaveLength(71);
    expect(said.at(-1)).toBe('heard again');
    expect(warned).toEqual([9]);
  });

  it('waits for a moment after a flood', () => {
    const { time, stderr } = relayed();
    stderr.write(Buffer.alloc(5 * 1024 * 1024));
    expect(stderr.isPaused()).toBe(true);
    time.pass(50);
    expect(stderr.isPaused()).toBe(false);
  });

  it('has no line without end', () => {
    const { said, stderr } = relayed();
    stderr.write('x'.repeat(5000));
    stderr.write('y\nnext\n');
    expect(said).toEqual(['y', 'next']);
  });
});
