/** Settings become a Snapshot: every endpoint with its pipeline composed, once. What runs and lasts (servers, catalogs) is handed in. */
import { Directory } from '../catalog/directory.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Endpoint, SsePath } from '../core/endpoint.ts';
import type { Log } from '../core/ports/log.ts';
import type { Meter } from '../core/ports/meter.ts';
import type { Seal } from '../core/ports/seal.ts';
import type { ServerSettings, Settings } from '../core/settings.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { Layer } from '../core/stage.ts';
import { discover } from '../dispatch/discover.ts';
import { list } from '../dispatch/list.ts';
import { shaping, single } from '../dispatch/single.ts';
import type { Time } from '../kernel/time.ts';
import { arranged, build } from '../pipeline/build.ts';
import { inbound, outbound } from '../pipeline/order.ts';
import { serve } from '../pipeline/serve.ts';
import { attempt } from '../stages/attempt.ts';
import { concurrency } from '../stages/concurrency.ts';
import { deadline } from '../stages/deadline.ts';
import { record } from '../stages/record.ts';
import { resolve } from '../stages/resolve.ts';
import type { NameRule } from '../protocol/names.ts';

/** A server that runs, with what every endpoint before it shares. */
export interface Running {
  readonly name: string;
  readonly catalog: Catalog;
  /** What a call to it goes through, from whichever endpoint. */
  readonly outbound: readonly Layer[];
}

export interface Engine {
  readonly time: Time;
  readonly log: Log;
  readonly meter: Meter;
  readonly seal: Seal;
  readonly counts: { legs: number };
  /** What the gateway calls itself where it speaks for several servers. */
  readonly serverInfo: Readonly<Record<string, string>>;
}

/** Calls that may wait for one server, as a multiple of those that may run. */
const WAITING = 20;

/** One server's way from a resolved call to its answer; what it counts is counted for all endpoints together. */
export function outboundFor(settings: ServerSettings, engine: Engine): Layer[] {
  const { time, meter, counts } = engine;
  const slots = settings.concurrency;
  const stages = {
    deadline: deadline({ totalMs: settings.timeoutMs }, time),
    concurrency: concurrency({ slots, waiting: slots * WAITING }),
    attempt: attempt({ server: settings.name, meter, counts }, time),
  };
  return arranged(outbound, stages);
}

export function compile(settings: Settings, running: readonly Running[], engine: Engine): Snapshot {
  const endpoints = new Map<string, Endpoint>();
  endpoints.set('/mcp', endpoint('/mcp', running, { engine, rule: settings.names }));
  for (const one of running) {
    const own = endpoint(`/servers/${one.name}/mcp`, [one], { engine, rule: undefined });
    endpoints.set(own.address, own);
    endpoints.set(`/adapters/${one.name}/mcp`, own);
  }
  return { endpoints, sse: settings.servesSse ? ssePaths(endpoints, settings.listen.publicUrl) : new Map() };
}

/** `/sse` and `/messages` for each `/mcp`. Clients resolve the latter against a URL that has the public prefix, so it is told with it. */
function ssePaths(endpoints: Snapshot['endpoints'], publicUrl: string | undefined): Map<string, SsePath> {
  const prefix = publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/$/u, '');
  const paths = new Map<string, SsePath>();
  for (const [path, served] of endpoints) {
    const stem = path.slice(0, -'mcp'.length);
    const messages = `${stem}messages`;
    const both = { endpoint: served, messages: prefix + messages };
    paths.set(`${stem}sse`, { ...both, path: `${stem}sse`, takes: 'GET' });
    paths.set(messages, { ...both, path: messages, takes: 'POST' });
  }
  return paths;
}

interface Making {
  readonly engine: Engine;
  /** `undefined`: one server under its own names. */
  readonly rule: NameRule | undefined;
}

function endpoint(address: string, running: readonly Running[], { engine, rule }: Making): Endpoint {
  const { time, meter, log, seal, serverInfo } = engine;
  const directory = new Directory(
    running.map(({ catalog }) => catalog),
    rule,
    log,
  );
  const upstreams = running.map(({ catalog }) => catalog.upstream);
  const isMerged = rule !== undefined;
  const chains = new Map(
    running.map((one) => {
      const layers = [shaping({ server: one.name, directory, seal, time, isMerged }), ...one.outbound];
      return [one.name, build(layers, one.catalog.upstream.serve)];
    }),
  );
  const dispatchers = {
    single: single({ chains, seal, time, isMerged }),
    list: list(directory, seal),
    discover: discover({ upstreams, serverInfo: rule ? serverInfo : 'upstream', time }),
  };
  return {
    address,
    isMerged,
    upstreams,
    serve: serve(arranged(inbound, { record: record(meter, time), resolve: resolve(directory) }), dispatchers, log),
    tool: (name) => directory.known('tools', name)?.entry,
    offers: (feature) => directory.offers(feature),
    place: async (uri) => {
      const placed = await directory.place(uri);
      return placed && { upstream: placed.catalog.upstream, uri: placed.uri };
    },
    publicUri: (server, uri) => directory.publicUri(server, uri),
  };
}
