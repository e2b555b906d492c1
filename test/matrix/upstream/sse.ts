/** 2024-11-05 over HTTP+SSE: a GET opens the stream, its first event names where to POST, and all answers are events of the stream. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Board } from '../world.ts';
import { converse } from './lines.ts';
import type { Conversation } from './lines.ts';
import { EventWriter, listenOn, readBody, refuse } from './listening.ts';
import type { Listening } from './listening.ts';
import { violated } from './strict.ts';

const revision = '2024-11-05';

/** Its stream is at `/sse`. */
export function serveSse(board: Board): Promise<Listening> {
  const open = new Map<string, Conversation>();
  return listenOn((request, response) => serve({ board, open }, request, response));
}

interface House {
  readonly board: Board;
  readonly open: Map<string, Conversation>;
}

async function serve({ board, open }: House, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { raw, message } = await readBody(request);
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname === '/sse' && request.method === 'GET') return begin({ board, open }, request, response);
  if (pathname === '/sse') return refuse(response, 405, -32000, { text: 'Only GET' });
  const conversation = open.get(searchParams.get('session') ?? '');
  if (pathname !== '/messages' || request.method !== 'POST' || !conversation)
    return refuse(response, 404, -32000, { text: 'Not found' });
  if (!message) {
    violated(board, `no message: ${raw.slice(0, 80)}`);
    return refuse(response, 400, -32600, { text: 'Not a message' });
  }
  if (request.headers['mcp-session-id'] !== undefined) violated(board, `a session id, which ${revision} does not know`);
  if (request.headers['mcp-method'] !== undefined) violated(board, `Mcp-Method, which ${revision} does not know`);
  response.writeHead(202).end();
  conversation.take(message, raw);
}

function begin({ board, open }: House, request: IncomingMessage, response: ServerResponse): void {
  if (!request.headers.accept?.includes('text/event-stream')) violated(board, 'Accept lacks text/event-stream');
  const name = randomUUID();
  const events = new EventWriter(response);
  const conversation = converse(board, revision, (message) => events.event(JSON.stringify(message), 'message'));
  open.set(name, conversation);
  response.once('close', () => {
    open.delete(name);
    conversation.end();
  });
  events.event(`/messages?session=${name}`, 'endpoint');
}
