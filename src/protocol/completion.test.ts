/** Completion for servers that know less of it. */
import { describe, expect, test } from 'vitest';
import { joinParts } from '../kernel/parts.ts';
import { splice } from '../kernel/splice.ts';
import { readIncoming, REQUEST } from './jsonrpc.ts';
import { withCompletions, withoutContext } from './completion.ts';
import { UNKNOWN_PARAMS } from './rev2025/envelope.ts';

describe('params of a completion for an older server', () => {
  const older = (params: string): string => {
    const { fields } = readIncoming(Buffer.from(`{"jsonrpc":"2.0","id":1,"method":"m","params":${params}}`), 64);
    const range = { start: fields.start(REQUEST.params), end: fields.end(REQUEST.params) };
    return joinParts(splice(fields.scan.bytes, range, withoutContext(fields, UNKNOWN_PARAMS))).toString();
  };

  test.each([
    ['{"ref":1,"context":{"a":1}}', '{"ref":1}'],
    ['{"context":{},"ref":1}', '{"ref":1}'],
    ['{"ref":1,"context":{},"inputResponses":{}}', '{"ref":1}'],
    ['{"requestState":"s","context":{} , "inputResponses":{},"ref":1}', '{"ref":1}'],
    ['{"ref":[ 1.0 ]}', '{"ref":[ 1.0 ]}'],
  ])('%s are %s', (params, expected) => {
    expect(older(params)).toBe(expected);
  });
});

test('a server that had no way to say that it completes is tried', () => {
  expect(withCompletions({ prompts: {} })).toEqual({ prompts: {}, completions: {} });
  expect(withCompletions({ resources: {} })).toEqual({ resources: {}, completions: {} });
  expect(withCompletions({ tools: {} })).toEqual({ tools: {} });
});
