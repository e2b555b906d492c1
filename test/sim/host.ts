/** A server over streamable HTTP, of either revision, and everything that can go wrong between it and the gateway. */
import { HttpReader, type Head } from './http.ts';
import { Chance } from '../soak/random.ts';
import { note, type SimServer, type Feed, type Json, type Plan, type Question, type Request } from './offer.ts';
import { Reply } from './reply.ts';
import type { Accepting, DialSocket } from './sockets.ts';
import type { World } from './world.ts';

/** One of the gateway's connections. */
interface Peer {
  readonly reader: HttpReader;
  reply: Reply | undefined;
  feed: Feed | undefined;
}

interface UpSession {
  /** What is left of answers that were broken off, by the id from which they go on. */
  readonly rests: Map<string, Plan>;
  readonly uris: Set<string>;
  /** Whether its other end can be asked. */
  readonly isAble: boolean;
  stream: DialSocket | undefined;
  readonly feed: Feed;
}

const KEY = 'io.modelcontextprotocol/';

export class HttpHost implements Accepting {
  readonly server: SimServer;
  isDown = false;
  readonly #world: World;
  readonly #peers = new Map<DialSocket, Peer>();
  readonly #sessions = new Map<string, UpSession>();
  /** Apart from all else that chance decides. */
  readonly #cuts: Chance;
  #lastEvent = 0;
  /** Questions that were asked before their stream was broken off. */
  readonly #asked = new WeakSet<Question>();

  constructor(server: SimServer) {
    this.server = server;
    this.#world = server.world;
    this.#cuts = new Chance(server.world.seed + 1_000_003);
  }

