/** Servers that are children on pipes: processes without a process. They die, fall silent, chatter, and some do not go when they are told to. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { Fault } from '../../src/kernel/fault.ts';
import type { Launch, Processes } from '../../src/upstream/link/process.ts';
import { Flow } from './flow.ts';
import { note, type SimServer, type Feed, type Json, type Request } from './offer.ts';
import { draw, Work, type FaultName } from './work.ts';
import type { Source, World } from './world.ts';

const KEY = 'io.modelcontextprotocol/';
/** All children of one run, by the server that they are. */
export class Children implements Processes {
  readonly alive = new Map<number, FakeChild>();
  readonly #world: World;
  readonly #servers: ReadonlyMap<string, SimServer>;
  #pids = 100;

  constructor(world: World, servers: ReadonlyMap<string, SimServer>) {
    this.#world = world;
    this.#servers = servers;
  }

  start(launch: Launch): ChildProcessWithoutNullStreams {
    const server = this.#servers.get(launch.name);
    if (!server || (this.#world.breaks() && this.#world.draws(30)))
      throw new Fault('unavailable', 'It could not be started.', { detail: launch.command });
    this.#pids += 1;
    const child = new FakeChild(server, this.#pids, () => this.alive.delete(child.pid));
    this.alive.set(child.pid, child);
    return child as unknown as ChildProcessWithoutNullStreams;
  }

  signal(group: number, signal: NodeJS.Signals): void {
    const child = this.alive.get(group);
    if (!child) throw new Error('ESRCH');
    child.signalled(signal);
  }
}

export class FakeChild extends EventEmitter implements Source {
  readonly weight = 8;
  readonly pid: number;
  readonly stdout = new Readable({ read: () => undefined });
  readonly stderr = new Readable({ read: () => undefined });
  readonly stdin: Writable;
  readonly server: SimServer;
  readonly #world: World;
  readonly #flow: Flow;
  readonly #left: () => void;
  readonly #works = new Set<Work>();
  readonly #uris = new Set<string>();
  #feed: Feed | undefined;
  #begun = '';
  #state: 'running' | 'dying' | 'exited' | 'closed' = 'running';
  #how: readonly [code: number | null, signal: NodeJS.Signals | null] = [0, null];
  #isHung = false;
  #isAble = false;
  #held: (() => void)[] = [];
  /** Does not go for less than KILL. */
  readonly #isStubborn: boolean;

  constructor(server: SimServer, pid: number, left: () => void) {
    super();
    this.server = server;
    this.pid = pid;
    this.#world = server.world;
    this.#flow = new Flow(server.world);
    this.#left = left;
    this.#isStubborn = this.#world.breaks();
    this.stdin = new Writable({
      write: (chunk: Buffer, _, done) => {
        this.#read(chunk.toString('utf8'));
        if (this.#isHung) this.#held.push(done);
        else done();
      },
      final: (done) => {
        if (!this.#isStubborn) this.#die(0, null);
        done();
      },
    });
    this.#world.sources.add(this);
  }

  get isReady(): boolean {
    return this.#state === 'dying' || this.#state === 'exited' || (this.#state === 'running' && !this.#flow.isEmpty);
  }

  act(): void {
    if (this.#state === 'dying') {
      this.#state = 'exited';
      this.emit('exit', ...this.#how);
    } else if (this.#state === 'exited') {
      this.#state = 'closed';
      this.#world.sources.delete(this);
      this.#left();
      this.stdout.destroy();
      this.stderr.destroy();
      this.emit('close', ...this.#how);
    } else {
      const piece = this.#flow.take();
      if (piece === 'end') this.stdout.push(null);
      else if (piece instanceof Buffer && !this.stdout.destroyed) this.stdout.push(piece);
    }
  }

  signalled(signal: NodeJS.Signals): void {
    if (signal === 'SIGKILL' || !this.#isStubborn) this.#die(null, signal);
  }

  kill(): void {
    this.#die(null, 'SIGKILL');
  }

  /** Goes on reading, if it had stopped: nobody can tell that an idle child is hung before it is asked. */
  wake(): void {
    this.#isHung = false;
    for (const done of this.#held.splice(0)) done();
  }

  say(message: Json, isVoid?: () => boolean): void {
    this.#flow.put(`${JSON.stringify(message)}\n`, isVoid);
  }

  raw(text: string): void {
    this.#flow.put(text);
  }

  broken(fault: FaultName): void {
    if (fault === 'death') this.#die(this.#world.chance.below(3), null);
    else if (fault === 'hung') this.#isHung = true;
    else if (fault === 'closes') this.#flow.close('end');
    else if (fault === 'noise' && !this.stderr.destroyed) {
      this.raw('Listening on 10.77.0.3\n\n');
      this.stderr.push(`says simbin ${'z'.repeat(this.#world.chance.one([10, 5000]))}\n`);
    }
  }

  done(work: Work): void {
    this.#works.delete(work);
    this.#world.sources.delete(work);
  }

  #die(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#state !== 'running') return;
    this.#state = 'dying';
    this.#how = [code, signal];
    this.#held = [];
    if (this.#feed) this.server.feeds.delete(this.#feed);
    for (const work of this.#works) this.done(work);
  }

  #read(text: string): void {
    const lines = (this.#begun + text).split('\n');
    this.#begun = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    const message = JSON.parse(line) as Json & { readonly method?: string };
    const { ledger } = this.server;
    if ('id' in message && 'method' in message && ledger.of(line))
      ledger.written(line, line.includes('"requestState"') ? 'second' : 'first');
    else ledger.behind(line);
    this.#world.note(`${this.server.name} < ${message.method ?? ''}`);
    if (this.#state !== 'running' || this.#isHung) return;
    if (message.method === 'notifications/cancelled') this.#cancelled(message['params'] as Json);
    else if ('id' in message && !('method' in message)) this.server.answered(message, this);
    else if ('id' in message && 'method' in message)
      this.#asked({ ...(message as unknown as Request), params: (message['params'] ?? {}) as Json });
  }

  #cancelled({ requestId }: Json): void {
    for (const work of this.#works) {
      if (work.id === requestId) work.cancelled();
    }
  }

  #asked(request: Request): void {
    const { method, params, id } = request;
    const is2026 = this.server.revision === '2026-07-28';
    if (method === 'server/discover' && !is2026) {
      this.say({ jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } });
      return;
    }
    if (method === 'subscriptions/listen') return this.#listen(id, params);
    if (method === 'initialize' && !is2026) this.#hear();
    if (method === 'resources/subscribe') this.#uris.add(String(params['uri']));
    if (method === 'resources/unsubscribe') this.#uris.delete(String(params['uri']));
    if (method === 'initialize') this.#isAble = (params['capabilities'] as Json)['elicitation'] !== undefined;
    const plan = this.server.plan(request, this.#isAble && !is2026 ? this : undefined);
    const fault = draw(this.#world, plan);
    this.#world.note(`${this.server.name} > ${fault}`);
    const work = new Work(this, plan, fault);
    this.#works.add(work);
    this.#world.sources.add(work);
  }

  #listen(id: number | string, params: Json): void {
    const wanted = params['notifications'] as Json;
    const uris = (wanted['resourceSubscriptions'] ?? []) as readonly string[];
    const _meta = { [`${KEY}subscriptionId`]: id };
    if (this.#feed) this.server.feeds.delete(this.#feed);
    this.say(note('notifications/subscriptions/acknowledged', { _meta, notifications: wanted }));
    this.#feed = {
      listChanged: () => this.say(note('notifications/tools/list_changed', { _meta })),
      updated: (uri) => uris.includes(uri) && this.say(note('notifications/resources/updated', { _meta, uri })),
    };
    this.server.feeds.add(this.#feed);
  }

  #hear(): void {
    if (this.#feed) return;
    this.#feed = {
      listChanged: () => this.say(note('notifications/tools/list_changed', {})),
      updated: (uri) => this.#uris.has(uri) && this.say(note('notifications/resources/updated', { uri })),
    };
    this.server.feeds.add(this.#feed);
  }
}
