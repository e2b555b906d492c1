/** Puts a gateway together and starts it. The one place that knows every part; nothing here decides about a call. */
import type { Load } from '../core/load.ts';
import { anonymous } from '../auth/inbound/anonymous.ts';
import type { Identity } from '../core/ports/identity.ts';
import type { Log } from '../core/ports/log.ts';
import type { Settings } from '../core/settings.ts';
import { Snapshots } from '../core/snapshot.ts';
import { compile, type Engine } from '../config/compile.ts';
import type { ConfigSource, Problem } from '../config/source.ts';
import { Streams } from '../dispatch/listen.ts';
import { Budget } from '../kernel/bounded.ts';
import { Skim } from '../kernel/skim/skim.ts';
import { systemTime } from '../kernel/time.ts';
import { Routes } from '../net/dial.ts';
import type { Metrics } from '../observe/metrics.ts';
import { sealer } from '../seal/seal.ts';
import { SpareBlocks } from '../upstream/link/blocks.ts';
import { Guardian } from '../upstream/link/process-guardian.ts';
import { systemProcesses } from '../upstream/link/process.ts';
import type { Environment } from '../upstream/mcp/environment.ts';
import { Parking } from '../upstream/mcp/parking.ts';
import { Output } from '../wire/http1/output.ts';
import { Parsers } from '../wire/http1/parser.ts';
import { ControlPlane, type Live } from './control-plane.ts';
import { DataPlane } from './data-plane.ts';
import type { Gateway, ServerStatus } from './gateway.ts';
import { Overload } from './overload.ts';
import { PipePlane, type Pipes } from './pipe-plane.ts';
import type { Plane } from './plane.ts';
import { Reload } from './reload.ts';
import { Servers } from './servers.ts';
import { NAME, VERSION } from './version.ts';

export interface BootOptions {
  readonly source: ConfigSource;
  readonly log: Log;
  readonly meter: Metrics;
  /** One client on these instead of listeners: no address is opened, not even for health. */
  readonly pipes?: Pipes;
  /** Who requests come from, where that is not for the configuration to say. */
  readonly identity?: Identity;
  /** Takes the next free port where one is busy. */
  readonly freePorts?: boolean;
  /** What every child process sees besides its own settings. */
  readonly childEnvironment?: Readonly<Record<string, string>>;
}

/** The configuration cannot be used; nothing was started. */
export class BadConfig extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('The configuration has errors.');
    this.problems = problems;
  }
}

/** @throws BadConfig; an error of the system where an address cannot be listened on. */
export async function boot(options: BootOptions): Promise<Gateway> {
  const { source } = options;
  const loaded = await source.load();
  if (!loaded.ok) throw new BadConfig(loaded.problems);
  const parts = await assemble(options, loaded.settings);
  const stopWatching = source.watch(() => void parts.reload.run());
  let closing: Promise<void> | undefined;
  if (parts.control) options.log.info({ data: parts.data.url, admin: parts.control.url }, 'listening');
  const close = async (): Promise<void> => {
    parts.load.isDraining = true;
    stopWatching();
    await Promise.all([parts.data.drain(), parts.reload.close()]);
    parts.overload.close();
    await Promise.all([parts.servers.close(), parts.control?.close()]);
    parts.guardian.close();
    options.meter.close();
    options.log.info({}, 'stopped');
  };
  return {
    dataUrl: parts.data.url,
    adminUrl: parts.control?.url ?? '',
    client: parts.data instanceof PipePlane ? parts.data.front : undefined,
    servers: () => parts.servers.status(),
    onServer: (listener) => {
      parts.listeners.add(listener);
      return () => parts.listeners.delete(listener);
    },
    settled: () => parts.servers.settled(),
    close: () => (closing ??= close()),
  };
}

interface Parts {
  readonly load: Load;
  readonly overload: Overload;
  readonly data: Plane;
  readonly control: ControlPlane | undefined;
  readonly servers: Servers;
  readonly reload: Reload;
  readonly guardian: Guardian;
  readonly listeners: Set<(status: ServerStatus) => void>;
}

