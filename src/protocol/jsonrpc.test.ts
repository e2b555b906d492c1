/** Messages, the family that they belong to, and params on their way. */
import { joinParts } from '../kernel/parts.ts';
import { describe, expect, it } from 'vitest';
import { classify } from './classify.ts';
import { readIncoming, REQUEST } from './jsonrpc.ts';
import { paramsFor } from './meta.ts';

const read = (text: string) => readIncoming(Buffer.from(text), 64);

describe('messages', () => {
  it.each([
    ['{"jsonrpc":"2.0","id":1,"method":"a"}', 'request', '1'],
    ['{"jsonrpc":"2.0","id":"x","method":"a","params":{}}', 'request', '"x"'],
    ['{"jsonrpc":"2.0","id":0,"method":"a"}', 'request', '0'],
    ['{"jsonrpc":"2.0","id":9007199254740993,"method":"a"}', 'request', '9007199254740993'],
    ['{"jsonrpc":"2.0","method":"a"}', 'notification', undefined],
    ['{"jsonrpc":"2.0","id":1,"result":{}}', 'response', '1'],
    ['[]', 'batch', undefined],
    ['{"jsonrpc":"2.0","id":null,"method":"a"}', 'none', undefined],
    ['{"jsonrpc":"2.0","id":1.5,"method":"a"}', 'none', undefined],
    ['{"jsonrpc":"2.0","id":1e400,"method":"a"}', 'none', undefined],
    ['{"jsonrpc":"2.0","id":[1],"method":"a"}', 'none', undefined],
    ['{"jsonrpc":"2.0","id":{},"method":"a"}', 'none', undefined],
    [`{"jsonrpc":"2.0","id":"${'x'.repeat(2000)}","method":"a"}`, 'none', undefined],
    ['{"jsonrpc":"2.0","id":1,"method":7}', 'none', '1'],
    ['{"jsonrpc":"2.0","id":1,"method":"a","params":[]}', 'none', '1'],
    ['{"jsonrpc":"1.0","id":1,"method":"a"}', 'none', '1'],
    ['{"id":1,"method":"a"}', 'none', '1'],
    ['"text"', 'none', undefined],
  ])('%s is %s', (text, form, id) => {
    const message = read(text);
    expect([message.form, message.id]).toEqual([form, id]);
  });
});

describe('the family of a request', () => {
  const claim = (version: string): string =>
    `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"${version}"}}}`;
  it.each([
    [claim('2026-07-28'), undefined, 'rev2026'],
    [claim('2025-11-25'), undefined, 'rev2025'],
    [claim('2025-11-25').replace('initialize', 'tools/list'), undefined, 'rev2026'],
    [claim('1900-01-01').replace('initialize', 'tools/list'), '2025-11-25', 'rev2026'],
    ['{"jsonrpc":"2.0","id":1,"method":"initialize"}', undefined, 'rev2025'],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/list"}', '2026-07-28', 'rev2026'],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/list"}', '2025-06-18', 'rev2025'],
    ['{"jsonrpc":"2.0","method":"notifications/x"}', '2026-07-28', 'rev2026'],
    ['[]', undefined, 'rev2025'],
  ])('%s under %s: %s', (text, header, family) => {
    expect(classify(read(text), header)).toBe(family);
  });
});

describe('params on their way', () => {
  const out = (params: string, change: Parameters<typeof paramsFor>[1]): string => {
    const { fields } = read(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`);
    return joinParts(paramsFor(fields, change)).toString();
  };

  it('keep every byte that is not the hop\u2019s own', () => {
    const odd =
      '{ "name":"a" , "arguments":{"n":9007199254740993,"f":1.0,"e":1e400,"z":-0,"l":[ ],"__proto__":{}}, "vendor" : 1 }';
    expect(out(odd, { own: '' })).toBe(odd);
  });

  it('regenerate reserved metadata and keep the rest', () => {
    const meta =
      '{"_meta":{"progressToken":"mine","com.example/x":{"a": 1},"io.modelcontextprotocol/logLevel":"info"},"name":"a"}';
    expect(out(meta, { own: '{"progressToken":7}' })).toBe(
      '{"_meta":{"progressToken":7,"com.example/x":{"a": 1}},"name":"a"}',
    );
  });

  it('gain what they lack', () => {
    expect(out('{}', { own: '{"progressToken":7}' })).toBe('{"_meta":{"progressToken":7}}');
    expect(out('{"name":"a"}', { own: '', add: '"arguments":{}' })).toBe('{"arguments":{},"name":"a"}');
    expect(joinParts(paramsFor(undefined, { own: '{"k":1}' })).toString()).toBe('{"_meta":{"k":1}}');
  });

  it('lose members with their commas', () => {
    expect(
      out('{"requestState":"s","name":"a","inputResponses":{}}', {
        own: '',
        drop: [REQUEST.requestState, REQUEST.inputResponses],
      }),
    ).toBe('{"name":"a"}');
    // what is put in front stands where such a member begins
    expect(out('{"requestState":"s","name":"a"}', { own: '{"k":1}', drop: [REQUEST.requestState] })).toBe(
      '{"_meta":{"k":1},"name":"a"}',
    );
  });
});
