/**
 * One run: the gateway among simulated servers and clients, everything that happens chosen by one seeded chance, then calm, in which all must come
 * to its end, recover, and leave nothing behind.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { Children } from './child.ts';
import { Client } from './client.ts';
import { HttpHost } from './host.ts';
import { House } from './house.ts';
import { Ledger } from './ledger.ts';
import { Clock, Life } from './life.ts';
import { SimServer } from './offer.ts';
import { closed, quiet } from './rest.ts';
import { ALL, DRAIN_MS, portOf, QUIET_MS, settingsFor, SLOTS } from './settings.ts';
import { DialSocket } from './sockets.ts';
import { World, type Temper, type Wrong } from './world.ts';

export interface Report {
  readonly seed: number;
  readonly temper: Temper;
  readonly steps: number;
  readonly calls: number;
  readonly ends: Readonly<Record<string, number>>;
  readonly wrongs: readonly Wrong[];
  /** Of all that happened: the same in every run of the seed. */
  readonly digest: string;
  readonly lines: readonly string[];
}

const MAIN_STEPS = 900;
const SLICE_MS = 250;
/** Longer than any deadline of the gateway. */
const PATIENCE_MS = 90_000;
/** After this long every server has been tried again. */
const RECOVERY_MS = 70_000;

export async function simulate(seed: number): Promise<Report> {
  const world = new World(seed);
  const failed = (error: unknown): void =>
    world.wrong(`unhandled: ${String(error instanceof Error ? error.stack : error)}`);
  process.on('unhandledRejection', failed);
  process.on('uncaughtException', failed);
  try {
    return await new Run(world).run();
  } finally {
    process.off('unhandledRejection', failed);
    process.off('uncaughtException', failed);
  }
}

class Run {
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #servers: ReadonlyMap<string, SimServer>;
  readonly #hosts: ReadonlyMap<number, HttpHost>;
  readonly #children: Children;
  readonly #clients: Client[] = [];
  readonly #clock: Clock;

  constructor(world: World) {
    this.#world = world;
    this.#clock = new Clock(world);
    this.#ledger = new Ledger(world);
    this.#servers = new Map(ALL.map((made) => [made.name, new SimServer(world, this.#ledger, made)]));
    const overHttp = ALL.filter(({ kind }) => kind === 'http');
    this.#hosts = new Map(overHttp.map(({ name }) => [portOf(name), new HttpHost(this.#server(name))]));
    this.#children = new Children(world, this.#servers);
  }

  async run(): Promise<Report> {
    const world = this.#world;
    const isCalm = world.temper === 'calm';
    const house = await House.open(world, {
      settings: settingsFor(ALL, isCalm),
      dial: ({ port }, events) => new DialSocket(world, this.#host(port), events).socket,
      processes: this.#children,
    });
    await this.#ready(house, isCalm);
    const life = new Life(
      house,
      { servers: [...this.#servers.values()], hosts: [...this.#hosts.values()], children: this.#children.alive },
      12,
    );
    for (let index = 0; index < 2 + world.chance.below(4); index += 1) this.#clients.push(this.#client(house, index));
    await this.#main();
    if (!isCalm && world.draws(25)) await this.#drain(house, life);
    else {
      await this.#settle();
      this.#judgeCalm(isCalm);
      await this.#recover(house, life);
      await this.#rest(house);
    }
    await this.#close(house);
    return this.#report();
  }

  /** In calm runs everything is there before anybody asks for it. */
  async #ready(house: House, isCalm: boolean): Promise<void> {
    const isReady = (): boolean => house.servers.status().every(({ state }) => state === 'ready');
    const most = isCalm ? 2000 : 100;
    for (let count = 0; count < most; count += 1) {
      if (isCalm && isReady()) return;
      await this.#step();
    }
    if (isCalm) this.#world.wrong('a server does not become ready');
  }

  #client(house: House, index: number): Client {
    const { chance } = this.#world;
    const names = ALL.map(({ name }) => name);
    return new Client(house, this.#ledger, {
      index,
      revision: chance.one(['2026-07-28', '2025-11-25'] as const),
      server: chance.below(3) === 0 ? chance.one(names) : undefined,
      names,
      budget: 10 + chance.below(20),
    });
  }

  async #main(): Promise<void> {
    for (let count = 0; count < MAIN_STEPS && this.#clients.some(({ budget }) => budget > 0); count += 1)
      await this.#step();
  }