/** What the gateway calls itself. */
const SERVER_INFO = { name: NAME, title: 'Gatehouse', version: VERSION };

async function assemble(options: BootOptions, settings: Settings): Promise<Parts> {
  const { log, meter, source, pipes, freePorts = false, childEnvironment = {} } = options;
  const [time, { bounds }] = [systemTime(), settings];
  const guardian = new Guardian({ time, log });
  const counts = { children: 0, sessions: 0, legs: 0, parked: 0 };
  const engine: Engine = { time, log, meter, counts, seal: sealer(settings.sealKeys), serverInfo: SERVER_INFO };
  const buffered = new Budget(bounds.bufferedBytes);
  const parsers = new Parsers();
  const output = new Output(time);
  const skim = new Skim();
  const listeners = new Set<(status: ServerStatus) => void>();
  const environment = {
    time,
    log,
    buffered,
    blocks: new SpareBlocks(time),
    skim,
    parsers,
    output,
    processes: systemProcesses,
    clientInfo: JSON.stringify(SERVER_INFO),
    guardian,
    childEnvironment,
    bounds,
    counts,
    parking: new Parking({ time, bounds, counts }),
  };
  // Streams look endpoints up in whatever Snapshot is in force then.
  const streams = new Streams((address) => snapshots.current.endpoints.get(address), log);
  const servers = new Servers({
    engine,
    environment,
    routes: new Routes(),
    listEntries: bounds.listEntries,
    listChanged: (server, kind) => streams.listChanged(server, kind),
    statusChanged: (status) => {
      for (const listener of listeners) listener(status);
    },
  });
  servers.reconcile(settings);
  const snapshots = new Snapshots(compile(settings, servers.running, engine));
  const load: Load = { rung: 0, isDraining: false };
  const live: Live = {};
  const overload = new Overload({ time, log, load, changed: (rung) => live.data?.relieve(rung) });
  const here = { settings, time, log, load, buffered, parsers, output, freePorts };
  const opening = { ...here, snapshots, streams, counts, skim, identity: options.identity ?? anonymous };
  const watched = { ...here, servers, overload, live, meter };
  const control = pipes ? undefined : await orClose(ControlPlane.open(watched), () => overload.close());
  const closeAll = (): Promise<void> | undefined => {
    overload.close();
    return control?.close();
  };
  const data = pipes ? new PipePlane(pipes, opening) : await orClose(DataPlane.open(opening), closeAll);
  // Whoever cannot listen has started nobody.
  servers.start();
  const reload = new Reload({ source, servers, snapshots, streams, data, engine, log, started: settings });
  Object.assign(live, { data, reload });
  register(meter, { data, load, servers, snapshots, buffered, counts });
  return { load, overload, data, control, servers, reload, guardian, listeners };
}

interface Measured {
  readonly load: Load;
  readonly data: Plane;
  readonly servers: Servers;
  readonly snapshots: Snapshots;
  readonly buffered: Budget;
  readonly counts: Environment['counts'] & Engine['counts'];
}

function register(meter: Metrics, { data, load, servers, snapshots, buffered, counts }: Measured): void {
  meter.gauge('gatehouse_server_up', () =>
    servers.status().map(({ name, state }) => [{ gatehouse_server: name }, state === 'ready' ? 1 : 0]),
  );
  meter.gauge('gatehouse_connections', () => data.connections);
  meter.gauge('gatehouse_sessions', () => data.sessions);
  meter.gauge('gatehouse_streams', () => data.streams);
  meter.gauge('gatehouse_legs', () => counts.legs);
  meter.gauge('gatehouse_parked_calls', () => counts.parked);
  meter.gauge('gatehouse_children', () => counts.children);
  meter.gauge('gatehouse_snapshots', () => snapshots.alive);
  meter.gauge('gatehouse_overload', () => load.rung);
  meter.gauge('gatehouse_buffered_bytes', () => buffered.held);
}

/** Nothing that was started stays when something after it fails. */
async function orClose<T>(opening: Promise<T>, close: () => Promise<void> | undefined | void): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    await close();
    throw error;
  }
}