  get open(): number {
    return this.#peers.size;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  accepts(): 'open' | 'refused' | 'never' {
    if (this.isDown) return 'refused';
    if (!this.#world.breaks()) return 'open';
    return this.#world.chance.one(['refused', 'open', 'open', 'never'] as const);
  }

  written(socket: DialSocket, bytes: Buffer): void {
    let peer = this.#peers.get(socket);
    if (!peer) {
      peer = { reader: this.#reader(socket), reply: undefined, feed: undefined };
      this.#peers.set(socket, peer);
    }
    peer.reader.push(bytes);
  }

  left(socket: DialSocket): void {
    const peer = this.#peers.get(socket);
    this.#peers.delete(socket);
    peer?.reply?.stop();
    if (peer?.feed) this.server.feeds.delete(peer.feed);
    for (const session of this.#sessions.values()) if (session.stream === socket) session.stream = undefined;
  }

  /** Forgets everything and cuts everybody off. */
  restart(): void {
    this.forget();
    for (const socket of this.#peers.keys()) socket.flow.close('reset');
  }

  forget(): void {
    for (const { feed } of this.#sessions.values()) this.server.feeds.delete(feed);
    this.#sessions.clear();
  }

  /** Closes a connection that is idle, as servers do. */
  hangUp(): void {
    const idle = [...this.#peers].filter(([, { reply, feed }]) => !reply && !feed).map(([socket]) => socket);
    if (idle.length > 0) this.#world.chance.one(idle).flow.close('end');
  }

  #reader(socket: DialSocket): HttpReader {
    let head: Head | undefined;
    let body: Buffer[] = [];
    return new HttpReader({
      onHead: (read) => {
        head = read;
        body = [];
      },
      onBody: (bytes) => body.push(Buffer.from(bytes)),
      onEnd: () => head && this.#arrived(socket, head, Buffer.concat(body).toString('utf8')),
      onWrong: (says) => this.#world.wrong(`${this.server.name} is sent ${says}`),
    });
  }

  #arrived(socket: DialSocket, head: Head, body: string): void {
    this.server.ledger.behind([head.start, ...head.headers].join(' '));
    const peer = this.#peers.get(socket);
    const message = (body === '' ? {} : JSON.parse(body)) as Json & { readonly method?: string };
    const isCall = 'id' in message && 'method' in message && this.server.ledger.of(body) !== undefined;
    const round = body.includes('"requestState"') ? 'second' : 'first';
    if (isCall) this.server.ledger.written(body, round);
    else this.server.ledger.behind(body);
    this.#world.note(`${this.server.name} < ${head.start.split(' ')[0] ?? ''} ${message.method ?? ''}`);
    // It had hung up before this came.
    if (!peer || socket.flow.hasEnded) return;
    const reply = new Reply(this.#world, socket, () => (peer.reply = undefined));
    peer.reply = reply;
    if (this.server.revision === '2026-07-28') this.#stateless(peer, reply, { head, message });
    else this.#sessioned(reply, { head, message, socket });
  }

  #stateless(peer: Peer, reply: Reply, { head, message }: { readonly head: Head; readonly message: Json }): void {
    if (!('id' in message)) return reply.status(202);
    const request = message as unknown as Request;
    const meta = request.params['_meta'] as Json | undefined;
    const version = meta?.[`${KEY}protocolVersion`];
    // The gateway takes it for an older one and greets it so.
    if (request.method === 'initialize') return reply.status(400);
    if (head.headers.get('mcp-method') !== request.method || head.headers.get('mcp-protocol-version') !== version)
      this.#world.wrong(`${this.server.name}: headers that do not mirror the body`);
    if (request.method === 'subscriptions/listen') return this.#listen(peer, reply, request);
    return reply.perform(this.server, this.server.plan(request));
  }

  #listen(peer: Peer, reply: Reply, { id, params }: Request): void {
    const wanted = params['notifications'] as Json;
    const uris = (wanted['resourceSubscriptions'] ?? []) as readonly string[];
    const _meta = { [`${KEY}subscriptionId`]: id };
    if (this.#world.breaks()) return reply.fail();
    reply.stream([note('notifications/subscriptions/acknowledged', { _meta, notifications: wanted })]);
    peer.feed = {
      listChanged: () => reply.event(note('notifications/tools/list_changed', { _meta })),
      updated: (uri) => uris.includes(uri) && reply.event(note('notifications/resources/updated', { _meta, uri })),
    };
    this.server.feeds.add(peer.feed);
  }

  #sessioned(
    reply: Reply,
    { head, message, socket }: { readonly head: Head; readonly message: Json; readonly socket: DialSocket },
  ): void {
    const id = head.headers.get('mcp-session-id');
    const isRequest = 'id' in message && 'method' in message;
    const request = message as unknown as Request;
    if (isRequest && request.method === 'initialize') return this.#greet(reply, request);
    if (isRequest && request.method === 'server/discover') return reply.status(400);
    if (id === undefined) return reply.status(400);
    const session = this.#sessions.get(id);
    const plan = isRequest ? this.server.plan(request, session?.isAble === true ? session : undefined) : undefined;
    if (session && isRequest && !this.#world.isCalm && this.#world.draws(4)) this.forget();
    if (!this.#sessions.has(id) || !session) {
      this.server.ledger.refused(plan?.call, plan?.round ?? '');
      return reply.status(404);
    }
    const from = head.headers.get('last-event-id');
    if (from !== undefined) return this.#goOn(session, reply, from);
    if (head.start.startsWith('GET')) return this.#get(session, reply, socket);
    if (head.start.startsWith('DELETE')) {
      this.#end(id, session);
      return reply.status(200);
    }
    if ('id' in message && !isRequest) this.server.answered(message, session);
    if (!plan) return reply.status(202);
    const { uri } = request.params;
    if (request.method === 'resources/subscribe') session.uris.add(String(uri));
    if (request.method === 'resources/unsubscribe') session.uris.delete(String(uri));
    if (plan.call && !this.#world.isCalm && this.#cuts.below(100) < 35) return this.#breakOff(session, reply, plan);
    return reply.perform(this.server, plan);
  }

  /** The answer goes on when it is asked for: some of the notes now, the rest later. */
  #breakOff(session: UpSession, reply: Reply, plan: Plan): void {
    const from = `event~${(this.#lastEvent += 1)}`;
    const said = this.#cuts.below(plan.notes.length + 1);
    if (plan.call) plan.call.ran = true;
    const { question } = plan;
    const isFirst = question !== undefined && !this.#asked.has(question);
    if (question) this.#asked.add(question);
    session.rests.set(from, { ...plan, notes: plan.notes.slice(said) });
    this.#world.note(`${this.server.name} > breaks off`);
    reply.part([...plan.notes.slice(0, said), ...(isFirst ? [question.message] : [])], from);
  }

  #goOn(session: UpSession, reply: Reply, from: string): void {
    const rest = session.rests.get(from);
    session.rests.delete(from);
    if (!rest) return reply.status(400);
    const way = this.#cuts.below(4);
    if (way === 0) return this.#breakOff(session, reply, rest);
    if (way > 1) return reply.part([...rest.notes, rest.answer], undefined, rest.question);
    if (rest.call) rest.call.isBroken = true;
    return reply.status(this.#cuts.one([404, 405, 503]));
  }

  #greet(reply: Reply, request: Request): void {
    const plan = this.server.plan(request);
    const able = request.params['capabilities'] as Json | undefined;
    this.server.sessions += 1;
    const id = `upsess-${this.server.name}-${this.server.sessions}`;
    const session: UpSession = {
      rests: new Map(),
      uris: new Set(),
      isAble: able?.['elicitation'] !== undefined,
      stream: undefined,
      feed: {
        listChanged: () => this.#say(session, note('notifications/tools/list_changed', {})),
        updated: (uri) => session.uris.has(uri) && this.#say(session, note('notifications/resources/updated', { uri })),
      },
    };
    this.#sessions.set(id, session);
    this.server.feeds.add(session.feed);
    reply.perform(this.server, plan, `mcp-session-id: ${id}\r\n`);
  }

  #say({ stream }: UpSession, message: Json): void {
    const reply = stream && this.#peers.get(stream)?.reply;
    reply?.event(message);
  }

  #get(session: UpSession, reply: Reply, socket: DialSocket): void {
    if (session.stream) return reply.status(409);
    if (this.#world.breaks()) return reply.fail();
    session.stream = socket;
    return reply.stream([]);
  }

  #end(id: string, { feed }: UpSession): void {
    this.server.feeds.delete(feed);
    this.#sessions.delete(id);
  }
}
