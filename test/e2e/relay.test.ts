/** Payloads pass as the bytes that came, both ways, whichever revisions the two hops speak. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { send, session, statelessCall, type Answered } from './client.ts';

const ARGUMENTS =
  '{"big":9007199254740993,"one":1.0,"huge":1e400,"minus":-0,"none":[],"o":{},"z":1,"a":[ 1 , 2 ],"t":"\\u00e9\\ud83d\\ude00é","__proto__":{"x":1}}';
const CONTENT = `{"content":[{"type":"text","text":"x\\ny","vendor":1.0}],"structuredContent":${ARGUMENTS},"com.example/odd":[1e400, 9007199254740993],"isError":false}`;

let gateway: RunningGateway;
const upstreams: RawUpstream[] = [];

beforeAll(async () => {
  const stateless = await RawUpstream.start('2026-07-28');
  const sessions = await RawUpstream.start('2025-11-25');
  upstreams.push(stateless, sessions);
  gateway = await startGateway({ servers: { stateless: { url: stateless.url }, sessions: { url: sessions.url } } });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  for (const upstream of upstreams) await upstream[Symbol.asyncDispose]();
});

async function sessionCall(url: string, name: string, rest: string): Promise<Answered> {
  const headers = await session(url);
  return send(url, {
    headers,
    body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}"${rest}}}`,
  });
}

describe.each([
  ['2026-07-28', statelessCall],
  ['2025-11-25', sessionCall],
])('a client of %s', (client, call) => {
  it.each([
    ['stateless', '2026-07-28'],
    ['sessions', '2025-11-25'],
  ])('and the server "%s"', async (server, revision) => {
    const upstream = upstreams.find((one) => one.revision === revision);
    if (!upstream) throw new Error('no upstream');
    upstream.result = CONTENT;
    for (const [path, name] of [
      [`/servers/${server}/mcp`, 'echo'],
      ['/mcp', `${server}__echo`],
    ] as const) {
      const answered = await call(`${gateway.url}${path}`, name, `,"arguments":${ARGUMENTS},"vendor":[ 1.0 ]`);
      const got = upstream.calls().at(-1)?.body ?? '';
      expect(got).toContain(`"name":"echo","arguments":${ARGUMENTS},"vendor":[ 1.0 ]`);
      const inner = client === '2026-07-28' ? `{"resultType":"complete",${CONTENT.slice(1)}` : CONTENT;
      expect(answered.body).toBe(`{"jsonrpc":"2.0","id":1,"result":${inner}}`);
    }
  });
});

describe('the envelope of each hop is its own', () => {
  it('towards a stateless server: our client info, the client\u2019s capabilities, matching headers', async () => {
    await statelessCall(`${gateway.url}/mcp`, 'stateless__echo', ',"arguments":{}');
    const got = upstreams[0]?.calls().at(-1);
    expect(got?.headers).toMatchObject({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'echo',
    });
    expect(got?.body).toContain('"io.modelcontextprotocol/clientInfo":{"name":"gatehouse"');
    expect(got?.headers['mcp-session-id']).toBeUndefined();
  });

  it('towards a server with sessions: its own session, no member that it does not know', async () => {
    await statelessCall(`${gateway.url}/mcp`, 'sessions__echo', ',"requestState":"x","inputResponses":{}');
    const last = upstreams[1]?.calls().at(-1);
    expect(upstreams[1]?.calls().some(({ body }) => body.includes('requestState'))).toBe(false);
    expect(last?.headers['mcp-method']).toBeUndefined();
  });

  it('nothing of a client\u2019s headers reaches a server', async () => {
    const headers: Record<string, string> = {
      ...(await session(`${gateway.url}/servers/sessions/mcp`)),
      authorization: 'Bearer canary-7351',
      cookie: 'canary-7351',
      'x-api-key': 'canary-7351',
    };
    await send(`${gateway.url}/servers/sessions/mcp`, {
      headers,
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}',
    });
    expect(JSON.stringify(upstreams.map(({ got }) => got))).not.toContain('canary-7351');
    expect(upstreams[1]?.calls().at(-1)?.headers['mcp-session-id']).not.toBe(headers['mcp-session-id']);
  });
});
