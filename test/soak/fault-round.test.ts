/** What counts as a clear end of a call whose server was hurt. */
import { describe, expect, it } from 'vitest';
import type { Answer } from './client.ts';
import { judgeCall } from './fault-round.ts';

const answer = (more: Partial<Answer>): Answer => ({
  status: 200,
  headers: {},
  failure: undefined,
  body: undefined,
  ms: 1,
  id: 4,
  told: [],
  response: undefined,
  ...more,
});
const result = (text: string, isError = false) => ({ id: 4, result: { content: [{ type: 'text', text }], isError } });
const error = (message: string, code = -32603) => ({ id: 4, error: { code, message } });
const words = 'The server has stopped. The tool may have run; check before calling it again.';

describe('a call of a server that was hurt', () => {
  it('ends well with its own result', () => {
    expect(judgeCall(answer({ response: result('key') }), 'key')).toEqual({ ok: true, text: 'key' });
  });

  it.each([
    ['a failed result in words', result(words, true)],
    ['an error in words', error(words)],
  ])('ends clearly with %s', (_what, response) => {
    expect(judgeCall(answer({ response }), 'key')).toEqual({ ok: false, text: words });
  });

  it.each([
    ['no response', {}],
    ['a broken connection', { failure: 'socket hang up', response: result('key') }],
    ["another's result", { response: result('another') }],
    ["another's id", { response: { ...result('key'), id: '4' } }],
    ['a status of its own', { status: 502, response: error(words) }],
    ['hardly a word', { response: error('failed') }],
    ['the address of the server', { response: error('could not connect to 127.0.0.1:4000') }],
    ['a system code', { response: result('The server has stopped: ECONNRESET', true) }],
    ['an unknown tool', { response: error('Unknown tool: pipe__count', -32602) }],
  ])('does not end clearly with %s', (_what, more) => {
    expect(judgeCall(answer(more), 'key')).toMatchObject({ ok: false, wrong: expect.any(String) });
  });
});
