/** Gathered bytes: whose memory they are, and when it is given back. */
import { describe, expect, it } from 'vitest';
import { Bytes, giveBack } from './bytes.ts';

describe('gathered bytes', () => {
  it('outgrow memory that is free at once', () => {
    const bytes = new Bytes(10_000);
    bytes.append(Buffer.alloc(1000, 'a'));
    const outgrown = bytes.view();
    bytes.append(Buffer.alloc(1000, 'b'));
    expect(outgrown).toHaveLength(0);
    expect(bytes.view().toString()).toBe('a'.repeat(1000) + 'b'.repeat(1000));
  });

  it('that were taken stay, whatever comes after', () => {
    const bytes = new Bytes(10_000);
    bytes.append(Buffer.from('one'));
    const taken = bytes.take();
    bytes.append(Buffer.alloc(5000));
    bytes.discard();
    expect(taken.toString()).toBe('one');
  });

  it('that are discarded are free at once', () => {
    const bytes = new Bytes(10_000);
    bytes.append(Buffer.alloc(3000));
    const view = bytes.view();
    bytes.discard();
    expect([view.length, bytes.length]).toEqual([0, 0]);
  });
});

it('a piece of a pool is never given back', () => {
  const [one, other] = [Buffer.from('one'), Buffer.from('other')];
  giveBack(one);
  expect([one.toString(), other.toString()]).toEqual(['one', 'other']);
});
