/** To the gateway over HTTP, as a client of each family of revisions would. */
import { clientInfo, listTools, result } from './client.ts';
import type { Answer, Ask, Client } from './client.ts';

const ANSWER_MS = 20_000;

/** 2026-07-28: no handshake, each request says all. */
export function statelessClient(url: string): Client {
  const revision = '2026-07-28';
  let lastId = 0;
  const ask: Ask = async (method, params) => {
    const id = (lastId += 1);
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': revision,
      'io.modelcontextprotocol/clientInfo': clientInfo,
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const name = 'name' in params ? { 'Mcp-Name': String(params.name) } : {};
    const headers = { 'MCP-Protocol-Version': revision, 'Mcp-Method': method, ...name };
    const response = await post(url, { id, method, params: { ...params, _meta } }, headers);
    return answerTo(id, response);
  };
  return {
    revision,
    tools: () => listTools(ask),
    call: async (name, args) => withoutEnvelope(result(await ask('tools/call', { name, arguments: args }))),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** 2025-11-25: initialize, then a session. */
export async function sessionClient(url: string): Promise<Client> {
  const revision = '2025-11-25';
  let lastId = 0;
  let headers: Readonly<Record<string, string>> = {};
  const send = (method: string, params: object): Promise<Response> =>
    post(url, { id: (lastId += 1), method, params }, headers);
  const ask: Ask = async (method, params) => {
    const response = await send(method, params);
    return answerTo(lastId, response);
  };

  const response = await send('initialize', { protocolVersion: revision, capabilities: {}, clientInfo });
  result(await answerTo(lastId, response));
  headers = { 'MCP-Protocol-Version': revision, 'Mcp-Session-Id': response.headers.get('mcp-session-id') ?? '' };
  const accepted = await post(url, { method: 'notifications/initialized' }, headers);
  if (accepted.status !== 202) throw new Error(`notifications/initialized: HTTP ${accepted.status}`);
  return {
    revision,
    tools: () => listTools(ask),
    call: async (name, args) => result(await ask('tools/call', { name, arguments: args })),
    async [Symbol.asyncDispose]() {
      await fetch(url, { method: 'DELETE', headers, signal: AbortSignal.timeout(ANSWER_MS) });
    },
  };
}

function post(url: string, message: object, headers: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
}

/** One JSON body, or an event stream that ends with the answer. */
async function answerTo(id: number, response: Response): Promise<Answer> {
  const text = await response.text();
  const streamed = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const bodies = streamed ? [...text.matchAll(/^data: ?(.+)$/gm)].map(([, data = '']) => data) : [text];
  for (const body of bodies) {
    const answer = parsed(body);
    if (answer?.id === id) return answer;
  }
  throw new Error(`HTTP ${response.status} without an answer to request ${id}: ${text.slice(0, 300)}`);
}

function parsed(text: string): Answer | undefined {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return undefined;
  }
}

/** What 2026-07-28 adds to every result; the rest must be the server's own. */
function withoutEnvelope(value: object): unknown {
  const { resultType, _meta, ...own } = value as { resultType?: unknown; _meta?: Readonly<Record<string, unknown>> };
  if (resultType !== 'complete') throw new Error(`resultType is ${JSON.stringify(resultType)}`);
  const { 'io.modelcontextprotocol/serverInfo': _, ...meta } = _meta ?? {};
  return Object.keys(meta).length === 0 ? own : { ...own, _meta: meta };
}
