/** What is called: MCP 2026-07-28, `tools/call`, in the sizes and shapes that cost differently. The stub answers by its path. */

export const workloadNames = ['json-300b', 'text-20kb', 'json-20kb', 'request-20kb', 'sse-300b', 'tls-300b'] as const;
export type WorkloadName = (typeof workloadNames)[number];

export interface Workload {
  readonly name: WorkloadName;
  /** Of the stub, and the name of the server in the gateway's configuration. */
  readonly path: string;
  /** TLS 1.3 from the client to the subject; plain behind. */
  readonly tls: boolean;
  readonly arguments: Readonly<Record<string, unknown>>;
}

export interface CallText {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const short = { message: 'How much does a hop cost?' };
const LONG_BYTES = 20 * 1024;

export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  'json-300b': { name: 'json-300b', path: 'json-300b', tls: false, arguments: short },
  'text-20kb': { name: 'text-20kb', path: 'text-20kb', tls: false, arguments: short },
  'json-20kb': { name: 'json-20kb', path: 'json-20kb', tls: false, arguments: short },
  'request-20kb': { name: 'request-20kb', path: 'request-20kb', tls: false, arguments: manyValues() },
  'sse-300b': { name: 'sse-300b', path: 'sse-300b', tls: false, arguments: short },
  'tls-300b': { name: 'tls-300b', path: 'json-300b', tls: true, arguments: short },
};

/** The paths of the stub that the gateway knows as servers. */
export const paths: readonly string[] = [...new Set(Object.values(workloads).map(({ path }) => path))];

export function toolCall(tool: string, id: number, args: Readonly<Record<string, unknown>>): CallText {
  return request('tools/call', id, { name: tool, arguments: args });
}

/** @param params where these have a `_meta`, it is added. */
export function request(method: string, id: number, params: Readonly<Record<string, unknown>>): CallText {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
    ...(params['_meta'] as object | undefined),
  };
  const name = params['name'];
  return {
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2026-07-28',
      'Mcp-Method': method,
      ...(typeof name === 'string' ? { 'Mcp-Name': name } : {}),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta } }),
  };
}

/** No key is called `id`: that is all that the stub looks for. */
function manyValues(): Readonly<Record<string, unknown>> {
  const items: unknown[] = [];
  for (let bytes = 0; bytes < LONG_BYTES - 500; bytes += JSON.stringify(items.at(-1)).length + 1) {
    const number = items.length;
    const tags = [`a${number % 9}`, 'b'];
    items.push({ number, name: `item ${number}`, price: number * 7 + 0.25, sold: number % 2 === 0, tags, more: null });
  }
  return { items };
}
