/** What an upstream says in its revision's words reaches a client in those of its own: errors, caching hints, annotations, content. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { ScriptedServer, type Said, type Script } from '../fixtures/scripted-server.ts';
import { META, parsed, send, session, stateless, statelessCall, type Answered } from './client.ts';

const HINTS = { resultType: 'complete', ttlMs: 60_000, cacheScope: 'public' };
const OFFER = { tools: {}, resources: {} };
const REFUSED: Said = { status: 400, error: { code: -32_020, message: 'Header mismatch' } };

const tool = (name: string, annotation?: unknown): unknown => ({
  name,
  inputSchema: {
    type: 'object',
    properties: { region: { type: 'string', ...(annotation === undefined ? {} : { 'x-mcp-header': annotation }) } },
  },
});

let gateway: RunningGateway;
let stateful: ScriptedServer;
let fresh: ScriptedServer;
let shifting: ScriptedServer;
let shifted = tool('moving', 'Area');
const tools: unknown[] = [tool('moving', 'Area'), tool('bad', 'no token'), tool('plain')];
let call: (headers: Readonly<Record<string, unknown>>) => Said = () => ({ result: { content: [] } });
let read: Said = {};

beforeAll(async () => {
  const script = (hints: object): Script => ({
    'tools/list': () => ({ result: { tools, ...hints } }),
    'tools/call': ({ headers }) => call(headers),
    'resources/list': () => ({ result: { resources: [], ...hints } }),
    'resources/templates/list': () => ({ result: { resourceTemplates: [], ...hints } }),
    'resources/read': () => read,
  });
  fresh = await ScriptedServer.start('2026-07-28', OFFER, script(HINTS));
  stateful = await ScriptedServer.start('2025-11-25', OFFER, script({}));
  shifting = await ScriptedServer.start('2026-07-28', OFFER, {
    ...script(HINTS),
    'tools/list': () => ({ result: { tools: [shifted], ...HINTS } }),
  });
  gateway = await startGateway({
    servers: {
      fresh: { url: fresh.url },
      stateful: { url: stateful.url },
      shifting: { url: shifting.url },
    },
  });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await fresh[Symbol.asyncDispose]();
  await stateful[Symbol.asyncDispose]();
  await shifting[Symbol.asyncDispose]();
});

beforeEach(() => {
  fresh.heard.length = 0;
  stateful.heard.length = 0;
});

const ask = (server: string, method: string, params: string, name?: string): Promise<Answered> =>
  send(`${gateway.url}/servers/${server}/mcp`, {
    headers: stateless(method, name),
    body: `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{${params}${META}}}`,
  });

const readOf = (server: string, more = ''): Promise<Answered> =>
  ask(server, 'resources/read', `"uri":"test://x",${more}`, 'test://x');

async function inSession(server: string, version: string, asked: string): Promise<Answered> {
  const url = `${gateway.url}/servers/${server}/mcp`;
  return send(url, { headers: await session(url, version), body: `{"jsonrpc":"2.0","id":1,${asked}}` });
}

const readInSession = (server: string): Promise<Answered> =>
  inSession(server, '2025-11-25', '"method":"resources/read","params":{"uri":"test://x"}');

describe('a call that is refused for its headers', () => {
  it('is made once more by the schema of now', async () => {
    await ask('shifting', 'tools/list', '');
    shifted = tool('moving', 'Zone');
    call = (headers) => (headers['mcp-param-zone'] === 'eu' ? { result: { content: [], ...HINTS } } : REFUSED);
    const answered = await send(`${gateway.url}/servers/shifting/mcp`, {
      headers: { ...stateless('tools/call', 'moving'), 'mcp-param-area': 'eu' },
      body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"moving","arguments":{"region":"eu"},${META}}}`,
    });
    expect(parsed(answered).result).toMatchObject({ content: [] });
    const sent = shifting.of('tools/call').map(({ headers }) => [headers['mcp-param-area'], headers['mcp-param-zone']]);
    expect(sent).toEqual([
      ['eu', undefined],
      [undefined, 'eu'],
    ]);
  });

  it('is made no third time, and its code goes no further', async () => {
    call = () => REFUSED;
    const answered = await statelessCall(`${gateway.url}/servers/fresh/mcp`, 'plain');
    expect(fresh.of('tools/call')).toHaveLength(2);
    expect(parsed(answered).result).toMatchObject({ isError: true });
    expect(answered.body).not.toContain('32020');
    expect(answered.body).toContain('The tool was not run.');
    const lists = fresh.of('tools/list').length;
    for (let i = 0; i < 8; i += 1) await statelessCall(`${gateway.url}/servers/fresh/mcp`, 'plain');
    expect(fresh.of('tools/list').length - lists).toBeLessThan(8);
  });
});

describe('a server that needs what its client lacks', () => {
  const needs = (requiredCapabilities: unknown): Said => ({
    status: 400,
    error: { code: -32_021, message: 'Missing', data: { requiredCapabilities } },
  });
  const declaring = (capabilities: string): Promise<Answered> =>
    send(`${gateway.url}/servers/fresh/mcp`, {
      headers: stateless('tools/call', 'plain'),
      body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"plain",${META.replace('Capabilities":{}', `Capabilities":${capabilities}`)}}}`,
    });

  it('says so to a stateless client, and to a model in a session', async () => {
    call = () => needs({ sampling: {}, elicitation: { form: {} } });
    const answered = await declaring('{"elicitation":{}}');
    expect([answered.status, parsed(answered).error]).toMatchObject([
      400,
      { code: -32_021, data: { requiredCapabilities: { sampling: {} } } },
    ]);
    const told = await inSession('fresh', '2025-11-25', '"method":"tools/call","params":{"name":"plain"}');
    expect(parsed(told).result).toMatchObject({ isError: true });
    expect(told.body).toContain('sampling');
  });

  it('does not say that its client lacks what that has declared', async () => {
    call = () => needs({ elicitation: { form: {} } });
    expect(parsed(await declaring('{"elicitation":{}}')).result).toMatchObject({ isError: true });
    call = () => needs({ extensions: { 'com.example/x': {} } });
    const answered = await declaring('{"extensions":{"com.example/x":{}}}');
    expect(parsed(answered).result).toMatchObject({ isError: true });
    expect(answered.body).toContain('does not carry');
  });
});

describe('a resource that does not exist', () => {
  const asked = { uri: 'test://x' };

  it('is told to each client by the code of its revision', async () => {
    read = { error: { code: -32_602, message: 'Not found', data: { ...asked, more: 1 } } };
    expect(parsed(await readOf('fresh')).error).toEqual({
      code: -32_602,
      message: 'Not found',
      data: { ...asked, more: 1 },
    });
    expect(parsed(await readInSession('fresh')).error).toMatchObject({ code: -32_002, data: asked });
    read = { error: { code: -32_002, message: 'Not found' } };
    expect(parsed(await readOf('stateful')).error).toEqual({ code: -32_602, message: 'Not found', data: asked });
    expect(parsed(await readInSession('stateful')).error).toMatchObject({ code: -32_002, data: asked });
  });

  it('is not what every invalid argument is', async () => {
    read = { error: { code: -32_602, message: 'No' } };
    expect(parsed(await readInSession('fresh')).error).toEqual({ code: -32_602, message: 'No' });
  });
});

describe('hints for how long something holds', () => {
  const contents = [{ uri: 'test://x', text: 'x' }];

  it('pass with what was read, unless they are wrong or nobody gave any', async () => {
    read = { result: { contents, ...HINTS } };
    expect(parsed(await readOf('fresh')).result).toMatchObject({ ttlMs: 60_000, cacheScope: 'public' });
    read = { result: { contents, ...HINTS, ttlMs: -1 } };
    expect(parsed(await readOf('fresh')).result).toMatchObject({ ttlMs: 0, cacheScope: 'private' });
    read = { result: { contents } };
    expect(parsed(await readOf('stateful')).result).toMatchObject({ ttlMs: 0, cacheScope: 'private' });
  });

  it('do not pass where the answer hangs on what a client answered', async () => {
    read = { result: { contents, ...HINTS } };
    expect(parsed(await readOf('fresh', '"inputResponses":{},')).result).toMatchObject({
      contents,
      ttlMs: 0,
      cacheScope: 'private',
    });
  });

  it('never stand beside a question', async () => {
    read = { result: { ttlMs: 5, requestState: 's', cacheScope: 'public', resultType: 'input_required' } };
    expect(parsed(await readOf('fresh')).result).toEqual({ requestState: 's', resultType: 'input_required' });
  });

  it('of a list are its server’s on that server’s address, and private where servers are merged', async () => {
    const own = parsed(await ask('fresh', 'tools/list', '')).result;
    expect(own?.['cacheScope']).toBe('public');
    expect(own?.['ttlMs']).toBeGreaterThan(0);
    expect(own?.['ttlMs']).toBeLessThanOrEqual(60_000);
    expect(parsed(await ask('stateful', 'tools/list', '')).result).toMatchObject({ ttlMs: 0, cacheScope: 'private' });
    const merged = await send(`${gateway.url}/mcp`, {
      headers: stateless('tools/list'),
      body: `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{${META}}}`,
    });
    expect(parsed(merged).result).toMatchObject({ ttlMs: 0, cacheScope: 'private' });
  });
});

describe('a tool whose header annotations are invalid', () => {
  const names = async (server: string): Promise<unknown> =>
    ((parsed(await ask(server, 'tools/list', '')).result?.['tools'] ?? []) as { name: string }[]).map(
      ({ name }) => name,
    );

  it('is left out where calls would need them, and shown without them elsewhere', async () => {
    expect(await names('fresh')).toEqual(['moving', 'plain']);
    expect(await names('stateful')).toEqual(['moving', 'bad', 'plain']);
    const listed = parsed(await ask('stateful', 'tools/list', '')).result?.['tools'];
    expect(listed).toEqual([tool('moving', 'Area'), tool('bad'), tool('plain')]);
  });
});

describe('a server that is busy', () => {
  const busy = (status: number, retryAfter: string): Promise<Answered> => {
    const headers = { 'retry-after': retryAfter };
    read = { status, headers, error: { code: -32_000, message: 'internal-canary' } };
    return readOf('fresh');
  };

  it.each([
    [429, '7', 7000],
    [503, '9', 9000],
    [503, '999999', 3_600_000],
    [429, 'soon', 1000],
  ])('with status %i and Retry-After: %s is asked again after %i ms', async (status, retryAfter, retryAfterMs) => {
    const answered = await busy(status, retryAfter);
    expect([answered.status, parsed(answered).error]).toMatchObject([200, { code: -32_603, data: { retryAfterMs } }]);
    expect(answered.body).not.toContain('canary');
  });
});

describe('content that a client’s revision does not know', () => {
  const content = [
    { type: 'image', data: 'AAAA', mimeType: 'image/png' },
    { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' },
    { type: 'resource_link', uri: 'test://x', name: 'x' },
  ];
  const structuredContent = { n: 1 };
  const audio = { type: 'text', text: '[audio (audio/wav): left out, as this protocol revision has none]' };
  const link = { type: 'text', text: 'test://x' };
  const said = { type: 'text', text: '{"n":1}' };

  it.each([
    ['2025-11-25', content],
    ['2025-06-18', content],
    ['2025-03-26', [content[0], content[1], link, said]],
    ['2024-11-05', [content[0], audio, link, said]],
  ])('is text for %s', async (version, expected) => {
    call = () => ({ result: { content, structuredContent, resultType: 'complete' } });
    const answered = await inSession('fresh', version, '"method":"tools/call","params":{"name":"plain"}');
    expect(parsed(answered).result).toEqual({ content: expected, structuredContent });
  });
});
