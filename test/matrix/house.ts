/**
 * Everything that stands while the matrix runs: a world and a fixture for each of the 25 pairs, one gateway for all edges over HTTP, and one
 * `gatehouse stdio` for each edge on a pipe, at whose one endpoint its five servers are offered together.
 */
import { join } from 'node:path';
import { startGateway } from '../fixtures/gateway.ts';
import type { RunningGateway } from '../fixtures/gateway.ts';
import type { Fields } from '../fixtures/conformance/message.ts';
import { facts, faces } from './cells.ts';
import type { Face } from './cells.ts';
import { HttpSessionsWire } from './client/http-sessions.ts';
import { HttpStatelessWire } from './client/http-stateless.ts';
import { PipeWire } from './client/pipe.ts';
import { SessionsClient } from './client/sessions.ts';
import { SseWire } from './client/sse.ts';
import { StatelessClient } from './client/stateless.ts';
import type { Client } from './client/client.ts';
import type { Wire } from './client/wire.ts';
import { ableOf, Pair } from './pair.ts';
import { serveSessions } from './upstream/http-sessions.ts';
import { serveStateless } from './upstream/http-stateless.ts';
import { serveSse } from './upstream/sse.ts';
import { openGate, World } from './world.ts';

const fixture = join(import.meta.dirname, 'upstream/main.ts');

export interface House extends AsyncDisposable {
  /** Opens what is not open yet. Rejects with the reason that no cell of the pair can run. */
  enter(client: Face, upstream: Face): Promise<Pair>;
  /** What the gateways wrote, for whoever looks into a failure. */
  output(): string;
}

/** @param edges those that are wanted; for the others nothing is started. */
export async function openHouse(edges: readonly Face[]): Promise<House> {
  await using building = new AsyncDisposableStack();
  const worlds = new Map<string, World>();
  const gate = building.use(await openGate(worlds));
  const servers = new Map<Face, Record<string, Fields>>();
  for (const edge of edges) servers.set(edge, await serversOf(edge, { worlds, port: gate.port, building }));
  const overHttp = edges.filter(({ transport }) => transport !== 'stdio').map((edge) => servers.get(edge));
  const config = { servers: Object.assign({}, ...overHttp) as Fields, legacySse: true };
  // What one of its servers cannot do is for the cells to say.
  const gateway = overHttp.length > 0 ? building.use(await startGateway(config, { unavailable: 'any' })) : undefined;
  return new Standing({ worlds, servers, gateway, stack: building.move() });
}

interface Built {
  readonly worlds: ReadonlyMap<string, World>;
  readonly servers: ReadonlyMap<Face, Fields>;
  readonly gateway: RunningGateway | undefined;
  readonly stack: AsyncDisposableStack;
}

class Standing implements House {
  readonly #built: Built;
  readonly #open = new Map<string, Promise<Client>>();
  readonly #pipes: PipeWire[] = [];

  constructor(built: Built) {
    this.#built = built;
  }

  async enter(edge: Face, upstream: Face): Promise<Pair> {
    const name = nameOf(edge, upstream);
    const piped = edge.transport === 'stdio';
    // On a pipe one client meets all upstreams.
    const key = piped ? edge.name : name;
    const client = this.#open.get(key) ?? connect(edge, this.#wire(edge, name));
    this.#open.set(key, client);
    const world = this.#built.worlds.get(name);
    if (!world) throw new Error(`${name} was not built`);
    const other = piped ? undefined : (able: Fields) => connect(edge, this.#wire(edge, name), able);
    return new Pair(await client, { upstream, world, prefix: piped ? `${name}__` : '', other });
  }

  output(): string {
    return [this.#built.gateway?.output ?? '', ...this.#pipes.map(({ errors }) => errors)].join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const clients = await Promise.allSettled(this.#open.values());
    const open = clients.filter((client) => client.status === 'fulfilled');
    await Promise.all(open.map(({ value }) => value.close()));
    await Promise.all(this.#pipes.map((pipe) => pipe.close()));
    await this.#built.stack.disposeAsync();
  }

  #wire(edge: Face, name: string): Wire {
    const route = `${this.#built.gateway?.url}/servers/${name}`;
    if (edge.transport === 'sse') return new SseWire(`${route}/sse`);
    if (edge.transport === 'http') return httpWire(edge, `${route}/mcp`);
    const pipe = new PipeWire({ servers: this.#built.servers.get(edge) ?? {} });
    this.#pipes.push(pipe);
    return pipe;
  }
}

function httpWire({ revision }: Face, url: string): Wire {
  return facts[revision].sessions ? new HttpSessionsWire(url) : new HttpStatelessWire(url);
}

async function connect(face: Face, wire: Wire, able = ableOf(face)): Promise<Client> {
  const client = facts[face.revision].sessions ? new SessionsClient(face, wire) : new StatelessClient(face, wire);
  await client.open(able);
  return client;
}

/** The key of the server in its configuration: `c26h-u25s`. */
function nameOf(edge: Face, upstream: Face): string {
  const short = ({ revision, transport }: Face): string => `${revision.slice(2, 4)}${transport[0]}`;
  return `c${short(edge)}-u${short(upstream)}`;
}

interface Ground {
  readonly worlds: Map<string, World>;
  readonly port: number;
  readonly building: AsyncDisposableStack;
}

async function serversOf(edge: Face, ground: Ground): Promise<Record<string, Fields>> {
  const servers: Record<string, Fields> = {};
  for (const upstream of faces) {
    const world = new World(nameOf(edge, upstream));
    ground.worlds.set(world.name, world);
    servers[world.name] = await serverOf(upstream, world, ground);
  }
  return servers;
}

/** What the configuration says of the server, once it stands. Servers with sessions get the roots of their callers only where that is said. */
async function serverOf({ revision, transport }: Face, world: World, { port, building }: Ground): Promise<Fields> {
  const roots = facts[revision].sessions ? { roots: 'relay' } : {};
  if (transport === 'stdio')
    return { command: process.execPath, args: [fixture, world.name, revision, String(port)], ...roots };
  const serve = transport === 'sse' ? serveSse : facts[revision].sessions ? serveSessions : serveStateless;
  const { origin } = building.use(await serve(world));
  return { url: `${origin}${transport === 'sse' ? '/sse' : '/mcp'}`, ...roots };
}
