/** 2025-11-25 over streamable HTTP: sessions, calls answered as events with ids, the session's own stream by GET. Nothing is kept for resuming. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal, refused, succeeded } from '../../fixtures/conformance/message.ts';
import type { Fields, Request } from '../../fixtures/conformance/message.ts';
import type { Board } from '../world.ts';
import { EventWriter, listenOn, readBody, refuse, sayJson } from './listening.ts';
import type { Listening } from './listening.ts';
import { Session } from './session.ts';
import { violated } from './strict.ts';

const revision = '2025-11-25';

export function serveSessions(board: Board): Promise<Listening> {
  const rooms = new Map<string, Room>();
  return listenOn((request, response) => serve({ board, rooms }, request, response));
}

interface Room {
  readonly session: Session;
  own: EventWriter | undefined;
}

interface House {
  readonly board: Board;
  readonly rooms: Map<string, Room>;
}

async function serve({ board, rooms }: House, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { raw, message } = await readBody(request);
  const { 'mcp-session-id': named, 'mcp-protocol-version': version, 'mcp-method': method } = request.headers;
  const opens = message?.kind === 'request' && message.method === 'initialize';
  const id = message && message.kind !== 'notification' ? message.id : null;
  if (opens && named === undefined) return open({ board, rooms }, { request: message, raw }, response);
  if (named === undefined) return refuse(response, 400, -32000, { id, text: 'Mcp-Session-Id is missing' });
  const room = rooms.get(String(named));
  if (!room) return refuse(response, 404, -32001, { id, text: 'Session not found' });
  if (version !== revision) violated(board, `MCP-Protocol-Version is ${String(version)}`);
  if (method !== undefined) violated(board, `Mcp-Method, which ${revision} does not know`);
  const wanted = request.method === 'POST' ? ['application/json', 'text/event-stream'] : ['text/event-stream'];
  const accept = request.headers.accept ?? '';
  if (request.method !== 'DELETE' && !wanted.every((type) => accept.includes(type)))
    violated(board, `Accept of a ${request.method} is ${accept}`);
  if (request.method === 'GET') return listen(room, response);
  if (request.method === 'DELETE') {
    room.session.end();
    room.own?.end();
    rooms.delete(String(named));
    return void response.writeHead(200).end();
  }
  if (!message) return refuse(response, 400, -32600, { text: 'Not a message' });
  if (message.kind === 'request') return reply(room, { request: message, raw }, response);
  try {
    room.session.accept(message);
    response.writeHead(202).end();
  } catch (error) {
    refuse(response, 400, -32600, { text: String(error) });
  }
}

async function open({ board, rooms }: House, asked: Came, response: ServerResponse): Promise<void> {
  const room: Room = {
    own: undefined,
    session: new Session(board, revision, (note) => room.own?.event(JSON.stringify(note))),
  };
  const name = randomUUID();
  const answer = await answerOf(room, asked, () => undefined);
  if (!answer || 'error' in answer) return sayJson(response, 400, answer ?? {});
  rooms.set(name, room);
  sayJson(response, 200, answer, { 'mcp-session-id': name });
}

function listen(room: Room, response: ServerResponse): void {
  if (room.own) return refuse(response, 409, -32000, { text: 'This session has its stream' });
  const own = new EventWriter(response, randomUUID());
  room.own = own;
  own.begin();
  response.once('close', () => {
    if (room.own === own) room.own = undefined;
  });
}

interface Came {
  readonly request: Request;
  readonly raw: string;
}

/** Calls are answered as events, the rest as JSON. */
async function reply(room: Room, asked: Came, response: ServerResponse): Promise<void> {
  const events = new EventWriter(response, randomUUID());
  const streams = asked.request.method === 'tools/call';
  // An event without data only gives an id.
  if (streams) events.event('');
  const answer = await answerOf(room, asked, (note) => events.event(JSON.stringify(note)));
  if (answer && !events.begun) return sayJson(response, 200, answer);
  if (answer) events.event(JSON.stringify(answer));
  events.end();
}

/** The client going away is no cancellation here. */
async function answerOf(room: Room, { request, raw }: Came, send: (note: Fields) => void): Promise<Fields | undefined> {
  const channel = { signal: new AbortController().signal, send };
  try {
    const result = await room.session.answer({ request, raw, channel });
    return result && succeeded(request.id, result);
  } catch (error) {
    return refused(request.id, error instanceof Refusal ? error : new Refusal(-32603, String(error)));
  }
}
