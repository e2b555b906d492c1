/** Questions and answers in the words of each session revision. */
import { describe, expect, test } from 'vitest';
import { REVISIONS_2025, type Revision2025 } from './differences.ts';
import { answerFor, questionFor } from './input.ts';

const question = (method: string, params: unknown, revision: Revision2025): unknown => {
  const asked = questionFor({ method, params: typeof params === 'string' ? params : JSON.stringify(params) }, revision);
  return asked && (JSON.parse(asked.params) as unknown);
};

const answer = (method: string, result: unknown, revision: Revision2025): unknown => {
  const given = answerFor({ method, params: '{}' }, { kind: 'result', json: JSON.stringify(result) }, revision);
  return given && (JSON.parse(given.json) as unknown);
};

const FORM = 'elicitation/create';
const SAMPLING = 'sampling/createMessage';

const form = (field: unknown): Record<string, unknown> => ({
  mode: 'form',
  message: 'Which?',
  requestedSchema: { type: 'object', properties: { which: field }, required: ['which'], 'x-own': 1 },
});
const TITLED = [
  { const: 'a', title: 'The first' },
  { const: 'b', title: 'The second' },
];

describe('a form', () => {
  test('reaches a client of the newest session revision as it was asked, whatever is in it', () => {
    const asked = form({ type: 'array', items: { anyOf: TITLED } });
    expect(question(FORM, asked, '2025-11-25')).toEqual(asked);
  });

  test.each(['oneOf', 'anyOf'])(
    'whose choices have titles by %s has values and their names for older clients',
    (by) => {
      const asked = form({ type: 'string', title: 'Which', [by]: TITLED, default: 'a', 'x-more': true });
      expect(question(FORM, asked, '2025-06-18')).toEqual({
        message: 'Which?',
        requestedSchema: {
          type: 'object',
          properties: {
            which: {
              type: 'string',
              title: 'Which',
              default: 'a',
              'x-more': true,
              enum: ['a', 'b'],
              enumNames: ['The first', 'The second'],
            },
          },
          required: ['which'],
          'x-own': 1,
        },
      });
    },
  );

  test('that says its values itself stays as it is', () => {
    const asked = form({ type: 'string', enum: ['a'], oneOf: TITLED });
    expect(question(FORM, asked, '2025-06-18')).toMatchObject({ requestedSchema: asked['requestedSchema'] });
  });

  test('names a choice that has no title by its value', () => {
    const asked = question(FORM, form({ type: 'string', oneOf: [{ const: 'a' }, TITLED[1]] }), '2025-06-18');
    expect(JSON.stringify(asked)).toContain('"enumNames":["a","The second"]');
  });

  test.each([
    { type: 'array', items: { type: 'string', enum: ['a'] } },
    { type: 'array', items: { anyOf: TITLED } },
  ])('that takes several choices cannot be asked of older clients (%j)', (field) => {
    expect(question(FORM, form(field), '2025-06-18')).toBeUndefined();
  });

  test('cannot be asked of clients whose revision has none', () => {
    const asked = form({ type: 'string' });
    expect(question(FORM, asked, '2025-03-26')).toBeUndefined();
    expect(question(FORM, asked, '2024-11-05')).toBeUndefined();
  });

  test('keeps numbers as they were written', () => {
    const asked = `{"message":"?","requestedSchema":{"type":"object","properties":{"n":{"type":"number","maximum":9007199254740993.10},"w":{"oneOf":[{"const":"a"}]}}}}`;
    for (const revision of ['2025-11-25', '2025-06-18'] as const)
      expect(questionFor({ method: FORM, params: asked }, revision)?.params).toContain('"maximum":9007199254740993.10');
  });

  test('of another mode is asked of nobody who does not know it', () => {
    expect(question(FORM, { mode: 'voice', message: '?' }, '2025-11-25')).toBeUndefined();
    const url = { mode: 'url', message: '?', url: 'https://example.com', elicitationId: 'e1' };
    expect(question(FORM, url, '2025-06-18')).toBeUndefined();
    expect(question(FORM, url, '2025-11-25')).toEqual(url);
    expect(question(FORM, { ...url, elicitationId: undefined }, '2025-11-25')).toBeUndefined();
  });

  test('whose schema is odd is asked as it is', () => {
    for (const requestedSchema of [
      null,
      'x',
      { properties: 7 },
      { properties: { a: 1, b: { oneOf: [{ const: 1 }] } } },
    ])
      expect(question(FORM, { message: '?', requestedSchema }, '2025-06-18')).toEqual({
        message: '?',
        requestedSchema,
      });
  });
});

