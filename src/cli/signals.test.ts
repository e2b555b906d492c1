/** First and second signals, and one signal that arrives twice, on a clock that the test moves. */
import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import type { Time } from '../kernel/time.ts';
import { Signals } from './signals.ts';

function pretend() {
  let at = 0;
  const exits: number[] = [];
  const source = Object.assign(new EventEmitter(), { exit: (code: number) => exits.push(code) });
  const time: Time = {
    now: () => at,
    elapsed: () => at,
    after: () => ({ cancel: () => undefined }),
    soon: () => undefined,
    shortly: () => ({ cancel: () => undefined }),
    every: () => ({ cancel: () => undefined }),
  };
  const signals = new Signals(time, source);
  return { signals, source, exits, pass: (ms: number) => (at += ms) };
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'])('%s asks for an orderly end', async (name) => {
  const { signals, source, exits } = pretend();
  source.emit(name);
  await signals.first;
  expect(exits).toEqual([]);
});

test('a second signal ends at once', () => {
  const { source, exits, pass } = pretend();
  source.emit('SIGINT');
  pass(1000);
  source.emit('SIGINT');
  expect(exits).toEqual([130]);
});

test('one signal that arrives by two ways is one signal', () => {
  const { source, exits, pass } = pretend();
  source.emit('SIGINT');
  pass(50);
  source.emit('SIGINT');
  source.emit('SIGTERM');
  expect(exits).toEqual([]);
});

test('nothing is listened to after close', () => {
  const { signals, source } = pretend();
  signals.close();
  expect(source.eventNames()).toEqual([]);
});
