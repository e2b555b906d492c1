/** What happens around the gateway: time goes on, servers change their lists, restart, go away, and the operator changes the configuration. */
import type { FakeChild } from './child.ts';
import type { HttpHost } from './host.ts';
import type { House } from './house.ts';
import type { SimServer } from './offer.ts';
import { ALL, settingsFor, type SimServerSettings } from './settings.ts';
import type { Source, World } from './world.ts';

/** Goes on by steps that are mostly short, so that there is much to do between them. */
export class Clock implements Source {
  readonly weight = 5;
  readonly isReady = true;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    world.sources.add(this);
  }

  act(): void {
    const world = this.#world;
    const way = world.chance.below(20);
    if (world.isCalm) world.time.pass(1 + way);
    else if (way === 0) world.time.pass(500 + world.chance.below(4000));
    else if (way < 5) world.time.pass(50 + world.chance.below(400));
    else world.time.pass(1 + world.chance.below(30));
  }
}

export interface Around {
  readonly servers: readonly SimServer[];
  readonly hosts: readonly HttpHost[];
  readonly children: ReadonlyMap<number, FakeChild>;
}

export class Life implements Source {
  readonly weight = 2;
  readonly #house: House;
  readonly #world: World;
  readonly #around: Around;
  /** What is configured now. */
  #configured: readonly SimServerSettings[] = ALL;
  budget: number;

  constructor(house: House, around: Around, budget: number) {
    this.#house = house;
    this.#world = house.world;
    this.#around = around;
    this.budget = budget;
    this.#world.sources.add(this);
  }

  get isReady(): boolean {
    return this.budget > 0;
  }

  act(): void {
    this.budget -= 1;
    const { chance } = this.#world;
    const server = chance.one(this.#around.servers);
    if (chance.below(2) === 0 || this.#world.isCalm) {
      if (chance.below(2) === 0) server.changed();
      else server.updated(`note://${server.name}/one`);
      return;
    }
    const host = chance.one(this.#around.hosts);
    const way = chance.below(8);
    this.#world.note(`life ${way} ${server.name} ${host.server.name}`);
    if (way === 0) host.hangUp();
    else if (way === 1) host.restart();
    else if (way === 2) host.isDown = !host.isDown;
    else if (way === 3) [...this.#around.children.values()][0]?.kill();
    else if (way < 6) this.reconfigure();
    else if (way === 6) host.forget();
    else this.#house.burden(chance.one([0, 0, 1, 2, 3] as const));
  }

  /** All servers, as they were first, and nobody down. */
  async restore(): Promise<void> {
    this.budget = 0;
    for (const host of this.#around.hosts) host.isDown = false;
    for (const child of this.#around.children.values()) child.wake();
    this.#house.burden(0);
    this.#configured = ALL.map((server) => this.#configured.find(({ name }) => name === server.name) ?? server);
    await this.#house.reload(settingsFor(this.#configured, this.#world.temper === 'calm'));
  }

  reconfigure(): void {
    const { chance } = this.#world;
    const chosen = chance.one(ALL);
    const known = this.#configured.find(({ name }) => name === chosen.name);
    const others = this.#configured.filter((server) => server !== known);
    const next = { ...chosen, generation: 1 + this.#world.step };
    // Gone, come, or another under the same name.
    this.#configured = known && chance.below(2) === 0 ? others : [...others, next];
    void this.#house.reload(settingsFor(this.#configured, this.#world.temper === 'calm'));
  }
}
