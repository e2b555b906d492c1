/** The whole gateway, put together as `src/app/boot.ts` does, but on a clock that is turned, on sockets without a network and on children without processes. */
import { anonymous } from '../../src/auth/inbound/anonymous.ts';
import { Server } from 'node:net';
import { DataPlane } from '../../src/app/data-plane.ts';
import { Reload } from '../../src/app/reload.ts';
import { Servers } from '../../src/app/servers.ts';
import { compile, type Engine } from '../../src/config/compile.ts';
import type { ConfigSource } from '../../src/config/source.ts';
import type { Load, Rung } from '../../src/core/load.ts';
import type { Log } from '../../src/core/ports/log.ts';
import type { Settings } from '../../src/core/settings.ts';
import { Snapshots } from '../../src/core/snapshot.ts';
import { Streams } from '../../src/dispatch/listen.ts';
import { Budget } from '../../src/kernel/bounded.ts';
import { Skim } from '../../src/kernel/skim/skim.ts';
import { Routes, type Route } from '../../src/net/dial.ts';
import { Metrics } from '../../src/observe/metrics.ts';
import { sealer } from '../../src/seal/seal.ts';
import { SpareBlocks } from '../../src/upstream/link/blocks.ts';
import type { Processes } from '../../src/upstream/link/process.ts';
import { Parking } from '../../src/upstream/mcp/parking.ts';
import type { Dial } from '../../src/wire/http1/client.ts';
import { Output } from '../../src/wire/http1/output.ts';
import { Parsers } from '../../src/wire/http1/parser.ts';
import type { ClientSocket } from './sockets.ts';
import type { World } from './world.ts';

/** Costly to make, and the same for every run; what a run borrows it must give back. */
const parsers = new Parsers();
const skim = new Skim();

export interface HouseOptions {
  readonly settings: Settings;
  readonly dial: Dial;
  readonly processes: Processes;
}

export class House {
  readonly world: World;
  readonly counts = { children: 0, sessions: 0, legs: 0, parked: 0 };
  readonly buffered: Budget;
  readonly output: Output;
  readonly servers: Servers;
  readonly snapshots: Snapshots;
  readonly streams: Streams;
  readonly load: Load = { rung: 0, isDraining: false };
  readonly #meter: Metrics;
  readonly #engine: Engine;
  #settings: Settings;
  #data: DataPlane | undefined;
  #reload: Reload | undefined;
  #listener: Server | undefined;

  private constructor(world: World, { settings, dial, processes }: HouseOptions) {
    const { time } = world;
    const { bounds } = settings;
    const log = logOf(world);
    const serverInfo = { name: 'gatehouse', title: 'Gatehouse', version: '0' };
    this.world = world;
    this.#settings = settings;
    this.#meter = new Metrics(time);
    this.#engine = { time, log, meter: this.#meter, counts: this.counts, seal: sealer([]), serverInfo };
    const engine = this.#engine;
    this.buffered = new Budget(bounds.bufferedBytes);
    this.output = new Output(time);
    const clientInfo = JSON.stringify(serverInfo);
    const { buffered, counts } = this;
    this.streams = new Streams((address) => this.snapshots.current.endpoints.get(address), log);
    this.servers = new Servers({
      engine,
      environment: {
        time,
        log,
        buffered,
        blocks: new SpareBlocks(time),
        skim,
        parsers,
        output: this.output,
        processes,
        clientInfo,
        bounds,
        counts,
        parking: new Parking({ time, bounds, counts }),
        guardian: { guard: () => undefined, release: () => undefined },
        childEnvironment: {},
      },
      routes: new SimRoutes(dial),
      listEntries: bounds.listEntries,
      listChanged: (server, kind) => this.streams.listChanged(server, kind),
      statusChanged: ({ name, state }) => world.note(`${name} is ${state}`),
    });
    this.servers.reconcile(settings);
    this.snapshots = new Snapshots(compile(settings, this.servers.running, engine));
  }

  static async open(world: World, options: HouseOptions): Promise<House> {
    const house = new House(world, options);
    const { snapshots, streams, buffered, servers } = house;
    const { settings } = options;
    const { time } = world;
    const log = logOf(world);
    const opening = {
      settings,
      snapshots,
      streams,
      time,
      log,
      load: house.load,
      counts: house.counts,
      buffered,
      parsers,
      output: house.output,
      skim,
      identity: anonymous,
      freePorts: false,
    };
    const data = await house.#listenNowhere(() => DataPlane.open(opening));
    servers.start();
    const source: ConfigSource = {
      load: () => Promise.resolve({ ok: true, settings: house.#settings, warnings: [] }),
      watch: () => () => undefined,
    };
    house.#data = data;
    const engine = house.#engine;
    house.#reload = new Reload({ source, servers, snapshots, streams, data, engine, log, started: settings });
    return house;
  }

  get data(): DataPlane {
    if (!this.#data) throw new Error('not open');
    return this.#data;
  }

  /** Parsers that are lent. */
  get lent(): number {
    return parsers.lent;
  }

  accept(socket: ClientSocket): void {
    this.#listener?.emit('connection', socket);
  }

  /** As much is asked of the process. */
  burden(rung: Rung): void {
    this.load.rung = rung;
    this.data.relieve(rung);
  }

  reload(settings: Settings): Promise<void> {
    this.#settings = settings;
    return this.#reload?.run() ?? Promise.resolve();
  }

  async drain(): Promise<void> {
    await this.#reload?.close();
    await this.data.drain();
  }

  async close(): Promise<void> {
    await this.drain();
    await this.servers.close();
    this.#meter.close();
  }

  /** No port is opened: clients come through `accept`. */
  async #listenNowhere<T>(open: () => Promise<T>): Promise<T> {
    const real = Object.getOwnPropertyDescriptor(Server.prototype, 'listen') ?? {};
    const keep = (listener: Server): void => {
      this.#listener = listener;
    };
    const listen = function listenNowhere(this: Server, ...given: unknown[]): Server {
      keep(this);
      queueMicrotask(given.find((one) => typeof one === 'function') as () => void);
      return this;
    };
    Object.defineProperty(Server.prototype, 'listen', { ...real, value: listen });
    try {
      return await open();
    } finally {
      Object.defineProperty(Server.prototype, 'listen', real);
    }
  }
}

/** Every way leads to simulated servers. */
class SimRoutes extends Routes {
  readonly #dial: Dial;

  constructor(dial: Dial) {
    super();
    this.#dial = dial;
  }

  override route(): Route {
    return Object.defineProperty(super.route(), 'dial', { value: this.#dial });
  }
}

/** What the gateway itself calls a mistake is one. */
function logOf(world: World): Log {
  const kept =
    (level: string): Log['info'] =>
    ({ reason, kind }, message) =>
      world.note(`${level}: ${message} ${JSON.stringify(reason ?? kind ?? '')}`);
  const error: Log['error'] = (fields, message) =>
    world.wrong(`${message}: ${JSON.stringify(fields['detail'] ?? '').slice(0, 600)}`);
  return { debug: kept('debug'), info: kept('info'), warn: kept('warn'), error };
}
