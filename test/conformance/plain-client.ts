/**
 * The smallest clients that can be asked something in mid-call, one of each family of revisions. Own code, so that no library mends or leaves out
 * what the gateway sends.
 */

export type Fields = Readonly<Record<string, unknown>>;

export interface Question {
  readonly method: string;
  readonly params: Fields;
}

/** What the person, the model or the disk behind a client says. */
export type Answerer = (question: Question) => Promise<Fields>;

export interface PlainClient extends AsyncDisposable {
  /** The result; a JSON-RPC error is thrown. */
  request(method: string, params?: Fields): Promise<Fields>;
}

const ANSWER_MS = 20_000;
const ROUNDS = 10;
const clientInfo = { name: 'plain-client', version: '1.0.0' };
/** What a client can answer that answers everything. */
const ALL: Fields = { elicitation: {}, sampling: {}, roots: {} };
const prefix = 'io.modelcontextprotocol/';

/** 2026-07-28: a question ends the request, and its answer comes with the next one. */
export function statelessClient(url: string, answer: Answerer, capabilities: Fields = ALL): PlainClient {
  const version = '2026-07-28';
  const schemas = new Map<unknown, unknown>();
  let lastId = 0;
  const once = async (method: string, params: Fields): Promise<Fields> => {
    const id = (lastId += 1);
    const _meta = {
      [`${prefix}protocolVersion`]: version,
      [`${prefix}clientInfo`]: clientInfo,
      [`${prefix}clientCapabilities`]: capabilities,
    };
    const headers = { 'MCP-Protocol-Version': version, 'Mcp-Method': method, ...mirrored(params, schemas) };
    const response = await post(url, { id, method, params: { ...params, _meta } }, headers);
    for await (const message of messages(response)) if (message['id'] === id) return resultOf(message);
    throw new Error(`HTTP ${response.status} without an answer to ${method}`);
  };
  return {
    async request(method, params = {}) {
      let result = await once(method, params);
      for (let round = 0; result['resultType'] === 'input_required' && round < ROUNDS; round += 1) {
        const { inputRequests, requestState } = result;
        const inputResponses: Record<string, Fields> = {};
        for (const [key, asked] of Object.entries(inputRequests ?? {}))
          inputResponses[key] = await answer(asked as Question);
        result = await once(method, {
          ...params,
          inputResponses,
          ...(requestState === undefined ? {} : { requestState }),
        });
      }
      for (const tool of (result['tools'] ?? []) as Fields[]) schemas.set(tool['name'], tool['inputSchema']);
      return result;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** 2025-11-25: questions come on the stream of the request, and are answered while it goes on. */
export async function sessionClient(url: string, answer: Answerer): Promise<PlainClient> {
  const version = '2025-11-25';
  let lastId = 0;
  let headers: Readonly<Record<string, string>> = {};
  const request = async (method: string, params: Fields = {}): Promise<Fields> => {
    const id = (lastId += 1);
    const response = await post(url, { id, method, params }, headers);
    const named = response.headers.get('mcp-session-id');
    if (named !== null) headers = { 'MCP-Protocol-Version': version, 'Mcp-Session-Id': named };
    for await (const message of messages(response)) {
      if (message['method'] === undefined && message['id'] === id) return resultOf(message);
      if (message['method'] === undefined || message['id'] === undefined) continue;
      const result = await answer({ params: {}, ...message } as unknown as Question);
      await (await post(url, { id: message['id'], result }, headers)).text();
    }
    throw new Error(`HTTP ${response.status} without an answer to ${method}`);
  };
  await request('initialize', { protocolVersion: version, capabilities: ALL, clientInfo });
  await (await post(url, { method: 'notifications/initialized' }, headers)).text();
  return {
    request,
    async [Symbol.asyncDispose]() {
      await fetch(url, { method: 'DELETE', headers, signal: AbortSignal.timeout(ANSWER_MS) });
    },
  };
}

/** The headers that say again what the body says: its name, and the arguments that a tool's schema marks. */
function mirrored(params: Fields, schemas: ReadonlyMap<unknown, unknown>): Record<string, string> {
  const name = params['name'] ?? params['uri'];
  const headers: Record<string, string> = typeof name === 'string' ? { 'Mcp-Name': encoded(name) } : {};
  const properties = ((schemas.get(name) ?? {}) as Fields)['properties'] ?? {};
  for (const [key, property] of Object.entries(properties as Readonly<Record<string, Fields>>)) {
    const suffix = property['x-mcp-header'];
    const value = ((params['arguments'] ?? {}) as Readonly<Record<string, string | number | boolean | null>>)[key];
    // A tool with a header that cannot be written must not have come this far; it is called all the same, so that the suite sees it.
    if (typeof suffix !== 'string' || !/^[\w-]+$/.test(suffix)) continue;
    if (value !== undefined && value !== null) headers[`Mcp-Param-${suffix}`] = encoded(String(value));
  }
  return headers;
}

function encoded(value: string): string {
  if (/^[\x20-\x7e]*$/.test(value) && value.trim() === value) return value;
  return `=?base64?${Buffer.from(value).toString('base64')}?=`;
}

function post(url: string, message: object, headers: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
}

/** One JSON body, or the events of a stream as they come. */
async function* messages(response: Response): AsyncGenerator<Fields> {
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) {
    const body = await response.text();
    if (!body.startsWith('{')) throw new Error(`HTTP ${response.status} with "${body}"`);
    yield JSON.parse(body) as Fields;
    return;
  }
  let rest = '';
  for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (/^data: ?\S/.test(line)) yield JSON.parse(line.slice(5)) as Fields;
  }
}

function resultOf({ result, error }: Fields): Fields {
  if (result === undefined) throw new Error(`JSON-RPC error: ${JSON.stringify(error)}`);
  return result as Fields;
}
