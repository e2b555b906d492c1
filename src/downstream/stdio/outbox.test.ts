/** What leaves on a pipe whose reader is slow: order, what is kept, what is said once, what is left out, and who is told to wait. */
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../test/fakes/call.ts';
import { Budget } from '../../kernel/bounded.ts';
import { Outbox } from './outbox.ts';

/** Takes nothing until it is told to. */
class Reader extends Writable {
  readonly read: string[] = [];
  #taken: (() => void) | undefined;
  #isOpen = false;

  constructor() {
    super({ highWaterMark: 16, decodeStrings: false });
  }

  override _write(line: Buffer | string, _encoding: string, taken: () => void): void {
    this.read.push(line.toString().trimEnd());
    if (this.#isOpen) taken();
    else this.#taken = taken;
  }

  open(): void {
    this.#isOpen = true;
    this.#taken?.();
  }
}

function made({ bytes = 1_000_000 } = {}) {
  const reader = new Reader();
  const buffered = new Budget(bytes);
  const paced: boolean[] = [];
  const warned: object[] = [];
  const outbox = new Outbox({
    output: reader,
    queueBytes: 40,
    buffered,
    log: { ...silentLog, warn: (fields) => void warned.push(fields) },
    paced: (isBehind) => paced.push(isBehind),
  });
  return { reader, buffered, paced, warned, outbox };
}

const LONG = JSON.stringify('x'.repeat(50));

describe('a reader that keeps up', () => {
  it('gets everything in order, and nothing is charged', () => {
    const { reader, buffered, outbox, paced } = made();
    reader.open();
    outbox.note(['1']);
    outbox.send(['[2,', '\n3]']);
    outbox.tell(['4']);
    outbox.tell(['4']);
    expect(reader.read).toEqual(['1', '[2, 3]', '4', '4']);
    expect(buffered.held).toBe(0);
    expect(paced).toEqual([]);
  });
});

describe('a reader that falls behind', () => {
  it('is told of, once, and again when it has caught up', async () => {
    const { reader, outbox, paced } = made();
    for (let n = 0; n < 3; n += 1) outbox.send([LONG]);
    expect(paced).toEqual([true]);
    reader.open();
    await outbox.flushed();
    expect(paced).toEqual([true, false]);
  });

  it('gets every answer, and changes once, in the order in which they came up first; notes are left out and counted', async () => {
    const { reader, outbox, warned } = made();
    outbox.send([LONG]);
    outbox.send(['"answer"']);
    for (const change of ['"b"', '"a"', '"b"', '"b"']) outbox.tell([change]);
    outbox.note(['"progress"']);
    outbox.note(['"progress"']);
    outbox.send(['"last answer"']);
    reader.open();
    await outbox.flushed();
    expect(reader.read).toEqual([LONG, '"answer"', '"last answer"', '"b"', '"a"']);
    expect(warned).toEqual([{ messages: 2 }]);
  });

  it('is charged for what waits, and what does not fit is refused until it has read', async () => {
    const { reader, buffered, outbox } = made({ bytes: 100 });
    expect(outbox.send([LONG])).toBe(true);
    expect(outbox.send([LONG])).toBe(true);
    expect(buffered.held).toBe(53);
    expect(outbox.send([LONG])).toBe(false);
    outbox.insist(['"no room"']);
    reader.open();
    await outbox.flushed();
    expect(buffered.held).toBe(0);
    expect(reader.read).toEqual([LONG, LONG, '"no room"']);
  });

  it('owes nothing when it has gone', async () => {
    const { reader, buffered, outbox } = made();
    outbox.send([LONG]);
    outbox.send([LONG]);
    const flushed = outbox.flushed();
    reader.destroy();
    outbox.close();
    await flushed;
    expect(buffered.held).toBe(0);
    expect(outbox.send(['1'])).toBe(true);
    expect(reader.read).toEqual([LONG]);
  });
});
