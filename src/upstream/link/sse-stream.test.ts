/** The event stream of a server, as bytes in any pieces: what it says does not depend on how it was cut, and no bytes do any harm. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Budget } from '../../kernel/bounded.ts';
import { SseStream } from './sse-stream.ts';

const EVENT_BYTES = 2000;
const BUDGET_BYTES = 10_000;

/** A stream that has begun, and all that came of it. */
function begun() {
  const budget = new Budget(BUDGET_BYTES);
  const heard: string[] = [];
  const ends: string[] = [];
  let aborts = 0;
  const stream = new SseStream({
    url: new URL('http://up.example/sse'),
    resultBytes: EVENT_BYTES,
    buffered: budget,
    heard: (text) => heard.push(text.toString()),
    ended: (reason) => ends.push(reason),
  });
  const none = (): void => undefined;
  stream.sent = { abort: () => void (aborts += 1), hurry: none, pause: none, resume: none, distrust: none };
  stream.onHead({ status: 200, header: (name) => (name === 'content-type' ? 'text/event-stream; charset=utf-8' : '') });
  return { stream, heard, ends, budget, aborts: () => aborts };
}

/** The bytes in pieces, each in memory that is written over. */
function push(stream: SseStream, bytes: Buffer, sizes: readonly number[]): void {
  const memory = Buffer.alloc(Math.max(1, ...sizes));
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    const length = bytes.copy(memory, 0, at, at + size);
    stream.onData(memory.subarray(0, length));
    at += length;
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 10 });
const message = fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' }).map((text) => JSON.stringify({ text }));

describe('an event stream in pieces', () => {
  it('says what it says however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 20 }), sizes, async (messages, pieces) => {
        const { stream, heard, ends, budget } = begun();
        const events = messages.map((text) => `: alive\n\nevent: message\r\ndata: ${text}\r\n\r\n`);
        push(stream, Buffer.from(`event: endpoint\ndata: to?here\n\n${events.join('')}`), pieces);
        expect(await stream.begun).toMatchObject({ kind: 'open', endpoint: { href: 'http://up.example/to?here' } });
        expect(heard).toEqual(messages);
        stream.onEnd();
        stream.onEnd();
        expect([ends, budget.held]).toEqual([['ended its event stream'], 0]);
      }),
    );
  });

  it('does no harm whatever its bytes are, and keeps nothing when it is over', async () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('event: endpoint\n', 'event: message\n', 'data: /m\n\n', 'data: {}\n\n', '\n\n', '\r', 'data:')
        .map((text) => Buffer.from(text)),
      fc.integer({ min: 0, max: 3000 }).map((length) => Buffer.alloc(length, 'x')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), sizes, async (all, pieces) => {
        const { stream, ends, budget, aborts } = begun();
        push(stream, Buffer.concat(all), pieces);
        expect(budget.held).toBeLessThanOrEqual(2 * EVENT_BYTES);
        stream.onEnd();
        const beginning = await stream.begun.catch((fault: unknown) => fault);
        expect(beginning).toSatisfy((one: { kind: string }) => one.kind === 'open' || one.kind === 'unavailable');
        expect(ends.length).toBe((beginning as { kind: string }).kind === 'open' ? 1 : 0);
        expect([aborts(), budget.held]).toEqual([1, 0]);
      }),
    );
  });
});
