/** Lists in pages, with cursors that are good for one list, endpoint and caller. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { META, parsed, send, session, stateless, statelessCall, type Answered } from './client.ts';

let gateway: RunningGateway;
let upstream: RawUpstream;

const MANY = 2500;

beforeAll(async () => {
  upstream = await RawUpstream.start('2026-07-28');
  upstream.tools = Array.from({ length: MANY }, (_, i) => `{"name":"t${i}","inputSchema":{"type":"object"}}`).join(',');
  gateway = await startGateway({ servers: { a: { url: upstream.url }, b: { url: upstream.url } } });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const list = (path: string, cursor?: string): Promise<Answered> =>
  send(`${gateway.url}${path}`, {
    headers: stateless('tools/list'),
    body: `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{${cursor === undefined ? '' : `"cursor":${JSON.stringify(cursor)},`}${META}}}`,
  });

const cursorOf = (answered: Answered): string => String(parsed(answered).result?.['nextCursor']);
const codeOf = (answered: Answered): unknown => parsed(answered).error?.code;

describe('a long list', () => {
  it('comes whole and in order over its pages', async () => {
    const names: string[] = [];
    for (let cursor: string | undefined; ;) {
      const answered = await list('/mcp', cursor);
      const tools = (parsed(answered).result?.['tools'] ?? []) as { name: string }[];
      names.push(...tools.map(({ name }) => name));
      if (parsed(answered).result?.['nextCursor'] === undefined) break;
      cursor = cursorOf(answered);
    }
    expect(names).toEqual(['a', 'b'].flatMap((server) => Array.from({ length: MANY }, (_, i) => `${server}__t${i}`)));
  });

  it('takes no cursor of another endpoint, another list or another session, and none that was changed', async () => {
    const cursor = cursorOf(await list('/servers/a/mcp'));
    expect(codeOf(await list('/servers/a/mcp', cursor))).toBeUndefined();
    expect(codeOf(await list('/servers/b/mcp', cursor))).toBe(-32_602);
    expect(codeOf(await list('/mcp', cursor))).toBe(-32_602);
    expect(codeOf(await list('/servers/a/mcp', `${cursor}A`))).toBe(-32_602);
    const url = `${gateway.url}/servers/a/mcp`;
    const [one, two] = [await session(url), await session(url)];
    const body = (more: string): string => `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{${more}}}`;
    const own = cursorOf(await send(url, { headers: one, body: body('') }));
    expect(codeOf(await send(url, { headers: one, body: body(`"cursor":"${own}"`) }))).toBeUndefined();
    expect(codeOf(await send(url, { headers: two, body: body(`"cursor":"${own}"`) }))).toBe(-32_602);
    expect(codeOf(await send(url, { headers: two, body: body(`"cursor":"${cursor}"`) }))).toBe(-32_602);
  });
});

describe('what lists say', () => {
  it('to a stateless client: how long it holds, and for whom', async () => {
    expect(parsed(await list('/mcp')).result).toMatchObject({
      resultType: 'complete',
      ttlMs: expect.any(Number) as number,
      cacheScope: 'private',
    });
  });

  it('to a session: nothing of that', async () => {
    const url = `${gateway.url}/mcp`;
    const answered = await send(url, {
      headers: await session(url),
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
    });
    expect(Object.keys(parsed(answered).result ?? {}).toSorted()).toEqual(['nextCursor', 'tools']);
  });

  it('is what can be called, and nothing else can', async () => {
    expect(parsed(await statelessCall(`${gateway.url}/mcp`, 'a__t2499')).result).toBeDefined();
    for (const name of ['t1', 'c__t1', 'a__t2500', 'a_t1', 'A__t1']) {
      expect(parsed(await statelessCall(`${gateway.url}/mcp`, name)).error).toEqual({
        code: -32_602,
        message: `Unknown tool: ${name}`,
      });
    }
  });

  it('a method whose feature no server has is an unknown one', async () => {
    const body = `{"jsonrpc":"2.0","id":1,"method":"prompts/list","params":{${META}}}`;
    const answered = await send(`${gateway.url}/mcp`, { headers: stateless('prompts/list'), body });
    expect([answered.status, codeOf(answered)]).toEqual([404, -32_601]);
  });
});
