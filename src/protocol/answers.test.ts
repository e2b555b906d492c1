/** Which answers to a question are answers. */
import { describe, expect, test } from 'vitest';
import { answerProblem } from './answers.ts';

const ask = (method: string, params: unknown, result: unknown): string | undefined =>
  answerProblem({ method, params: JSON.stringify(params) }, JSON.stringify(result));

describe('the answer to a form', () => {
  const params = {
    message: '?',
    requestedSchema: { type: 'object', properties: { n: { type: 'string' } }, required: ['n'] },
  };
  const judge = (result: unknown, of: unknown = params): string | undefined => ask('elicitation/create', of, result);

  test('may accept, decline or cancel', () => {
    expect(judge({ action: 'accept', content: { n: 'x' } })).toBeUndefined();
    expect(judge({ action: 'decline' })).toBeUndefined();
    expect(judge({ action: 'cancel', content: null })).toBeUndefined();
    expect(judge({ action: 'decline', content: {} })).toBeUndefined();
  });

  test.each([
    [{ action: 'agree' }],
    [{}],
    [{ action: 'accept' }],
    [{ action: 'accept', content: [] }],
    [{ action: 'accept', content: 'n' }],
    [{ action: 'accept', content: { n: 1 } }],
    [{ action: 'cancel', content: { n: 'x' } }],
    [[]],
    ['accept'],
    [null],
  ])('is refused as %j', (result) => {
    expect(judge(result)).toMatch(/\.$/u);
  });

  test('needs no content where nothing is asked, or where a page was opened', () => {
    expect(
      judge({ action: 'accept' }, { message: '?', requestedSchema: { type: 'object', properties: {} } }),
    ).toBeUndefined();
    expect(judge({ action: 'accept' }, { mode: 'url', message: '?', url: 'https://a.example' })).toBeUndefined();
  });

  test('is never repeated in what is said about it', () => {
    const secret = 'sesame-open';
    for (const result of [
      { action: secret },
      { action: 'accept', content: { n: [secret], [secret]: {} } },
      { action: 'accept', content: { n: 'x', [secret]: { secret } } },
      { action: 'accept', content: secret },
    ])
      expect(judge(result)).not.toContain(secret);
  });
});

describe('the answer to sampling', () => {
  const good = { role: 'assistant', model: 'm', content: { type: 'text', text: 'x' } };
  const judge = (result: unknown): string | undefined => ask('sampling/createMessage', {}, result);

  test('has a role, a model and content', () => {
    expect(judge(good)).toBeUndefined();
    expect(
      judge({ ...good, stopReason: 'endTurn', content: [good.content, { type: 'image', data: '', mimeType: 'a/b' }] }),
    ).toBeUndefined();
    expect(judge({ ...good, content: { type: 'x-vendor', more: 1 } })).toBeUndefined();
  });

  test.each([
    [{ ...good, role: 'system' }],
    [{ ...good, model: undefined }],
    [{ ...good, content: undefined }],
    [{ ...good, content: 'text' }],
    [{ ...good, content: [good.content, { text: 'x' }] }],
    [{ ...good, content: { type: 'text' } }],
    [{ ...good, content: { type: 'audio', data: '' } }],
    [{ ...good, stopReason: 1 }],
    [{ action: 'accept' }],
  ])('is refused as %j', (result) => {
    expect(judge(result)).toMatch(/\.$/u);
  });
});

describe('the answer to roots/list', () => {
  const judge = (result: unknown): string | undefined => ask('roots/list', {}, result);

  test('is a list of file URIs, empty or not', () => {
    expect(judge({ roots: [] })).toBeUndefined();
    expect(judge({ roots: [{ uri: 'file:///a', name: 'A', _meta: {} }, { uri: 'file:///b' }] })).toBeUndefined();
  });

  test.each([
    [{}],
    [{ roots: {} }],
    [{ roots: [{}] }],
    [{ roots: [{ uri: 'https://a.example' }] }],
    [{ roots: [{ uri: 'file:///', name: 1 }] }],
    [{ roots: ['file:///'] }],
  ])('is refused as %j', (result) => {
    expect(judge(result)).toMatch(/\.$/u);
  });
});

test('what nobody asks has no answer, and what is no JSON is none', () => {
  expect(ask('ping', {}, {})).toMatch(/\.$/u);
  expect(answerProblem({ method: 'roots/list', params: '' }, '{')).toMatch(/\.$/u);
});
