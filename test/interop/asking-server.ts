/**
 * A server of an official SDK with two tools that ask the person at the client in mid-call: one on the stream of the call, one beside it, on the
 * session's own. `node asking-server.ts --sdk 1|2025-06-18 --link http|sse|stdio`; unless it is on a pipe its first line on stdout is `{"url": "…"}`.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import type { CallToolResult, ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import { McpServer as ServerOf2025June } from 'mcp-sdk-2025-06-18/server/mcp.js';
import { SSEServerTransport as SseOf2025June } from 'mcp-sdk-2025-06-18/server/sse.js';
import { StdioServerTransport as PipeOf2025June } from 'mcp-sdk-2025-06-18/server/stdio.js';
import { StreamableHTTPServerTransport as HttpOf2025June } from 'mcp-sdk-2025-06-18/server/streamableHttp.js';
import { ElicitResultSchema as ResultOf2025June } from 'mcp-sdk-2025-06-18/types.js';

const newest = {
  McpServer,
  SSEServerTransport,
  StdioServerTransport,
  StreamableHTTPServerTransport,
  ElicitResultSchema,
};
type Kit = typeof newest;

const kits: Readonly<Record<string, Kit>> = {
  '1': newest,
  // A year older, with types of its own; what is used of it is the same.
  '2025-06-18': {
    McpServer: ServerOf2025June,
    SSEServerTransport: SseOf2025June,
    StdioServerTransport: PipeOf2025June,
    StreamableHTTPServerTransport: HttpOf2025June,
    ElicitResultSchema: ResultOf2025June,
  } as unknown as Kit,
};

const form = {
  message: 'Who is it for?',
  requestedSchema: { type: 'object' as const, properties: { name: { type: 'string' as const } }, required: ['name'] },
};

const { values } = parseArgs({
  options: { sdk: { type: 'string', default: '1' }, link: { type: 'string', default: 'http' } },
});
const kit = kits[values.sdk];
if (!kit) throw new Error(`There is no SDK ${values.sdk}`);
if (values.link === 'stdio') await newServer(kit).connect(new kit.StdioServerTransport());
else serve(values.link === 'sse' ? streaming(kit) : streamable(kit), values.link === 'sse' ? '/sse' : '/mcp');

function newServer({ McpServer: Server, ElicitResultSchema: schema }: Kit): McpServer {
  const server = new Server({ name: 'asking', version: '1.0.0' });
  server.registerTool('book', { description: 'Asks for a name' }, async ({ sendRequest }) =>
    booked(await sendRequest({ method: 'elicitation/create', params: form }, schema)),
  );
  server.registerTool('book_aside', { description: 'Asks for a name beside the call' }, async () =>
    booked(await server.server.elicitInput(form)),
  );
  return server;
}

function booked({ action, content }: ElicitResult): CallToolResult {
  return { content: [{ type: 'text', text: `${action}: ${String(content?.['name'])}` }] };
}

type Answering = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

function serve(answer: Answering, path: string): void {
  const http = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  http.listen(0, '127.0.0.1', () => {
    console.log(JSON.stringify({ url: `http://127.0.0.1:${(http.address() as AddressInfo).port}${path}` }));
  });
}

function streamable(of: Kit): Answering {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  return async (request, response) => {
    const named = request.headers['mcp-session-id'];
    const known = sessions.get(String(named));
    if (known) return known.handleRequest(request, response);
    if (named !== undefined) return void response.writeHead(404).end();
    const opened = new of.StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, opened),
    });
    await newServer(of).connect(opened);
    return opened.handleRequest(request, response);
  };
}

function streaming(of: Kit): Answering {
  const sessions = new Map<string, SSEServerTransport>();
  return async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (request.method === 'GET' && pathname === '/sse') {
      const opened = new of.SSEServerTransport('/messages', response);
      sessions.set(opened.sessionId, opened);
      return newServer(of).connect(opened);
    }
    const known = pathname === '/messages' ? sessions.get(searchParams.get('sessionId') ?? '') : undefined;
    if (request.method !== 'POST' || !known) return void response.writeHead(pathname === '/messages' ? 404 : 405).end();
    return known.handlePostMessage(request, response);
  };
}
