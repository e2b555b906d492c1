/** JSON that is no JSON-RPC message as MCP has them (JSON-RPC 2.0, sections 4 to 6; MCP, "Base protocol", messages). */
import { NO_MCP, served, wrong, type Case, type CaseClass } from '../case.ts';
import { called, message, META, sessioned, stateless } from '../writing.ts';

const PARSE = -32_700;
const INVALID = -32_600;

const rpc = (name: string, body: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'JSON-RPC 2.0 4',
  sends: stateless('tools/call', body, '{tool}'),
  ...wrong(400, INVALID, 'none'),
  ...more,
});

const call = (head: string): string => `{${head}"params":${called()}}`;

export const messages: CaseClass = {
  name: 'messages',
  leavesOut: NO_MCP,
  cases: [
    rpc('a string', '"tools/call"'),
    rpc('a number', '1'),
    rpc('null', 'null'),
    rpc('true', 'true'),
    rpc('an empty object', '{}'),
    rpc('no jsonrpc', call('"id":"{nonce}","method":"tools/call",'), wrong(400, INVALID)),
    rpc('jsonrpc 1.0', call('"jsonrpc":"1.0","id":"{nonce}","method":"tools/call",'), wrong(400, INVALID)),
    rpc('jsonrpc as a number', call('"jsonrpc":2.0,"id":"{nonce}","method":"tools/call",'), wrong(400, INVALID)),
    rpc('jsonrpc with a space', call('"jsonrpc":"2.0 ","id":"{nonce}","method":"tools/call",'), wrong(400, INVALID)),
    rpc('no method', call('"jsonrpc":"2.0","id":"{nonce}",'), wrong(400, INVALID)),
    rpc('a method that is a number', call('"jsonrpc":"2.0","id":"{nonce}","method":1,'), wrong(400, INVALID)),
    rpc('a method that is null', call('"jsonrpc":"2.0","id":"{nonce}","method":null,'), wrong(400, INVALID)),
    rpc(
      'a method that is a list',
      call('"jsonrpc":"2.0","id":"{nonce}","method":["tools/call"],'),
      wrong(400, INVALID),
    ),
    rpc(
      'method and result',
      call('"jsonrpc":"2.0","id":"{nonce}","method":"tools/call","result":{},'),
      wrong(400, INVALID),
    ),
    rpc(
      'method and error',
      call('"jsonrpc":"2.0","id":"{nonce}","method":"tools/call","error":{"code":1,"message":"x"},'),
      wrong(400, INVALID),
    ),
    rpc('params that are a list', message('tools/call', '["echo",{}]'), {
      ...wrong(400, INVALID),
      follows: 'MCP 2026-07-28 Base protocol, requests',
    }),
    rpc('params that are null', message('tools/call', 'null'), {
      ...wrong(400, INVALID),
      follows: 'MCP 2026-07-28 Base protocol, requests',
    }),
    rpc('params that are a string', message('tools/call', `"${'x'.repeat(20)}"`), wrong(400, INVALID)),
    rpc('an answer that nobody asked for', '{"jsonrpc":"2.0","id":"{nonce}","result":{}}', {
      ...wrong(400, INVALID),
      follows: 'MCP 2026-07-28 Streamable HTTP, sending messages',
    }),
    rpc(
      'an error that nobody asked for',
      '{"jsonrpc":"2.0","id":"{nonce}","error":{"code":-1,"message":"x"}}',
      wrong(400, INVALID),
    ),
    rpc('result and error', '{"jsonrpc":"2.0","id":"{nonce}","result":{},"error":{"code":-1,"message":"x"}}', {
      ...wrong(400, INVALID),
      follows: 'JSON-RPC 2.0 5',
    }),
  ],
};

const id = (name: string, text: string, more: Partial<Case> = {}): Case =>
  rpc(name, message('tools/call', called(), text), { follows: 'MCP 2026-07-28 Base protocol, requests', ...more });

const listed = (name: string, text: string): Case => ({
  name,
  follows: 'MCP 2026-07-28 Base protocol, requests',
  sends: stateless('tools/list', message('tools/list', `{${META}}`, text)),
  gets: [served(text)],
  leaves: 'kept',
});

export const ids: CaseClass = {
  name: 'ids',
  leavesOut: NO_MCP,
  cases: [
    id('null', 'null'),
    id('true', 'true'),
    id('an object', '{}'),
    id('a list', '["{nonce}"]'),
    id('a fraction', '1.5'),
    id('an integer written as a fraction', '1.0'),
    id('an integer with an exponent', '1e2'),
    id('beyond every number', '1e400'),
    id('a number of 2,000 digits', '9'.repeat(2000)),
    id('a string of 2,000 letters', `"${'a'.repeat(2000)}"`),
    listed('zero', '0'),
    listed('a negative one', '-7'),
    listed('one that JavaScript cannot hold', '9007199254740993'),
    listed('an empty string', '""'),
    listed('a lone surrogate', '"\\ud800"'),
    listed('an escaped line end', '"a\\r\\nb: c"'),
    listed('the name of a prototype', '"__proto__"'),
  ],
};

const batch = (name: string, sends: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'MCP 2025-06-18 changes, batching removed',
  sends,
  ...wrong(400, INVALID, 'none'),
  ...more,
});

const CALL = message('tools/call', called());

export const batches: CaseClass = {
  name: 'batches',
  leavesOut: NO_MCP,
  cases: [
    batch('of one call', stateless('tools/call', `[${CALL}]`, '{tool}')),
    batch('of none', stateless('tools/call', '[]', '{tool}')),
    batch('of what is no message', stateless('tools/call', '[1,2,3]', '{tool}')),
    batch('of batches', stateless('tools/call', `[[${CALL}]]`, '{tool}')),
    batch('of thousands', stateless('tools/call', `[${'1,'.repeat(20_000)}1]`, '{tool}')),
    batch('that does not end', stateless('tools/call', `[${CALL}`, '{tool}'), wrong(400, PARSE, 'none')),
    batch('in a session that has none', sessioned(`[${message('ping', '{}')}]`), wrong(400, INVALID, 'null')),
    batch('that opens a session', sessioned(`[${message('initialize', '{}')}]`, ''), {
      ...wrong(400, INVALID, 'null'),
      follows: 'MCP 2025-03-26 Lifecycle, initialization',
    }),
    batch('with an envelope of the later revision in it', sessioned(`[${CALL}]`), {
      ...wrong(400, INVALID, 'null'),
      follows: 'MCP 2026-07-28 Versioning',
    }),
  ],
};
