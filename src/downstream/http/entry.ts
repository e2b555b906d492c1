/** The way in: an HTTP exchange is judged, its message read once, and handed to the family of revisions that it speaks. */
import { Fault, toFault } from '../../kernel/fault.ts';
import { classify, isStateless, type Family } from '../../protocol/classify.ts';
import { readIncoming, type Message } from '../../protocol/jsonrpc.ts';
import type { Exchange } from '../../wire/http1/serving.ts';
import type { HttpEdge } from '../edge.ts';
import { judge, refusedAs } from '../refused.ts';
import { sessionOf } from '../rev2025/accept.ts';
import { openStream } from '../rev2025/listen.ts';
import { open } from '../rev2025/open.ts';
import { post } from '../rev2025/post.ts';
import { Sessions } from '../rev2025/sessions.ts';
import { accept, acceptNotification } from '../rev2026/accept.ts';
import { answer } from '../rev2026/answer.ts';
import { listen } from '../rev2026/listen.ts';
import { Channels } from '../sse/channels.ts';
import { SseVisit } from '../sse/visit.ts';
import { refusal } from './refusal.ts';
import { intake, type IntakeRules } from './intake.ts';
import { Responder } from './responder.ts';
import { Visit } from './visit.ts';

/** Headers that the protocol reads as one value: twice is a malformed request. */
export const SINGLETONS = ['mcp-protocol-version', 'mcp-session-id', 'mcp-method', 'mcp-name', 'last-event-id'];

export class Entry {
  readonly #edge: HttpEdge;
  readonly #sessions: Sessions;
  readonly #channels: Channels;
  #rules: IntakeRules;

  constructor(edge: HttpEdge, rules: IntakeRules) {
    this.#edge = edge;
    this.#sessions = new Sessions(edge);
    this.#channels = new Channels(edge, this.#sessions);
    this.#rules = rules;
  }

  /** Takes other rules into use, from the next request on. */
  judgeBy(rules: IntakeRules): void {
    this.#rules = rules;
  }

  /** Sessions that are open. */
  get sessions(): number {
    return this.#sessions.size;
  }

  /** Ends the sessions of paths that a reload has taken away. */
  endSessions(): void {
    const { endpoints, sse } = this.#edge.snapshots.current;
    this.#sessions.endWhere((address) => !endpoints.has(address));
    this.#channels.endWhere((path) => !sse.has(path));
  }

  /** Ends the streams of sessions; their calls go on. */
  endStreams(): void {
    this.#sessions.endStreams();
    this.#channels.drain();
  }

  /** Nobody can come any more to answer what sessions are asked. */
  silence(): void {
    this.#sessions.silence();
    this.#channels.silence();
  }

  /** Ends every session. */
  close(): void {
    this.#channels.endWhere(() => true);
    this.#sessions.close();
  }

  onHead(exchange: Exchange): void {
    exchange.context = intake(exchange, this.#rules, this.#edge.snapshots.current);
  }

  onRequest(exchange: Exchange, body: Buffer): void {
    const begun = exchange.context;
    if (!(begun instanceof Visit)) return;
    // Between head and body the configuration may have changed: the call takes the one that it pins.
    if (begun instanceof SseVisit) return this.#sse(begun, body);
    const endpoint = this.#edge.snapshots.current.endpoints.get(begun.endpoint.address);
    if (!endpoint) return nowhere(begun);
    const visit = endpoint === begun.endpoint ? begun : new Visit(exchange, endpoint, begun.cors);
    if (exchange.method === 'POST') this.#post(visit, body);
    else this.#session(visit);
    return undefined;
  }

  #sse(begun: SseVisit, body: Buffer): void {
    const place = this.#edge.snapshots.current.sse.get(begun.place.path);
    if (!place) return nowhere(begun);
    const visit = place === begun.place ? begun : new SseVisit(begun.exchange, place, begun.cors);
    if (place.takes === 'GET') this.#channels.open(visit);
    else this.#channels.post(visit, body);
    return undefined;
  }

  #post(visit: Visit, body: Buffer): void {
    const version = visit.exchange.header('mcp-protocol-version');
    const message = readIncoming(body, this.#edge.bounds.jsonDepth, this.#edge.skim.strict);
    const family = classify(message, version);
    try {
      judge(message, family);
      if (family === 'rev2026') this.#stateless(visit, message);
      else if (message.method === 'initialize' && message.form === 'request')
        this.#run(visit, message, open(this.#edge, visit, { message, sessions: this.#sessions }));
      else this.#run(visit, message, post(this.#edge, { visit, message, session: sessionOf(visit, this.#sessions) }));
    } catch (error) {
      refuse(visit, message, { family, error });
    }
  }

  #stateless(visit: Visit, message: Message): void {
    if (message.form === 'notification') {
      acceptNotification(visit.exchange, message);
      visit.empty(202);
      return;
    }
    if (message.form !== 'request') throw new Fault('not-a-request', 'Send one JSON-RPC request or notification.');
    const envelope = accept(visit.exchange, message, visit.endpoint);
    visit.caller = this.#edge.identity.identify(visit.exchange);
    const way = new Responder(visit, this.#edge.keepAlive);
    if (message.method === 'subscriptions/listen') this.#run(visit, message, listen(this.#edge, way, message));
    else this.#run(visit, message, answer(this.#edge, way, { message, envelope }));
  }

  /** GET opens a session's stream, DELETE ends the session. */
  #session(visit: Visit): void {
    try {
      const session = sessionOf(visit, this.#sessions);
      if (visit.exchange.method === 'GET') this.#run(visit, undefined, openStream(this.#edge, visit, session));
      else {
        this.#sessions.end(session);
        visit.empty(200);
      }
    } catch (error) {
      refuse(visit, undefined, {
        family: isStateless(visit.exchange.header('mcp-protocol-version')) ? 'rev2026' : 'rev2025',
        error,
      });
    }
  }

  /** What is thrown here is a mistake of ours: everything expected has been answered inside. */
  #run(visit: Visit, message: Message | undefined, work: Promise<void>): void {
    work.catch((error: unknown) => {
      const fault = toFault(error);
      this.#edge.log.error(
        { request: visit.exchange.id, fault: fault.id, detail: fault.detail ?? fault.message },
        'a mistake of the gateway',
      );
      refuse(visit, message, { family: 'rev2025', error: fault });
    });
  }
}

const nowhere = (visit: Visit): void => visit.json(404, [refusal(404, 'route', 'There is nothing at this path.')]);

function refuse(
  visit: Visit,
  message: Message | undefined,
  refused: { readonly family: Family; readonly error: unknown },
): void {
  const { id, error } = refusedAs(message, refused.family, refused.error);
  visit.error(id, error);
}
