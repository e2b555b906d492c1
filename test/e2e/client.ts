/** Requests as bytes: what a test writes is what is sent. */
import { request, type Agent } from 'node:http';
import { request as requestSecurely, type RequestOptions } from 'node:https';

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Sending {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: string | Buffer;
  /** How to speak to an https URL, and over which connection. */
  readonly secure?: RequestOptions;
  /** Without one each request has a connection of its own. */
  readonly agent?: Agent;
}

/** Every default may be overridden; `undefined` leaves a header out. */
export function send(url: string, sending: Sending): Promise<Answered> {
  const { method = 'POST', headers = {}, body = '', secure, agent = false } = sending;
  const all = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers };
  const present = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
  return new Promise((resolve, reject) => {
    const sent = (secure ? requestSecurely : request)(
      url,
      {
        agent,
        ...secure,
        method,
        headers: method === 'POST' ? { ...present, 'content-length': String(Buffer.byteLength(body)) } : present,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

export const META =
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}';

/** The headers that go with a 2026-07-28 request. */
export const stateless = (method: string, name?: string): Record<string, string> => ({
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': method,
  ...(name === undefined ? {} : { 'mcp-name': name }),
});

/** A tools/call of 2026-07-28. `rest` is JSON of further members of params, with a leading comma. */
export const statelessCall = (url: string, name: string, rest = '', secure?: RequestOptions): Promise<Answered> =>
  send(url, {
    ...(secure ? { secure } : {}),
    headers: stateless('tools/call', name),
    body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":${JSON.stringify(name)}${rest},${META}}}`,
  });

/** Opens a session of the 2025 revisions; gives back its headers. @param from more headers of the opening request. */
export async function session(
  url: string,
  version = '2025-11-25',
  from: Record<string, string> = {},
): Promise<Record<string, string>> {
  const params = { protocolVersion: version, capabilities: {}, clientInfo: { name: 't', version: '1' } };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params });
  const answered = await send(url, { headers: from, body });
  if (answered.status !== 200) throw new Error(`initialize: ${answered.status} ${answered.body}`);
  const headers = { 'mcp-session-id': String(answered.headers['mcp-session-id']), 'mcp-protocol-version': version };
  await send(url, { headers, body: '{"jsonrpc":"2.0","method":"notifications/initialized"}' });
  return headers;
}

export const parsed = (
  answered: Answered,
): {
  id?: unknown;
  result?: Record<string, unknown>;
  error?: { code: number; message: string; data?: Record<string, unknown> };
} => JSON.parse(answered.body) as ReturnType<typeof parsed>;
