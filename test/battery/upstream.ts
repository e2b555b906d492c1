/** A real MCP server (2026-07-28) that counts whatever reaches it. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const KEPT = 50;
/** Not for long, so that connections that nobody uses are not counted as the gateway's. */
const KEPT_MS = 1500;
const HINTS = '"resultType":"complete","ttlMs":3600000,"cacheScope":"private"';
const TOOLS = [
  '{"name":"echo","inputSchema":{"type":"object"}}',
  '{"name":"pick","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},"size":{"type":"integer","x-mcp-header":"Size"}}}}',
];

/** More than a page. */
const RESOURCES = Array.from({ length: 1001 }, (_, i) => `{"uri":"note://${i}","name":"n${i}"}`);

const RESULTS: Readonly<Record<string, string>> = {
  'server/discover': `{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{},"prompts":{},"resources":{},"logging":{}},${HINTS}}`,
  'tools/list': `{"tools":[${TOOLS.join()}],${HINTS}}`,
  'prompts/list': `{"prompts":[],${HINTS}}`,
  'resources/list': `{"resources":[${RESOURCES.join()}],${HINTS}}`,
  'resources/templates/list': `{"resourceTemplates":[],${HINTS}}`,
  'tools/call': `{"content":[{"type":"text","text":"called"}],"resultType":"complete"}`,
};

export class CountingUpstream implements AsyncDisposable {
  readonly #server: Server;
  /** The first of them, for whoever must find out which case let them through. */
  readonly kept: string[] = [];
  #requests = 0;
  #lists = 0;

  private constructor() {
    this.#server = createServer(
      { keepAliveTimeout: KEPT_MS },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.on('clientError', () => (this.#requests += 1));
  }

  static async started(): Promise<CountingUpstream> {
    const upstream = new CountingUpstream();
    upstream.#server.listen(0, '127.0.0.1');
    await once(upstream.#server, 'listening');
    return upstream;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** All but the gateway's own lists. */
  get requests(): number {
    return this.#requests;
  }

  /**
   * Lists that the gateway asked for itself: an unknown name makes it look again, at most every two seconds. They hold nothing of what a
   * client sent.
   */
  get lists(): number {
    return this.#lists;
  }

  /** Counts from here. */
  forget(): void {
    this.#requests = 0;
    this.#lists = 0;
    this.kept.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    if (OWN_LIST.test(body)) this.#lists += 1;
    else this.#requests += 1;
    if (!OWN_LIST.test(body) && this.kept.length < KEPT) this.kept.push(`${request.method} ${request.url} ${body}`);
    const method = /"method":"([^"]*)"/u.exec(body)?.[1] ?? '';
    const id = /"id":("[^"]*"|-?\d+)/u.exec(body)?.[1];
    const result = RESULTS[method];
    if (id === undefined) response.writeHead(202).end();
    else if (result === undefined)
      answer(response, 404, `{"jsonrpc":"2.0","id":${id},"error":{"code":-32601,"message":"no"}}`);
    else answer(response, 200, `{"jsonrpc":"2.0","id":${id},"result":${result}}`);
  }
}

/** An envelope and nothing else. */
const OWN_LIST = /^\{"jsonrpc":"2.0","id":\d+,"method":"[a-z/]+\/list","params":\{"_meta":\{[^[\]]*\}\}\}$/i;

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}
