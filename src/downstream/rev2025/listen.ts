/**
 * GET: opens the stream on which a server speaks unasked (2025-11-25, "Listening for Messages from the Server"), one a session; or, with a
 * `Last-Event-ID`, goes on with whatever stream of the session that event belongs to ("Resumability and Redelivery").
 */
import { toFault } from '../../kernel/fault.ts';
import type { Part } from '../../kernel/parts.ts';
import type { HttpEdge } from '../edge.ts';
import { refusal } from '../http/refusal.ts';
import type { Visit } from '../http/visit.ts';
import { listening } from './changes.ts';
import { readCursor } from './cursor.ts';
import { gapMessages, type Gap } from './gap.ts';
import type { HttpSession } from './http-session.ts';
import type { EventStream } from './stream.ts';

/** Answers a GET. */
export async function openStream(edge: HttpEdge, visit: Visit, session: HttpSession): Promise<void> {
  const lastEventId = visit.exchange.header('last-event-id');
  if (lastEventId !== undefined) return resume(edge, { visit, session, lastEventId });
  if (edge.load.isDraining) return refuse(visit, 503, 'draining', DRAINING);
  if (session.listeningStream?.isConnected === true)
    return refuse(visit, 409, 'stream', 'This session has a stream already.');
  // Who comes back without an event id has perhaps not heard what the stream before told.
  const missed = session.listeningStream?.last ?? 0;
  const stream = session.listen();
  stream.open(visit);
  if (missed > 0)
    for (const message of await gapOf(visit, session, { stream, events: missed, asked: [] })) stream.tell(message);
  await listening(edge, session).catch((error: unknown) =>
    edge.log.debug({ reason: toFault(error).message }, 'nothing to listen to'),
  );
}

interface Resuming {
  readonly visit: Visit;
  readonly session: HttpSession;
  readonly lastEventId: string;
}

async function resume({ load }: HttpEdge, { visit, session, lastEventId }: Resuming): Promise<void> {
  const cursor = readCursor(session.tag, lastEventId);
  const stream = cursor && session.streamAt(cursor);
  if (!stream) return refuse(visit, 400, 'last-event-id', 'Unknown Last-Event-ID; open another stream without one.');
  // A call that was begun goes on while the gateway ends; a stream of changes does not.
  if (load.isDraining && !stream.question) return refuse(visit, 503, 'draining', DRAINING);
  const { event } = cursor;
  // Its client has heard everything; told so in this way it does not ask again (HTML, 9.2.3).
  if (stream.isOver && event === stream.last) return visit.empty(204);
  const events = stream.lostTo - event;
  const gap = events > 0 ? await gapOf(visit, session, { stream, events, asked: stream.missed(event) }) : [];
  if (session.ended.reason) return refuse(visit, 404, 'session', 'The session has ended.');
  stream.resume(visit, event, gap);
}

interface Missed extends Pick<Gap, 'events' | 'asked'> {
  readonly stream: EventStream;
}

async function gapOf(visit: Visit, session: HttpSession, { stream, ...missed }: Missed): Promise<(readonly Part[])[]> {
  const logs = await visit.endpoint.offers('logging');
  const honoured = stream.question ? undefined : (await session.listening?.catch(() => undefined))?.honoured;
  const told = honoured && { ...honoured, uris: [...session.uris] };
  return gapMessages({ ...missed, logs, level: session.level, told });
}

const DRAINING = 'The gateway is shutting down; try again.';

const refuse = (visit: Visit, status: number, kind: string, message: string): void =>
  visit.json(status, [refusal(status, kind, message)]);
