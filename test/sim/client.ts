/** A client of either revision that does what clients do, well or badly: asks, listens, cancels, stalls, sends half a request, goes away. */
import { ClientConnection, type Asked, type Owner } from './connection.ts';
import type { House } from './house.ts';
import type { Ledger, SimCall } from './ledger.ts';
import { nextRound, repliesTo } from './answers.ts';
import type { Json, Revision } from './offer.ts';
import { Wording } from './wording.ts';
import type { Source, World } from './world.ts';

const TOOLS = ['echo', 'echo', 'work', 'work', 'ask', 'big'];

export interface ClientOptions {
  readonly index: number;
  readonly revision: Revision;
  /** The one server that it speaks with; `undefined`: all of them. */
  readonly server: string | undefined;
  /** Servers that it knows of. */
  readonly names: readonly string[];
  readonly budget: number;
}

/** Asked without waiting for anything. */
const nothing = (): void => undefined;
const NOTHING: Asked = { id: undefined, call: undefined, token: undefined, heard: nothing, over: nothing };

interface Sending {
  readonly method: string;
  readonly params: Json;
  readonly call?: SimCall;
  readonly heard?: Asked['heard'];
  readonly over?: Asked['over'];
  readonly onHead?: Asked['onHead'];
  readonly connection?: ClientConnection;
}

export class Client implements Owner, Source {
  readonly weight = 6;
  readonly index: number;
  readonly world: World;
  readonly ledger: Ledger;
  /** What it may still do. */
  budget: number;
  readonly #house: House;
  readonly #options: ClientOptions;
  readonly #connections = new Set<ClientConnection>();
  /** Requests that have neither been answered nor lost their connection; streams, which may stay open, apart. */
  unanswered = 0;
  readonly #cancellable = new Map<SimCall, string>();
  readonly #wording: Wording;
  #isOpening = false;
  #stream: ClientConnection | undefined;
  #ids = 0;

  constructor(house: House, ledger: Ledger, options: ClientOptions) {
    this.#house = house;
    this.#options = options;
    this.#wording = new Wording(house.world, options.revision, options.server);
    this.world = house.world;
    this.ledger = ledger;
    this.index = options.index;
    this.budget = options.budget;
    this.world.sources.add(this);
  }

  get isAnonymous(): boolean {
    return this.#options.revision === '2026-07-28';
  }

  get isReady(): boolean {
    return this.budget > 0 && !this.#isOpening;
  }

  get hasSession(): boolean {
    return this.#wording.session !== undefined;
  }

  act(): void {
    this.budget -= 1;
    const { world } = this;
    if (!this.isAnonymous && this.#wording.session === undefined) return this.#open();
    const roll = world.chance.below(100);
    if (roll < 50 || world.isCalm) return void this.call(this.world.chance.one(TOOLS));
    if (roll < 58) return this.#list();
    if (roll < 64) return this.#read();
    if (roll < 70) return this.isAnonymous ? this.#listen() : this.#get();
    if (roll < 76) return this.#cancel();
    if (roll < 80) return this.#stall();
    if (roll < 84) return this.#leave();
    if (roll < 88) return this.#misbehave();
    if (roll < 92 && !this.isAnonymous) return this.#send(this.#wording.small(this.#note()));
    if (roll < 94 && !this.isAnonymous) return this.#delete();
    return void this.call(this.world.chance.one(TOOLS));
  }

  /** Reads everything that waits for it. */
  readOn(): void {
    for (const { socket } of this.#connections) if (socket.isStalled) socket.allow(Number.POSITIVE_INFINITY);
  }

  /** Goes for good. */
  quit(): void {
    this.budget = 0;
    for (const connection of this.#connections) connection.leave();
  }

  /** Asks a server that it knows for a tool. */
  call(tool: string): SimCall {
    const server = this.#options.server ?? this.world.chance.one(this.#options.names);
    const isOneForAll = this.isAnonymous && /cedar|douglas/u.test(server);
    const call = this.ledger.begin(this.index, isOneForAll);
    this.#call(call, {
      name: this.#options.server === undefined ? `${server}__${tool}` : tool,
      arguments: { canary: call.canary },
    });
    return call;
  }

  /** A question of the server is answered in a second round, most times. */
  #call(call: SimCall, params: Json): void {
    this.world.note(`client ${this.index} asks ${call.canary} ${String(params['name'])}`);
    const heard = (message: Json): void => {
      const result = message['result'] as Json | undefined;
      if (result?.['resultType'] !== 'input_required' || (!this.world.isCalm && this.world.draws(20))) return;
      this.#again(call, params, result);
    };
    this.#send({ method: 'tools/call', params, call, heard });
  }

