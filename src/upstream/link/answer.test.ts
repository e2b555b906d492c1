/** Long answers: they arrive as they were sent however they were cut, within the bound, and nothing of the budget stays behind. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FakeTime } from '../../../test/fakes/time.ts';
import { Abort } from '../../kernel/abort.ts';
import { Budget } from '../../kernel/bounded.ts';
import { Fault } from '../../kernel/fault.ts';
import { Skim } from '../../kernel/skim/skim.ts';
import { REPLY } from '../../protocol/jsonrpc.ts';
import type { Sent } from '../../wire/http1/client.ts';
import { Answer } from './answer.ts';
import { SpareBlocks } from './blocks.ts';
import type { Reply } from './link.ts';

const MIB = 1024 * 1024;
const skim = new Skim();
const blocks = new SpareBlocks(new FakeTime());

/** A response of exactly so many bytes. */
function response(bytes: number): Buffer {
  const [open, close] = ['{"jsonrpc":"2.0","id":7,"result":"', '"}'];
  const text = randomBytes(bytes).toString('hex');
  return Buffer.from(open + text.slice(0, bytes - open.length - close.length) + close);
}

/** How often its request was aborted. */
class Counted implements Sent {
  aborts = 0;
  abort(): void {
    this.aborts += 1;
  }
  hurry(): void {}
  pause(): void {}
  resume(): void {}
  distrust(): void {}
}

/** An answer that hears pieces of that size; of the length that its head says, if that is said. */
function hear(body: Buffer, how: { piece: number; budget: Budget; resultBytes?: number; length?: number }) {
  const { piece, budget, resultBytes = 4 * MIB, length } = how;
  const bounds = { resultBytes, jsonDepth: 10, buffered: budget, blocks, skim };
  const answer = new Answer(bounds, { heard: () => undefined }, 7);
  const sent = new Counted();
  answer.sent = sent;
  const headers = new Map([['content-type', 'application/json']]);
  if (length !== undefined) headers.set('content-length', String(length));
  answer.onHead({ status: 200, header: (name) => headers.get(name) });
  let most = 0;
  // The wire's chunks lie in memory that is written over.
  const memory = Buffer.alloc(piece);
  for (let at = 0; at < body.length && sent.aborts === 0; at += piece) {
    const bytes = body.copy(memory, 0, at, at + piece);
    answer.onData(memory.subarray(0, bytes));
    most = Math.max(most, budget.held);
  }
  if (sent.aborts === 0) answer.onEnd();
  return { reply: answer.promise, sent, most };
}

const resultOf = (reply: Reply): string | undefined => reply.message?.fields.raw(REPLY.result)?.toString('latin1');

describe('an answer', () => {
  it.each([
    ['whose length nobody said', 3 * MIB, 1009, undefined],
    ['whose length nobody said, in large pieces', 3 * MIB, 777_777, undefined],
    ['in one piece of which nobody said the length', 3 * MIB, 3 * MIB, undefined],
    ['whose length was said', 3 * MIB, 65_521, 3 * MIB],
    ['which is longer than was said, as what was compressed is', 3 * MIB, 65_521, 1_300_000],
    ['which is just a block', MIB, 4096, undefined],
    ['which is a byte more than a block', MIB + 1, 4096, undefined],
    ['which is short', 300, 7, undefined],
  ])('%s arrives as it was sent', async (_, bytes, piece, length) => {
    const budget = new Budget(8 * MIB);
    const body = response(bytes);
    const { reply, most } = hear(body, { piece, budget, ...(length === undefined ? {} : { length }) });
    const expected = body.toString('latin1').slice(body.indexOf('"result":') + 9, -1);
    expect(resultOf(await reply) === expected).toBe(true);
    expect(budget.held).toBe(0);
    expect(most).toBeGreaterThanOrEqual(bytes);
    expect(most).toBeLessThan(bytes + 2 * MIB);
  });

  it('is relayed up to the bound, and refused from the next byte on', async () => {
    const budget = new Budget(8 * MIB);
    const resultBytes = 2 * MIB + 17;
    const exact = hear(response(resultBytes), { piece: 5003, budget, resultBytes });
    expect((await exact.reply).status).toBe(200);
    const over = hear(response(resultBytes + 1), { piece: 5003, budget, resultBytes });
    await expect(over.reply).rejects.toMatchObject({ kind: 'broken', delivered: 'yes' });
    expect(over.sent.aborts).toBe(1);
    expect(budget.held).toBe(0);
  });

  it('for which there is no room ends with its call, and takes no room from others', async () => {
    const budget = new Budget(2 * MIB + 5);
    const { reply, sent } = hear(response(3 * MIB), { piece: 50_021, budget });
    await expect(reply).rejects.toMatchObject({ kind: 'overloaded' });
    expect(sent.aborts).toBe(1);
    expect(budget.held).toBe(0);
  });
});

it('gives back what it holds of an event that nobody waits for any more', async () => {
  const budget = new Budget(8 * MIB);
  const abort = new Abort();
  const answer = new Answer(
    { resultBytes: 4 * MIB, jsonDepth: 10, buffered: budget, blocks, skim },
    { heard: () => undefined, abort },
    7,
  );
  answer.sent = new Counted();
  answer.onHead({ status: 200, header: (name) => (name === 'content-type' ? 'text/event-stream' : undefined) });
  answer.onData(Buffer.from(`data: ${'x'.repeat(MIB)}`));
  expect(budget.held).toBeGreaterThanOrEqual(MIB);
  abort.now(new Fault('cancelled', 'No more.'));
  await expect(answer.promise).rejects.toMatchObject({ kind: 'cancelled' });
  expect(budget.held).toBe(0);
});

it('spare memory of long answers is used again, and let go of after a while', () => {
  const time = new FakeTime();
  const spare = new SpareBlocks(time);
  const first = spare.take();
  spare.give(first);
  expect(spare.take()).toBe(first);
  const many = Array.from({ length: 17 }, () => Buffer.allocUnsafeSlow(MIB));
  for (const block of many) spare.give(block);
  expect(many.filter(({ length }) => length === 0)).toHaveLength(1);
  time.pass(5000);
  expect(many.every(({ length }) => length === 0)).toBe(true);
  expect(time.pending).toBe(0);
});