  /** Nothing is broken any more, and what is under way comes to its end. */
  async #settle(): Promise<void> {
    const world = this.#world;
    world.isGentle = true;
    for (const client of this.#clients) client.budget = 0;
    const isOver = (): boolean => this.#clients.every(({ unanswered }) => unanswered === 0);
    const begun = world.time.elapsed();
    while (!isOver() && world.time.elapsed() - begun < PATIENCE_MS) {
      for (const client of this.#clients) client.readOn();
      await this.#calm();
    }
    for (const { canary, state } of this.#ledger.open) world.wrong(`${canary} never ends: ${state}`);
    if (!isOver()) world.wrong('a request is never answered');
  }

  #judgeCalm(isCalm: boolean): void {
    if (!isCalm) return;
    for (const { canary, end, state } of this.#ledger.calls.values())
      if (end !== 'result' && !this.#isAskedOfOlder(canary))
        this.#world.wrong(`${canary} fails although nothing was broken: ${end ?? state}`);
  }

  /** A question that cannot be carried is told. */
  #isAskedOfOlder(canary: string): boolean {
    return this.#ledger.calls.get(canary)?.end === 'told';
  }

  /** After all that has happened every server serves again, with all its slots at once. */
  async #recover(house: House, life: Life): Promise<void> {
    const world = this.#world;
    await life.restore();
    await this.#pass(RECOVERY_MS);
    const visitors = ALL.map(({ name }, i) => {
      const options = { index: 90 + i, revision: '2026-07-28', server: undefined, names: [name], budget: 0 } as const;
      return new Client(house, this.#ledger, options);
    });
    this.#clients.push(...visitors);
    // A list that could not be read is read again when somebody asks for it.
    for (const visitor of visitors) visitor.lists();
    await this.#settle();
    for (const { name, state, reason } of house.servers.status())
      if (state !== 'ready') world.wrong(`${name} does not recover: ${state} ${reason ?? ''}`);
    const calls = visitors.flatMap((visitor) => Array.from({ length: SLOTS }, () => visitor.call('echo')));
    await this.#settle();
    for (const { canary, end, state } of calls)
      if (end !== 'result') world.wrong(`${canary} fails although all is well again: ${end ?? state}`);
  }

  /** Everybody has gone. */
  async #rest(house: House): Promise<void> {
    for (const client of this.#clients) client.quit();
    await this.#pass(QUIET_MS);
    quiet(house, { children: this.#children, hosts: [...this.#hosts.values()] });
  }

  /** In the middle of everything, though nothing more breaks. */
  async #drain(house: House, life: Life): Promise<void> {
    const world = this.#world;
    life.reconfigure();
    await this.#step();
    world.note('drains');
    const begun = world.time.elapsed();
    await this.#until(house.drain(), 'draining');
    if (world.time.elapsed() - begun > DRAIN_MS + 1000) world.wrong('draining takes longer than it may');
    await this.#step();
    for (const { canary } of this.#ledger.open) world.wrong(`${canary} is open after draining`);
    if (house.data.connections > 0) world.wrong('a connection is open after draining');
  }

  async #close(house: House): Promise<void> {
    await this.#until(house.close(), 'closing');
    for (const client of this.#clients) client.quit();
    await this.#pass(1000);
    closed(house, { children: this.#children, hosts: [...this.#hosts.values()] });
  }

  async #until(work: Promise<void>, what: string): Promise<void> {
    const world = this.#world;
    const progress = { isDone: false };
    const done = (): void => {
      progress.isDone = true;
    };
    work.then(done, (error: unknown) => {
      world.wrong(`${what} fails: ${String(error)}`);
      done();
    });
    world.isGentle = true;
    const begun = world.time.elapsed();
    await turn();
    while (!progress.isDone && world.time.elapsed() - begun < PATIENCE_MS) await this.#step();
    if (!progress.isDone) world.wrong(`${what} never ends`);
  }

  async #pass(ms: number): Promise<void> {
    const end = this.#world.time.elapsed() + ms;
    while (this.#world.time.elapsed() < end) await this.#calm();
  }

  /** All that can happen happens, then a little time passes. */
  async #calm(): Promise<void> {
    const world = this.#world;
    world.sources.delete(this.#clock);
    for (let next = world.choose(); next; next = world.choose()) {
      world.step += 1;
      next.act();
      await turn();
    }
    world.time.pass(SLICE_MS);
    world.sources.add(this.#clock);
    await turn();
  }

  async #step(): Promise<void> {
    this.#world.step += 1;
    this.#world.choose()?.act();
    await turn();
  }

  #report(): Report {
    const { seed, temper, step, wrongs, digest, lines } = this.#world;
    const ends: Record<string, number> = {};
    for (const { end, state } of this.#ledger.calls.values()) ends[end ?? state] = (ends[end ?? state] ?? 0) + 1;
    return { seed, temper, steps: step, calls: this.#ledger.calls.size, ends, wrongs, digest, lines };
  }

  #server(name: string): SimServer {
    const server = this.#servers.get(name);
    if (!server) throw new Error(`no server ${name}`);
    return server;
  }

  #host(port: number): HttpHost {
    const host = this.#hosts.get(port);
    if (!host) throw new Error(`nobody at ${port}`);
    return host;
  }
}