  #again(call: SimCall, params: Json, asked: Json): void {
    const { again, isHeld, times } = nextRound(this.world, call.canary, asked);
    call.state = 'open';
    if (!isHeld) call.ran = false;
    for (let count = 0; count < times; count += 1)
      this.#send({ method: 'tools/call', params: { ...params, ...again }, call });
  }

  /** In the middle of a call. */
  questioned({ id, params }: Json): void {
    const canary = this.ledger.of(JSON.stringify(params))?.canary ?? '';
    const said = repliesTo(this.world, canary);
    this.world.note(`client ${this.index} is asked about ${canary}, and says ${JSON.stringify(said)}`);
    for (const reply of said) this.#notify({ jsonrpc: '2.0', id, ...reply });
  }

  lists(): void {
    for (const method of ['tools/list', 'resources/list', 'resources/templates/list'])
      this.#send({ method, params: {} });
  }

  #list(): void {
    const heard = (message: Json): void => {
      const cursor = (message['result'] as Json | undefined)?.['nextCursor'];
      if (typeof cursor === 'string') this.#send({ method: 'tools/list', params: { cursor } });
    };
    this.#send({ method: 'tools/list', params: {}, heard });
  }

  #read(): void {
    const server = this.#options.server ?? this.world.chance.one(this.#options.names);
    const call = this.ledger.begin(this.index, false);
    this.#send({ method: 'resources/read', params: { uri: `note://${server}/${call.canary}` }, call });
  }

  #note(): string {
    return `note://${this.#options.server ?? this.world.chance.one(this.#options.names)}/one`;
  }

  #listen(): void {
    const resourceSubscriptions = this.world.draws(50) ? [this.#note()] : [];
    this.#send({
      method: 'subscriptions/listen',
      params: { notifications: { toolsListChanged: true, resourceSubscriptions } },
    });
  }

  #open(): void {
    this.#isOpening = true;
    const onHead: Asked['onHead'] = ({ headers }) => {
      const id = headers.get('mcp-session-id');
      if (id === undefined) return;
      this.#wording.session = id;
      this.ledger.session(id);
    };
    const over = (): void => {
      this.#isOpening = false;
      if (this.#wording.session !== undefined) this.#notify({ jsonrpc: '2.0', method: 'notifications/initialized' });
    };
    this.#send({ method: 'initialize', params: this.#wording.greeting(), onHead, over });
  }

  #get(): void {
    if (this.#stream) return;
    const connection = this.#free();
    const head = this.#wording.head('GET', '');
    this.#stream = connection;
    const heard = (_: Json, status: number): void => this.#told(status);
    const over = (): void => void (this.#stream = undefined);
    connection.send(`${head}\r\n`, { ...NOTHING, heard, over, isStream: true });
  }

  #delete(): void {
    const head = this.#wording.head('DELETE', '');
    this.#wording.session = undefined;
    this.#free().send(`${head}\r\n`, NOTHING);
  }

  #cancel(): void {
    const [found] = [...this.#cancellable].filter(([{ state }]) => state === 'open');
    if (!found) return;
    const [call, id] = found;
    this.world.note(`client ${this.index} cancels ${call.canary}`);
    call.state = 'cancelled';
    this.#notify({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: JSON.parse(id) as unknown },
    });
  }

  #stall(): void {
    const all = [...this.#connections];
    if (all.length === 0) return;
    const { socket } = this.world.chance.one(all);
    socket.allow(socket.isStalled ? Number.POSITIVE_INFINITY : this.world.chance.one([0, 10, 5000]));
  }

  #leave(): void {
    const all = [...this.#connections];
    if (all.length === 0) return;
    const connection = this.world.chance.one(all);
    const way = this.world.chance.below(3);
    this.world.note(`client ${this.index} goes, way ${way}`);
    if (way === 0) connection.leave();
    else {
      connection.isSpoilt = true;
      connection.socket.flow.close(way === 1 ? 'end' : 'reset');
    }
  }

  /** What no client should send. */
  #misbehave(): void {
    const { chance } = this.world;
    const connection = this.#free();
    connection.isSpoilt = true;
    connection.socket.flow.put(this.#wording.nonsense());
    if (chance.below(2) === 0) connection.socket.flow.close(chance.one(['end', 'reset']));
  }

  #send(sending: Sending): void {
    const { method, params, call, onHead } = sending;
    const { world } = this;
    this.#ids += 1;
    const id = world.draws(50) ? `cid~${this.index}-${this.#ids}` : this.#ids;
    const wantsProgress = call !== undefined && world.draws(60);
    const token = wantsProgress ? `tok~${this.index}-${this.#ids}` : undefined;
    const meta = this.#wording.meta(token);
    const message = { jsonrpc: '2.0', id, method, params: { ...params, _meta: meta } };
    const text = JSON.stringify(id);
    if (call && !this.isAnonymous) this.#cancellable.set(call, text);
    const isStream = method === 'subscriptions/listen';
    if (!isStream) this.unanswered += 1;
    const over: Asked['over'] = (isWhole) => {
      if (!isStream) this.unanswered -= 1;
      if (call) this.#cancellable.delete(call);
      sending.over?.(isWhole);
    };
    const heard: Asked['heard'] = (one, status) => {
      this.#told(status);
      sending.heard?.(one, status);
    };
    const asked = { id: text, call, token, heard, over, isStream, ...(onHead ? { onHead } : {}) };
    this.#free().send(this.#wording.post(message), asked);
  }

  #notify(message: Json): void {
    this.#free().send(this.#wording.post(message), NOTHING);
  }

  /** A session that is not known any more is opened anew. */
  #told(status: number): void {
    if (status === 404 && !this.isAnonymous) this.#wording.session = undefined;
  }

  /** An idle connection, or one more; now and then one that is not idle, to be answered in turn. */
  #free(): ClientConnection {
    const pipelined = [...this.#connections].find((one) => one.mayPipeline);
    if (pipelined && this.world.draws(5) && !this.world.isCalm) return pipelined;
    const idle = [...this.#connections].find((one) => one.isIdle);
    if (idle) return idle;
    const address = `10.1.0.${this.index + 1}`;
    const connection = new ClientConnection(this, address, (gone) => this.#connections.delete(gone));
    this.#connections.add(connection);
    this.#house.accept(connection.socket);
    return connection;
  }
}
