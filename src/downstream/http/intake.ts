/**
 * What is judged before a body is read: Host, Origin, route, method, media types. Decided on the raw request target alone; nothing that a
 * client writes elsewhere changes which route is meant.
 */
import type { SsePath } from '../../core/endpoint.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import { isStateless } from '../../protocol/classify.ts';
import { isRevision2025 } from '../../protocol/rev2025/differences.ts';
import type { Exchange, Sender } from '../../wire/http1/serving.ts';
import { SseVisit } from '../sse/visit.ts';
import { refusal } from './refusal.ts';
import { Visit } from './visit.ts';

export interface IntakeRules {
  /** Whether this Host is answered. Lower case. */
  readonly answersHost: (host: string) => boolean;
  /** @param scheme as the client sees the listener, which may be behind a proxy that speaks TLS for it. */
  readonly answersOrigin: (origin: string, scheme: Sender['scheme']) => boolean;
}

/** Mirrored arguments are called as the schema spells them, so their headers may hold what others may not. */
export const UNDERSCORED = ['mcp-param-'];

const ALLOWED =
  'authorization, content-type, accept, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id, last-event-id, traceparent, tracestate';

/** Mirrored arguments have names of their own, so those that are asked for are allowed by name (Fetch, CORS preflight). */
function preflight(asked: string | undefined): string {
  const mirrored = (asked ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => /^mcp-param-[a-z0-9_-]{1,64}$/u.test(name));
  const headers = [ALLOWED, ...mirrored.slice(0, 50)].join(', ');
  return `access-control-allow-methods: GET, POST, DELETE\r\naccess-control-allow-headers: ${headers}\r\naccess-control-max-age: 600\r\n`;
}
const EXPOSED = 'access-control-expose-headers: mcp-session-id, x-request-id, www-authenticate\r\nvary: origin\r\n';

/** The visit that may go on; `undefined` where the exchange has been answered. */
export function intake(exchange: Exchange, rules: IntakeRules, { endpoints, sse }: Snapshot): Visit | undefined {
  const refuse = (status: number, kind: string, message: string): undefined => {
    exchange.respond(status, 'content-type: application/json\r\n', refusal(status, kind, message));
    return undefined;
  };
  if (!rules.answersHost((exchange.header('host') ?? '').toLowerCase()))
    return refuse(403, 'host', 'This host name is not served here.');
  const origin = exchange.header('origin');
  if (origin !== undefined && !rules.answersOrigin(origin, exchange.from.scheme))
    return refuse(403, 'origin', 'This origin is not allowed.');
  const query = exchange.target.indexOf('?');
  const path = query === -1 ? exchange.target : exchange.target.slice(0, query);
  const place = endpoints.get(path) ?? sse.get(path);
  if (!place) return refuse(404, 'route', 'There is nothing at this path.');
  const cors = origin === undefined ? '' : `access-control-allow-origin: ${origin}\r\n${EXPOSED}`;
  const problem = 'takes' in place ? sseProblem(exchange, place) : methodProblem(exchange);
  if (exchange.method === 'OPTIONS' && origin !== undefined) {
    exchange.respond(204, cors + preflight(exchange.header('access-control-request-headers')), '');
    return undefined;
  }
  if (problem) {
    const allow = problem.allow === undefined ? '' : `allow: ${problem.allow}\r\n`;
    exchange.respond(
      problem.status,
      `content-type: application/json\r\n${cors}${allow}`,
      refusal(problem.status, problem.kind, problem.message),
    );
    return undefined;
  }
  return 'takes' in place ? new SseVisit(exchange, place, cors) : new Visit(exchange, place, cors);
}

interface Problem {
  readonly status: number;
  readonly kind: string;
  readonly message: string;
  /** Methods, where it is the method that is wrong. */
  readonly allow?: string;
}

function methodProblem(exchange: Exchange): Problem | undefined {
  const accept = exchange.header('accept');
  switch (exchange.method) {
    case 'POST': {
      const problem = bodyProblem(exchange);
      if (problem) return problem;
      if (accepts(accept, 'application/json') && accepts(accept, 'text/event-stream')) return undefined;
      return { status: 406, kind: 'accept', message: 'Send Accept: application/json, text/event-stream.' };
    }
    case 'GET':
      if (isStateless(exchange.header('mcp-protocol-version'))) return POST_ALONE;
      return accepts(accept, 'text/event-stream') ? undefined : NO_EVENTS;
    case 'DELETE':
      return isStateless(exchange.header('mcp-protocol-version')) ? POST_ALONE : undefined;
    default: {
      const allow = isStateless(exchange.header('mcp-protocol-version')) ? 'POST' : 'GET, POST, DELETE';
      return { status: 405, kind: 'method', message: 'Use POST, GET or DELETE.', allow };
    }
  }
}

/** Of a POST the body says more about its revision, so that is judged with it. */
function sseProblem(exchange: Exchange, { takes }: SsePath): Problem | undefined {
  if (exchange.method !== takes)
    return { status: 405, kind: 'method', message: `Use ${takes} at this path.`, allow: takes };
  if (takes === 'POST') return bodyProblem(exchange);
  const version = exchange.header('mcp-protocol-version');
  if (version !== undefined && !isRevision2025(version))
    return { status: 400, kind: 'revision', message: 'This protocol revision has no HTTP+SSE; use the /mcp path.' };
  return accepts(exchange.header('accept'), 'text/event-stream') ? undefined : NO_EVENTS;
}

function bodyProblem(exchange: Exchange): Problem | undefined {
  const type = exchange.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json')
    return { status: 415, kind: 'media-type', message: 'Send Content-Type: application/json.' };
  const coding = exchange.header('content-encoding');
  if (coding === undefined || coding.toLowerCase() === 'identity') return undefined;
  return { status: 415, kind: 'media-type', message: 'Send the body without a Content-Encoding.' };
}

const POST_ALONE: Problem = {
  status: 405,
  kind: 'method',
  message: 'This protocol revision uses POST alone.',
  allow: 'POST',
};
const NO_EVENTS: Problem = { status: 406, kind: 'accept', message: 'Send Accept: text/event-stream.' };

/** Whether a media type is listed, by itself or by a wildcard, with a weight that is not zero (RFC 9110, 12.5.1). */
export function accepts(accept: string | undefined, type: string): boolean {
  if (accept === undefined) return false;
  if (accept === 'application/json, text/event-stream') return true; // what most clients send
  const range = `${type.split('/', 1)[0]}/*`;
  return accept.split(',').some((item) => {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    if (name !== type && name !== range && name !== '*/*') return false;
    return !parameters.some((parameter) => /^q=0(?:\.0{0,3})?$/u.test(parameter));
  });
}
