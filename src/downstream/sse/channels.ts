/**
 * The way in for clients that know HTTP+SSE alone (2024-11-05, "Transports"): a GET opens a channel, POSTs belong to one. Channels count among the
 * listener's sessions; since each has its stream they are never idle, and none is ended to make room.
 */
import { BoundedMap } from '../../kernel/bounded.ts';
import { Fault, toFault } from '../../kernel/fault.ts';
import { classify } from '../../protocol/classify.ts';
import { readIncoming, REQUEST } from '../../protocol/jsonrpc.ts';
import { isRevision2025, REVISIONS_2025 } from '../../protocol/rev2025/differences.ts';
import { admitSession } from '../admission.ts';
import type { HttpEdge } from '../edge.ts';
import { refusal } from '../http/refusal.ts';
import { judge, refusedAs } from '../refused.ts';
import type { Sessions } from '../rev2025/sessions.ts';
import { Channel } from './channel.ts';
import type { SseVisit } from './visit.ts';

export class Channels {
  readonly #edge: HttpEdge;
  readonly #sessions: Sessions;
  readonly #channels: BoundedMap<string, Channel>;

  constructor(edge: HttpEdge, sessions: Sessions) {
    this.#edge = edge;
    this.#sessions = sessions;
    this.#channels = new BoundedMap(edge.bounds.sessions);
  }

  /** A GET. */
  open(visit: SseVisit): void {
    try {
      admitSession(this.#edge.load);
      this.#sessions.enter(visit.exchange.from.network);
    } catch (error) {
      const { kind, message } = toFault(error);
      return visit.json(503, [refusal(503, kind, message)]);
    }
    const channel = new Channel(this.#edge, visit, ({ id, remote }) => {
      this.#channels.delete(id);
      this.#sessions.leave(remote);
    });
    this.#channels.set(channel.id, channel);
    return undefined;
  }

  /** A POST: taken, and answered on the stream; or refused. */
  post(visit: SseVisit, body: Buffer): void {
    const { bounds, skim } = this.#edge;
    const version = visit.exchange.header('mcp-protocol-version');
    const message = readIncoming(body, bounds.jsonDepth, skim.strict);
    const family = classify(message, version);
    try {
      judge(message, family);
      if (family === 'rev2026') throw unsupported(message.fields.text(REQUEST.version) ?? version);
      if (version !== undefined && !isRevision2025(version)) throw unsupported(version);
      this.#channelOf(visit).post(visit, message);
      visit.empty(202);
    } catch (error) {
      const refused = refusedAs(message, family, error);
      visit.error(refused.id, refused.error);
    }
  }

  /** Those that were opened at paths that are no longer there. */
  endWhere(isGone: (path: string) => boolean): void {
    for (const channel of this.#channels.values()) if (isGone(channel.path)) channel.end();
  }

  /** Each ends when its calls have. */
  drain(): void {
    for (const channel of this.#channels.values()) channel.drain();
  }

  /** Answers of clients have no way in any more. */
  silence(): void {
    for (const channel of this.#channels.values()) channel.silence();
  }

  /** @throws Fault */
  #channelOf({ session, endpoint }: SseVisit): Channel {
    if (session === undefined || session === '')
      throw new Fault('not-a-request', 'Missing session; open the stream and post where its first event says.');
    const channel = this.#channels.peek(session);
    if (channel?.address !== endpoint.address)
      throw new Fault('unknown-session', 'Unknown session; open another stream.');
    return channel;
  }
}

const unsupported = (requested: string | undefined): Fault =>
  new Fault('unsupported-revision', 'This protocol revision has no HTTP+SSE; use the /mcp path.', {
    data: { supported: REVISIONS_2025, requested },
  });
