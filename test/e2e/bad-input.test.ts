/** Bad input gets the code and status of the revision spoken, never a stack, a path or an address, never a hang. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { META, parsed, send, stateless, statelessCall, type Sending } from './client.ts';

let gateway: RunningGateway;
let upstream: RawUpstream;
let url: string;

beforeAll(async () => {
  upstream = await RawUpstream.start('2026-07-28');
  gateway = await startGateway({ servers: { raw: { url: upstream.url }, other: { url: upstream.url } } });
  url = `${gateway.url}/servers/raw/mcp`;
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const request = (method: string, params = `{${META}}`): string =>
  `{"jsonrpc":"2.0","id":7,"method":"${method}","params":${params}}`;
const call = (params: string): string => request('tools/call', params);
const NAMED = stateless('tools/call', 'echo');

const STATELESS: [string, Sending, number, number][] = [
  ['not JSON', { headers: NAMED, body: '{' }, 400, -32_700],
  ['nothing', { headers: NAMED, body: '' }, 400, -32_700],
  ['65 levels', { headers: NAMED, body: `{"a":${'['.repeat(64)}${']'.repeat(64)}}` }, 400, -32_700],
  ['a million levels', { headers: NAMED, body: '['.repeat(1_000_000) }, 400, -32_700],
  ['an array', { headers: NAMED, body: `[${call(`{${META}}`)}]` }, 400, -32_600],
  ['a response', { headers: NAMED, body: '{"jsonrpc":"2.0","id":1,"result":{}}' }, 400, -32_600],
  [
    'id null',
    { headers: NAMED, body: `{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{${META}}}` },
    400,
    -32_600,
  ],
  [
    'id an object',
    { headers: NAMED, body: `{"jsonrpc":"2.0","id":{},"method":"tools/call","params":{${META}}}` },
    400,
    -32_600,
  ],
  [
    'a duplicate key',
    { headers: NAMED, body: `{"jsonrpc":"2.0","id":7,"method":"tools/list","method":"tools/call","params":{${META}}}` },
    400,
    -32_600,
  ],
  [
    'a mis-cased key',
    { headers: NAMED, body: `{"jsonrpc":"2.0","id":7,"method":"tools/call","Params":{},"params":{${META}}}` },
    400,
    -32_600,
  ],
  ['no envelope', { headers: NAMED, body: call('{"name":"echo"}') }, 400, -32_602],
  [
    'no capabilities',
    { headers: NAMED, body: call('{"name":"echo","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}') },
    400,
    -32_602,
  ],
  [
    'another version header',
    { headers: { ...NAMED, 'mcp-protocol-version': '2025-11-25' }, body: call(`{"name":"echo",${META}}`) },
    400,
    -32_020,
  ],
  [
    'another method header',
    { headers: { ...NAMED, 'mcp-method': 'tools/list' }, body: call(`{"name":"echo",${META}}`) },
    400,
    -32_020,
  ],
  [
    'an unknown version',
    {
      headers: { ...NAMED, 'mcp-protocol-version': '2099-01-01' },
      body: call(`{"name":"echo",${META.replace('2026-07-28', '2099-01-01')}}`),
    },
    400,
    -32_022,
  ],
  [
    'an older version in the envelope',
    {
      headers: { ...NAMED, 'mcp-protocol-version': '2025-11-25' },
      body: call(`{"name":"echo",${META.replace('2026-07-28', '2025-11-25')}}`),
    },
    400,
    -32_022,
  ],
  [
    'no version header',
    { headers: { ...NAMED, 'mcp-protocol-version': undefined }, body: call(`{"name":"echo",${META}}`) },
    400,
    -32_020,
  ],
  [
    'no method header',
    { headers: { ...NAMED, 'mcp-method': undefined }, body: call(`{"name":"echo",${META}}`) },
    400,
    -32_020,
  ],
  [
    'no name header',
    { headers: { ...NAMED, 'mcp-name': undefined }, body: call(`{"name":"echo",${META}}`) },
    400,
    -32_020,
  ],
  [
    'another name header',
    { headers: { ...NAMED, 'mcp-name': 'Echo' }, body: call(`{"name":"echo",${META}}`) },
    400,
    -32_020,
  ],
  [
    'a broken name header',
    { headers: { ...NAMED, 'mcp-name': '=?base64?!?=' }, body: call(`{"name":"echo",${META}}`) },
    400,
    -32_020,
  ],
  ['an unknown method', { headers: stateless('no/such'), body: request('no/such') }, 404, -32_601],
  ['a removed method', { headers: stateless('ping'), body: request('ping') }, 404, -32_601],
  ['initialize under this revision', { headers: stateless('initialize'), body: request('initialize') }, 404, -32_601],
  [
    'an unknown tool',
    { headers: stateless('tools/call', 'nope'), body: call(`{"name":"nope",${META}}`) },
    200,
    -32_602,
  ],
  [
    'a bad cursor',
    { headers: stateless('tools/list'), body: request('tools/list', `{"cursor":"x",${META}}`) },
    200,
    -32_602,
  ],
  [
    'an empty cursor',
    { headers: stateless('tools/list'), body: request('tools/list', `{"cursor":"",${META}}`) },
    200,
    -32_602,
  ],
  [
    'an unknown level',
    {
      headers: NAMED,
      body: call(`{"name":"echo",${META.replace(/\}$/u, ',"io.modelcontextprotocol/logLevel":"loud"}')}}`),
    },
    200,
    -32_602,
  ],
  [
    'listening to nothing',
    { headers: stateless('subscriptions/listen'), body: request('subscriptions/listen') },
    200,
    -32_602,
  ],
  // Two faults in one request: the earlier rung answers.
  [
    'no envelope and another method header',
    { headers: { ...NAMED, 'mcp-method': 'x' }, body: call('{"name":"echo"}') },
    400,
    -32_602,
  ],
  [
    'an unknown version and no method header',
    {
      headers: { 'mcp-protocol-version': '2099-01-01' },
      body: call(`{"name":"echo",${META.replace('2026-07-28', '2099-01-01')}}`),
    },
    400,
    -32_022,
  ],
  [
    'an unknown version that the header denies',
    { headers: NAMED, body: call(`{"name":"echo",${META.replace('2026-07-28', 'v999.0.0')}}`) },
    400,
    -32_020,
  ],
  [
    'an unknown method without headers',
    { headers: { 'mcp-protocol-version': '2026-07-28' }, body: request('no/such') },
    400,
    -32_020,
  ],
];

describe('2026-07-28', () => {
  it.each(STATELESS)('%s', async (_, sending, status, code) => {
    const answered = await send(url, sending);
    expect([answered.status, parsed(answered).error?.code]).toEqual([status, code]);
    expect(answered.body).not.toMatch(/\.ts\b|node_modules|127\.0\.0\.1:\d|at \w+ \(/u);
    expect(answered.headers['x-request-id']).toBeTruthy();
  });

  it('echoes the id wherever it could be read, and has none where it could not', async () => {
    expect(parsed(await send(url, { headers: stateless('no/such'), body: request('no/such') })).id).toBe(7);
    expect(parsed(await send(url, { headers: NAMED, body: '{' }))).not.toHaveProperty('id');
  });

  it('takes notifications without headers or envelope, and answers them with nothing', async () => {
    const answered = await send(url, {
      headers: { 'mcp-protocol-version': '2026-07-28' },
      body: '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}',
    });
    expect([answered.status, answered.body]).toEqual([202, '']);
    const contradicted = await send(url, {
      headers: stateless('tools/call'),
      body: '{"jsonrpc":"2.0","method":"notifications/cancelled"}',
    });
    expect(contradicted.status).toBe(400);
    expect(parsed(contradicted)).not.toHaveProperty('id');
  });

  it('has no GET and no DELETE', async () => {
    const headers = { 'mcp-protocol-version': '2026-07-28' };
    expect((await send(url, { method: 'GET', headers })).status).toBe(405);
    expect((await send(url, { method: 'DELETE', headers })).status).toBe(405);
  });

  it('ignores a session id', async () => {
    const answered = await send(url, {
      headers: { ...NAMED, 'mcp-session-id': 'x' },
      body: call(`{"name":"echo",${META}}`),
    });
    expect([answered.status, answered.headers['mcp-session-id']]).toEqual([200, undefined]);
  });
});

describe('before the body', () => {
  const body = '{"jsonrpc":"2.0","id":7,"method":"tools/list"}';
  it.each<[string, string, Sending, number]>([
    ['no such route', '/servers/none/mcp', { body }, 404],
    ['a trailing slash', '/mcp/', { body }, 404],
    ['another case', '/MCP', { body }, 404],
    ['an encoded path', '/%6dcp', { body }, 404],
    ['a doubled slash', '//mcp', { body }, 404],
    ['a wrong media type', '/mcp', { body, headers: { 'content-type': 'text/plain' } }, 415],
    ['no media type', '/mcp', { body, headers: { 'content-type': undefined } }, 415],
    ['a body in a coding', '/mcp', { body, headers: { 'content-encoding': 'gzip' } }, 415],
    ['no Accept', '/mcp', { body, headers: { accept: undefined } }, 406],
    ['half an Accept', '/mcp', { body, headers: { accept: 'application/json' } }, 406],
    ['a foreign origin', '/mcp', { body, headers: { origin: 'http://evil.example' } }, 403],
    ['a foreign host', '/mcp', { body, headers: { host: 'evil.example' } }, 403],
    ['another method', '/mcp', { method: 'PUT' }, 405],
    ['a body over the bound', '/mcp', { body: ' '.repeat(4 * 1024 * 1024 + 1) }, 413],
  ])('%s', async (_, path, sending, status) => {
    const answered = await send(`${gateway.url}${path}`, sending);
    expect(answered.status).toBe(status);
    expect(JSON.parse(answered.body)).toMatchObject({
      error: { kind: expect.any(String) as string, message: expect.any(String) as string },
    });
  });

  it('a query does not change the route', async () => {
    expect((await statelessCall(`${url}?a=b`, 'echo')).status).toBe(200);
  });
});
