/** The GET stream of a session: what a server says unasked (2025-11-25, "Listening for messages from the server"). One a session. */
import { joinParts, type Part } from '../../kernel/parts.ts';
import type { Change } from '../../core/ports/changes.ts';
import type { ResponseStream } from '../../wire/http1/serving.ts';
import { sseEvent } from '../../wire/sse.ts';
import { toFault } from '../../kernel/fault.ts';
import { notification } from '../../protocol/messages.ts';
import type { Edge, HttpEdge } from '../edge.ts';
import { refusal } from '../http/refusal.ts';
import { STREAM_HEADERS } from '../http/responder.ts';
import type { Visit } from '../http/visit.ts';
import type { OpenStream, Session } from './session.ts';

class SessionStream implements OpenStream {
  readonly #stream: ResponseStream;
  readonly #edge: HttpEdge;
  readonly #session: Session;

  constructor(visit: Visit, session: Session, edge: HttpEdge) {
    this.#session = session;
    this.#edge = edge;
    this.#stream = visit.exchange.stream(200, STREAM_HEADERS + visit.cors);
    edge.keepAlive.add(this.#stream);
    visit.exchange.onGone(() => this.#left());
  }

  tell(message: readonly Part[]): void {
    if (!this.#stream.write(...sseEvent([joinParts(message)]))) this.#left();
  }

  end(): void {
    this.#left();
    this.#stream.end();
  }

  #left(): void {
    this.#edge.keepAlive.remove(this.#stream);
    if (this.#session.stream === this) this.#session.stream = undefined;
  }
}

/** Answers a GET. */
export async function openStream(edge: HttpEdge, visit: Visit, session: Session): Promise<void> {
  const refuse = (status: number, kind: string, message: string): void =>
    visit.json(status, [refusal(status, kind, message)]);
  if (edge.load.isDraining) return refuse(503, 'draining', 'The gateway is shutting down; try again.');
  // No event is kept yet, so no event id can be one of ours.
  if (visit.exchange.header('last-event-id') !== undefined)
    return refuse(400, 'last-event-id', 'Unknown Last-Event-ID.');
  if (session.stream) return refuse(409, 'stream', 'This session has a stream already.');
  session.stream = new SessionStream(visit, session, edge);
  await listening(edge, session).catch((error: unknown) =>
    edge.log.debug({ reason: toFault(error).message }, 'nothing to listen to'),
  );
}

/** What changes behind the session's endpoint is told on its stream; without a stream it is nobody's to hear. */
export async function listening(edge: Edge, session: Session): Promise<NonNullable<Session['listening']>> {
  if (session.listening) return session.listening;
  const listening = await edge.changes.listen({
    address: session.address,
    caller: session.caller,
    wanted: { tools: true, prompts: true, resources: true, uris: [...session.uris] },
    changed: (change) => session.stream?.tell(noteOf(change)),
    ended: () => session.stream?.end(),
  });
  // Two may have asked at once; a session may have ended meanwhile.
  if (session.listening || session.ended.reason) listening.close();
  session.listening ??= listening;
  return session.listening;
}

function noteOf(change: Change): Part[] {
  if (change.kind === 'updated')
    return notification('notifications/resources/updated', JSON.stringify({ uri: change.uri }));
  return notification(`notifications/${change.list}/list_changed`, '');
}
