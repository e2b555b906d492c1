/** What leaves when, and in which order. */
import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { Output, type Sending } from './output.ts';

const SCRATCH = 262_144;

/** Notes each write; takes it at once, or not before `take`. */
class Wire extends Duplex {
  readonly writes: string[] = [];
  readonly #takes: boolean;

  constructor(takes = true) {
    super();
    this.#takes = takes;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.writes.push(chunk.toString());
    if (this.#takes) done();
  }
}

interface End extends Sending {
  readonly wire: Wire;
  departures: number;
}

function end(takes = true): End {
  const wire = new Wire(takes);
  return {
    wire,
    departures: 0,
    socket: wire as unknown as Socket,
    departed(): void {
      this.departures += 1;
    },
  };
}

function house(): { readonly output: Output; readonly turn: () => void } {
  const soon: (() => void)[] = [];
  const output = new Output({ soon: (action) => soon.push(action) });
  const turn = (): void => {
    for (const action of soon.splice(0)) action();
  };
  return { output, turn };
}

it('what is sent leaves when the turn ends, and its sender hears of it then', () => {
  const { output, turn } = house();
  const one = end();
  output.send(one, ['a', 'b'], [Buffer.from('c')], 'd');
  expect([one.wire.writes, one.departures]).toEqual([[], 0]);
  turn();
  expect([one.wire.writes, one.departures]).toEqual([['abcd'], 1]);
});

it('messages that follow each other on one socket are one write, and never out of order', () => {
  const { output, turn } = house();
  const one = end();
  const other = end();
  output.send(one, ['1'], []);
  output.send(one, ['2'], []);
  output.send(other, ['x'], []);
  output.send(one, ['3'], []);
  turn();
  expect(one.wire.writes).toEqual(['12', '3']);
  expect(other.wire.writes).toEqual(['x']);
});

it('parts may change as soon as they have been sent', () => {
  const { output, turn } = house();
  const one = end();
  const part = Buffer.from('kept');
  output.send(one, [], [part]);
  part.fill('!');
  turn();
  expect(one.wire.writes).toEqual(['kept']);
});

it('a socket that has closed by the end of the turn is not written to', () => {
  const { output, turn } = house();
  const one = end();
  output.send(one, ['gone'], []);
  one.wire.destroy();
  turn();
  expect(one.wire.writes).toEqual([]);
});

it('no more waits than there is room for: before that everything leaves, in order', () => {
  const { output, turn } = house();
  const one = end();
  const half = 'h'.repeat(SCRATCH / 2);
  output.send(one, [half], []);
  output.send(one, [half], []);
  expect(one.wire.writes).toEqual([]);
  output.send(one, ['more'], []);
  expect(one.wire.writes).toEqual([half + half]);
  turn();
  expect(one.wire.writes).toEqual([half + half, 'more']);
});

it('what a slow socket has not taken stays as it was, whatever is sent meanwhile', async () => {
  const { output, turn } = house();
  const slow = end(false);
  const sent: Buffer[] = [];
  slow.wire._write = (chunk: Buffer): void => void sent.push(chunk);
  output.send(slow, ['slow'], []);
  turn();
  const others = Array.from({ length: 40 }, () => end());
  for (const [index, other] of others.entries()) output.send(other, [String(index % 10).repeat(20_000)], []);
  turn();
  expect(sent.map(String)).toEqual(['slow']);
  expect(others.map(({ wire }) => wire.writes.join('').length)).toEqual(others.map(() => 20_000));
});

it('a socket that is behind is written to at once, behind what waited for it', () => {
  const { output } = house();
  const slow = end(false);
  slow.wire.write('before');
  output.send(slow, ['after'], []);
  expect(slow.wire.writableLength).toBe('beforeafter'.length);
  expect(slow.departures).toBe(1);
});

it('a long message leaves at once, behind what waited for the end of the turn', () => {
  const { output } = house();
  const one = end();
  const long = 'l'.repeat(SCRATCH + 1);
  output.send(one, ['first'], []);
  expect(output.sendSliced(one, [long], [])).toBeUndefined();
  expect(one.wire.writes.join('')).toBe(`first${long}`);
});
