/** Results in the words of each session revision. */
import { describe, expect, test } from 'vitest';
import { joinParts } from '../../kernel/parts.ts';
import { readReply } from '../jsonrpc.ts';
import { differences, type Revision2025 } from './differences.ts';
import { plainResult, plainTools } from './results.ts';

const fieldsOf = (result: string) => readReply(Buffer.from(`{"jsonrpc":"2.0","id":1,"result":${result}}`), 64).fields;

const plain = (result: string, revision: Revision2025, wraps = false): string =>
  joinParts(plainResult(fieldsOf(result), { wraps, known: differences(revision) })).toString();

const IMAGE = '{"type":"image","data":"AAAA","mimeType":"image/png"}';
const AUDIO = '{"type":"audio","data":"AAAA","mimeType":"audio/wav"}';
const LINK = '{"type":"resource_link","uri":"test://x","name":"x"}';
const NOTE = '{"type":"text","text":"[audio (audio/wav): left out, as this protocol revision has none]"}';

describe('a result for a client of a session revision', () => {
  test('is as it came, but for what says how it may be kept', () => {
    const odd = '"vendor":[ 1.0 ],"content":[]';
    expect(plain(`{${odd}}`, '2025-11-25')).toBe(`{${odd}}`);
    expect(plain(`{"resultType":"complete",${odd}}`, '2025-11-25')).toBe(`{${odd}}`);
    expect(plain(`{${odd},"ttlMs":1,"cacheScope":"public","resultType":"complete"}`, '2024-11-05')).toBe(`{${odd}}`);
  });

  test('has structured content that is an object, said in text where nothing else says it', () => {
    expect(plain('{"structuredContent":[ 1.0 ]}', '2025-11-25')).toBe(
      '{"content":[{"type":"text","text":"[ 1.0 ]"}],"structuredContent":{"result":[ 1.0 ]}}',
    );
    expect(plain(`{"content":[${IMAGE}],"structuredContent":7}`, '2025-11-25')).toBe(
      `{"content":[${IMAGE},{"type":"text","text":"7"}],"structuredContent":{"result":7}}`,
    );
    expect(plain('{"content":[{"type":"text","text":"seven"}],"structuredContent":7}', '2025-11-25')).toBe(
      '{"content":[{"type":"text","text":"seven"}],"structuredContent":{"result":7}}',
    );
    expect(plain('{"content":[],"structuredContent":{"a":1}}', '2025-11-25', true)).toBe(
      '{"content":[{"type":"text","text":"{\\"a\\":1}"}],"structuredContent":{"result":{"a":1}}}',
    );
  });

  test('keeps structured content that its revision does not know, and says it in text', () => {
    const structured = `{"content":[${IMAGE}],"structuredContent":{"a":1}}`;
    expect(plain(structured, '2025-06-18')).toBe(structured);
    expect(plain(structured, '2025-03-26')).toBe(
      `{"content":[${IMAGE},{"type":"text","text":"{\\"a\\":1}"}],"structuredContent":{"a":1}}`,
    );
  });

  test.each([
    ['2025-11-25', `${LINK},${AUDIO}`],
    ['2025-06-18', `${LINK},${AUDIO}`],
    ['2025-03-26', `{"type":"text","text":"test://x"},${AUDIO}`],
    ['2024-11-05', `{"type":"text","text":"test://x"},${NOTE}`],
  ] as const)('of %s has blocks that it knows', (revision, expected) => {
    expect(plain(`{"content":[${LINK},${AUDIO}]}`, revision)).toBe(`{"content":[${expected}]}`);
  });

  test('has messages of a prompt with blocks that it knows', () => {
    const prompt = (block: string): string =>
      `{"description":"d","messages":[{"role":"user","content":${block}},{"role":"user","content":${IMAGE}}]}`;
    expect(plain(prompt(AUDIO), '2024-11-05')).toBe(prompt(NOTE));
    expect(plain(prompt(LINK), '2025-03-26')).toBe(prompt('{"type":"text","text":"test://x"}'));
    expect(plain(prompt(AUDIO), '2025-03-26')).toBe(prompt(AUDIO));
  });

  test('of an odd shape stays odd', () => {
    for (const odd of [
      '{"content":"audio"}',
      '{"content":["audio",null]}',
      '{"messages":["audio",{"content":7}]}',
      '{}',
    ])
      expect(plain(odd, '2024-11-05')).toBe(odd);
  });
});

test('output schemas whose root is no object are wrapped, with their references', () => {
  const tools = (schema: string): string => `{"tools":[{"name":"t","title":"T","icons":[],"outputSchema":${schema}}]}`;
  const listed = tools('{"type":"array","items":{"$ref":"#/$defs/x"}}');
  expect(joinParts(plainTools(fieldsOf(listed))).toString()).toBe(
    tools(
      '{"type":"object","properties":{"result":{"type":"array","items":{"$ref":"#/properties/result/$defs/x"}}},"required":["result"]}',
    ),
  );
});
