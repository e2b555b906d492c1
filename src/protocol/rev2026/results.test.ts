/** Results as 2026-07-28 shapes them: type, hints, state. */
import { describe, expect, test } from 'vitest';
import { joinParts } from '../../kernel/parts.ts';
import { readReply } from '../jsonrpc.ts';
import { askingResult, typedResult, type Caching } from './results.ts';

const fieldsOf = (result: string) => readReply(Buffer.from(`{"jsonrpc":"2.0","id":1,"result":${result}}`), 64).fields;

const typed = (result: string, caching: Caching): string =>
  joinParts(typedResult(fieldsOf(result), caching)).toString();
const asking = (result: string, state?: string): string => joinParts(askingResult(fieldsOf(result), state)).toString();

const SAID = '{"resultType":"complete","ttlMs":5,"cacheScope":"public","n":1.0}';

describe('a result', () => {
  test('says its type', () => {
    expect(typed('{"n":1.0}', 'unsaid')).toBe('{"resultType":"complete","n":1.0}');
    expect(typed('{}', 'unsaid')).toBe('{"resultType":"complete"}');
    expect(typed(SAID, 'unsaid')).toBe(SAID);
  });

  test('says for how long it holds as its server does, and nothing where its server is wrong', () => {
    expect(typed(SAID, 'said')).toBe(SAID);
    const none = '{"ttlMs":0,"cacheScope":"private","resultType":"complete"}';
    for (const wrong of [
      '"ttlMs":-1,"cacheScope":"public"',
      '"ttlMs":1.5,"cacheScope":"private"',
      '"ttlMs":5',
      '"cacheScope":"all","ttlMs":1',
    ])
      expect(typed(`{${wrong},"resultType":"complete"}`, 'said')).toBe(none);
    expect(typed('{"n":1}', 'said')).toBe('{"resultType":"complete","ttlMs":0,"cacheScope":"private","n":1}');
  });

  test('that hangs on answers is never to be kept', () => {
    expect(typed(SAID, 'refused')).toBe('{"ttlMs":0,"cacheScope":"private","resultType":"complete","n":1.0}');
  });
});

describe('a question', () => {
  test('has the state that it is given, and no hints', () => {
    const question = '{"resultType":"input_required","ttlMs":1,"requestState":"own","cacheScope":"public"}';
    expect(asking(question)).toBe('{"resultType":"input_required","requestState":"own"}');
    expect(asking(question, 'sealed"')).toBe('{"resultType":"input_required","requestState":"sealed\\""}');
    expect(asking('{"inputRequests":{ }}')).toBe('{"inputRequests":{ }}');
  });
});
