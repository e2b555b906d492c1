/** 2026-07-28 over streamable HTTP: POST alone, each request with the headers that repeat its body (streamable HTTP, "Header Validation"). */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { checkContradictions, checkPresence, decode } from '../../fixtures/conformance/headers-2026.ts';
import { fields, Refusal, refused, succeeded } from '../../fixtures/conformance/message.ts';
import type { Fields, Request } from '../../fixtures/conformance/message.ts';
import type { Board } from '../world.ts';
import { EventWriter, listenOn, readBody, refuse, sayJson } from './listening.ts';
import type { Listening } from './listening.ts';
import { answerStateless, revision } from './stateless.ts';
import { violated } from './strict.ts';

export function serveStateless(board: Board): Promise<Listening> {
  return listenOn((request, response) => serve(board, request, response));
}

async function serve(board: Board, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { raw, message } = await readBody(request);
  if (request.method !== 'POST') return refuse(response, 405, -32000, { text: 'Only POST' });
  if (message?.kind !== 'request') {
    violated(board, `no request: ${raw.slice(0, 80)}`);
    return refuse(response, 400, -32600, { text: 'Not a request' });
  }
  const gone = new AbortController();
  response.once('close', () => gone.abort('the end of the connection'));
  const events = new EventWriter(response);
  const channel = { signal: gone.signal, send: (note: Fields) => events.event(JSON.stringify(note)) };
  const finish = (answer: Fields, status: number): void => {
    if (!events.begun) return sayJson(response, status, answer);
    events.event(JSON.stringify(answer));
    events.end();
  };
  try {
    checkHeaders(board, message, request.headers);
    const result = await answerStateless(board, { request: message, raw, channel });
    if (!gone.signal.aborted) finish(succeeded(message.id, result), 200);
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal(-32603, String(error));
    if (!gone.signal.aborted) finish(refused(message.id, refusal), refusal.status);
  }
}

function checkHeaders(board: Board, request: Request, headers: IncomingHttpHeaders): void {
  try {
    checkContradictions(request, revision, headers);
    checkPresence(request, headers);
  } catch (error) {
    throw violated(board, String(error));
  }
  if (headers['mcp-session-id'] !== undefined) throw violated(board, 'a session id');
  const accept = headers.accept ?? '';
  if (!accept.includes('application/json') || !accept.includes('text/event-stream'))
    throw violated(board, `Accept is ${accept}`);
  if (request.params['name'] === 'echo') checkRegion(board, request, headers['mcp-param-region']);
}

/** What the tool's schema wants repeated with `x-mcp-header`. */
function checkRegion(board: Board, { params }: Request, header: string | string[] | undefined): void {
  const { region } = fields(params['arguments']) ?? {};
  const said = typeof header === 'string' ? decode(header) : undefined;
  if (said !== region) throw violated(board, `Mcp-Param-Region says ${String(said)}, the argument ${String(region)}`);
}
