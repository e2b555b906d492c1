/**
 * A server of the official SDK 2 with one tool that asks the person at the client, written once for all revisions, as its guide has it.
 * `node asking-server-2.ts --link http|sessions|stdio`: `http` is stateless, `sessions` the transport of the 2025 revisions, a pipe speaks both; unless it
 * is on a pipe its first line on stdout is `{"url": "…"}`.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { acceptedContent, createMcpHandler, inputRequired, McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';

const form = {
  message: 'Who is it for?',
  requestedSchema: { type: 'object' as const, properties: { name: { type: 'string' as const } }, required: ['name'] },
};

const { values } = parseArgs({ options: { link: { type: 'string', default: 'http' } } });
if (values.link === 'stdio') serveStdio(newServer);
else serve(values.link === 'http' ? stateless() : sessions());

function newServer(): McpServer {
  const server = new McpServer({ name: 'asking', version: '1.0.0' });
  server.registerTool('book', { description: 'Asks for a name' }, ({ mcpReq }) => {
    const accepted = acceptedContent<{ name: string }>(mcpReq.inputResponses, 'person');
    if (!accepted) return inputRequired({ inputRequests: { person: inputRequired.elicit(form) } });
    return { content: [{ type: 'text', text: `accept: ${accepted.name}` }] };
  });
  return server;
}

type Answering = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

function serve(answer: Answering): void {
  const http = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  http.listen(0, '127.0.0.1', () => {
    console.log(JSON.stringify({ url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp` }));
  });
}

function stateless(): Answering {
  const handle = toNodeHandler(createMcpHandler(newServer, { legacy: 'reject' }));
  // A request of Node does not fit its type under `exactOptionalPropertyTypes`.
  return (request, response) => handle(request as Parameters<typeof handle>[0], response);
}

function sessions(): Answering {
  const opened = new Map<string, NodeStreamableHTTPServerTransport>();
  return async (request, response) => {
    const named = request.headers['mcp-session-id'];
    const known = opened.get(String(named));
    if (known) return known.handleRequest(request, response);
    if (named !== undefined) return void response.writeHead(404).end();
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void opened.set(id, transport),
    });
    await newServer().connect(transport);
    return transport.handleRequest(request, response);
  };
}