describe('a request for sampling', () => {
  const text = (words: string): unknown => ({ type: 'text', text: words });
  const request = { messages: [{ role: 'user', content: [text('one'), text('two')] }], maxTokens: 100, 'x-own': 1 };

  test('reaches the newest session revision as it was asked, tools included', () => {
    const asked = { ...request, tools: [{ name: 't', inputSchema: {} }], toolChoice: { mode: 'auto' } };
    expect(question(SAMPLING, asked, '2025-11-25')).toEqual(asked);
  });

  test.each(['2025-06-18', '2025-03-26', '2024-11-05'] as const)('has one block a message for %s', (revision) => {
    const asked = {
      ...request,
      messages: [
        { role: 'user', content: text('zero') },
        { role: 'assistant', content: [text('one')], _meta: { own: 1 } },
        { role: 'assistant', content: [text('two'), text('three')] },
        { role: 'user', content: [] },
      ],
    };
    expect(question(SAMPLING, asked, revision)).toEqual({
      ...request,
      messages: [
        { role: 'user', content: text('zero') },
        { role: 'assistant', content: text('one'), _meta: { own: 1 } },
        { role: 'assistant', content: text('two') },
        { role: 'assistant', content: text('three') },
      ],
    });
  });

  test.each([
    { ...request, tools: [] },
    { ...request, toolChoice: {} },
    { messages: [{ role: 'assistant', content: { type: 'tool_use', id: '1', name: 't', input: {} } }] },
    { messages: [{ role: 'user', content: [text('a'), { type: 'tool_result', toolUseId: '1', content: [] }] }] },
    { messages: 'none' },
  ])('that older clients have no words for is not asked of them (%#)', (asked) => {
    expect(question(SAMPLING, asked, '2025-06-18')).toBeUndefined();
  });

  test('says in text that there was audio where audio is not known', () => {
    const asked = { messages: [{ role: 'user', content: { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' } }] };
    expect(question(SAMPLING, asked, '2025-03-26')).toEqual(asked);
    expect(question(SAMPLING, asked, '2024-11-05')).toEqual({
      messages: [{ role: 'user', content: text('[audio (audio/wav): left out, as this protocol revision has none]') }],
    });
  });
});

test('roots can be asked for in every revision', () => {
  for (const revision of REVISIONS_2025) {
    expect(question('roots/list', '', revision)).toEqual({});
    expect(question('roots/list', { 'x-own': 1 }, revision)).toEqual({ 'x-own': 1 });
  }
});

test('what is a hop’s own does not travel with a question or an answer', () => {
  const meta = { progressToken: 'p', 'io.modelcontextprotocol/related-task': { taskId: 't' }, traceparent: '00' };
  const asked = { ...form({ type: 'string' }), task: { ttl: 1 }, _meta: meta };
  expect(question(FORM, asked, '2025-11-25')).toEqual({ ...form({ type: 'string' }), _meta: { traceparent: '00' } });
  expect(question('roots/list', { _meta: { progressToken: 1 } }, '2025-11-25')).toEqual({});
  const answered = { action: 'decline', resultType: 'complete', _meta: meta };
  expect(answer(FORM, answered, '2025-11-25')).toEqual({ action: 'decline', _meta: { traceparent: '00' } });
});

test('what is no question is asked of nobody', () => {
  expect(question('ping', {}, '2025-11-25')).toBeUndefined();
  for (const params of ['[]', 'nonsense', '1'])
    for (const method of [FORM, SAMPLING, 'roots/list']) expect(question(method, params, '2025-11-25')).toBeUndefined();
});

describe('an answer', () => {
  const text = (words: string): unknown => ({ type: 'text', text: words });
  const result = { role: 'assistant', model: 'm', stopReason: 'endTurn', 'x-own': 1 };

  test('to a form or for roots passes as it was given', () => {
    const accepted = { action: 'accept', content: { which: 'a' }, 'x-own': 1 };
    for (const revision of REVISIONS_2025) {
      expect(answer(FORM, accepted, revision)).toEqual(accepted);
      expect(answer('roots/list', { roots: [{ uri: 'file:///a' }] }, revision)).toEqual({
        roots: [{ uri: 'file:///a' }],
      });
    }
  });

  test('to sampling has one block for older servers: one is unwrapped, several texts become one', () => {
    expect(answer(SAMPLING, { ...result, content: [text('a')] }, '2025-06-18')).toEqual({
      ...result,
      content: text('a'),
    });
    expect(answer(SAMPLING, { ...result, content: [text('a'), text('b')] }, '2025-06-18')).toEqual({
      ...result,
      content: text('a\nb'),
    });
    expect(answer(SAMPLING, { ...result, content: text('a') }, '2025-06-18')).toEqual({
      ...result,
      content: text('a'),
    });
    const several = { ...result, content: [text('a'), { type: 'image', data: '', mimeType: 'image/png' }] };
    expect(answer(SAMPLING, several, '2025-11-25')).toEqual(several);
  });

  test('to sampling that older servers have no words for is not given to them', () => {
    const image = { type: 'image', data: 'AAAA', mimeType: 'image/png' };
    for (const content of [[], [text('a'), image], [{ type: 'tool_use', id: '1', name: 't', input: {} }]])
      expect(answer(SAMPLING, { ...result, content }, '2025-06-18')).toBeUndefined();
    expect(answer(SAMPLING, { ...result, content: [image] }, '2025-06-18')).toEqual({ ...result, content: image });
  });

  test('that is an error passes as it was given', () => {
    const refused = { kind: 'error', json: '{"code":-1,"message":"No."}' } as const;
    expect(answerFor({ method: SAMPLING, params: '{}' }, refused, '2024-11-05')).toEqual(refused);
  });

  test('that is no object is given to nobody', () => {
    expect(answer(FORM, [], '2025-11-25')).toBeUndefined();
    expect(answerFor({ method: FORM, params: '{}' }, { kind: 'result', json: '{' }, '2025-11-25')).toBeUndefined();
  });
});
