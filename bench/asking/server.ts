/**
 * The server of `bench/asking.ts`: `ask` wants a name in mid-call and gives it back, `tell` asks nothing. `node server.ts 2025-11-25|2026-07-28`; prints
 * its port. As little as will do, and it trusts its peer: for benchmarks on loopback only.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly inputResponses?: { readonly who?: Answered } };
  readonly result?: Answered;
}

interface Answered {
  readonly content?: { readonly name?: string };
}

type Answering = (message: Message, response: ServerResponse) => void;

const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
const form = { mode: 'form', message: 'Who is it for?', requestedSchema: schema };
const tools = ['ask', 'tell'].map((name) => ({ name, inputSchema: { type: 'object' } }));
const capabilities = { tools: {} };
const serverInfo = { name: 'asking', version: '1.0.0' };
const hints = { resultType: 'complete', ttlMs: 3_600_000, cacheScope: 'public' };

const answer = process.argv[2] === '2026-07-28' ? stateless() : sessions();
const server = createServer((request, response) => {
  void body(request).then((text) => (text === '' ? response.writeHead(405).end() : answer(parse(text), response)));
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));

/** 2025-11-25: the question is a request on the call's own stream, and its answer a message of its own. */
function sessions(): Answering {
  const waiting = new Map<string, (answered: Answered | undefined) => void>();
  return ({ id, method, params, result }, response) => {
    if (method === undefined) waiting.get(String(id))?.(result);
    if (method === undefined || id === undefined) return void response.writeHead(202).end();
    if (method !== 'tools/call') {
      if (method === 'initialize') response.setHeader('mcp-session-id', randomUUID());
      const initialized = { protocolVersion: '2025-11-25', capabilities, serverInfo };
      return reply(response, id, method === 'initialize' ? initialized : method === 'tools/list' ? { tools } : {});
    }
    if (params?.name === 'tell') return reply(response, id, said('nobody'));
    const question = randomUUID();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(event({ id: question, method: 'elicitation/create', params: form }));
    waiting.set(question, (answered) => {
      waiting.delete(question);
      response.end(event({ id, result: said(answered?.content?.name) }));
    });
  };
}

/** 2026-07-28: the question is the call's result, and the next call brings the answer. */
function stateless(): Answering {
  return ({ id, method, params }, response) => {
    const who = params?.inputResponses?.who?.content?.name;
    const question = {
      resultType: 'input_required',
      inputRequests: { who: { method: 'elicitation/create', params: form } },
      requestState: 'asked',
    };
    if (method === 'server/discover')
      reply(response, id, { ...hints, supportedVersions: ['2026-07-28'], capabilities, serverInfo });
    else if (method === 'tools/list') reply(response, id, { ...hints, tools });
    else if (method !== 'tools/call') response.writeHead(202).end();
    else reply(response, id, params?.name === 'ask' && who === undefined ? question : { ...said(who), ...hints });
  };
}

function said(name = 'nobody'): { readonly content: readonly object[] } {
  return { content: [{ type: 'text', text: name }] };
}

function reply(response: ServerResponse, id: Message['id'], result: object): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
}

function event(message: object): string {
  return `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`;
}

function parse(text: string): Message {
  return JSON.parse(text) as Message;
}

async function body(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}
