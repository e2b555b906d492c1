/** What the simulated gateway is configured with, small enough that its bounds are met; one setting of it can be another after a reload. */
import type {
  BoundSettings,
  HttpServerSettings,
  ServerSettings,
  Settings,
  StdioServerSettings,
} from '../../src/core/settings.ts';
import type { Revision } from './offer.ts';

export interface SimServerSettings {
  readonly name: string;
  readonly kind: 'http' | 'stdio';
  readonly revision: Revision;
  /** Another makes it another server. */
  readonly generation: number;
}

export const ALL: readonly SimServerSettings[] = [
  { name: 'alder', kind: 'http', revision: '2026-07-28', generation: 0 },
  { name: 'birch', kind: 'http', revision: '2025-11-25', generation: 0 },
  { name: 'cedar', kind: 'stdio', revision: '2026-07-28', generation: 0 },
  { name: 'douglas', kind: 'stdio', revision: '2025-11-25', generation: 0 },
];

export const SLOTS = 3;
export const SESSION_IDLE_MS = 20_000;
export const DRAIN_MS = 5000;
/** Longer than everything that ends by itself when nobody does anything. */
export const QUIET_MS = 100_000;

export const BOUNDS: BoundSettings = {
  headerBytes: 4096,
  headers: 40,
  targetBytes: 500,
  bodyBytes: 20_000,
  bufferedBytes: 1_000_000,
  jsonDepth: 32,
  headerTimeoutMs: 2000,
  bodyTimeoutMs: 3000,
  idleTimeoutMs: 8000,
  drainTimeoutMs: DRAIN_MS,
  connections: 1000,
  connectionsPerAddress: 8,
  inFlight: 30,
  sessions: 5,
  sessionIdleMs: SESSION_IDLE_MS,
  resultBytes: 100_000,
  streamQueueBytes: 30_000,
  listEntries: 100,
  children: 6,
  lineBytes: 100_000,
  parked: 1000,
  parkedPerCaller: 20,
  parkedTimeoutMs: 6000,
  replayBytes: 20_000,
};

/** @param isCalm with deadlines that nobody meets. */
export function settingsFor(servers: readonly SimServerSettings[], isCalm: boolean): Settings {
  const roomy = { headerTimeoutMs: 600_000, bodyTimeoutMs: 600_000, idleTimeoutMs: 600_000 };
  const large = {
    inFlight: 1000,
    sessions: 100,
    connectionsPerAddress: 100,
    bufferedBytes: 50_000_000,
    streamQueueBytes: 1_000_000,
    parkedTimeoutMs: 60_000,
  };
  return {
    listen: {
      address: { host: '127.0.0.1', port: 8080 },
      publicUrl: undefined,
      hosts: [],
      origins: [],
      trustedProxies: [],
      tls: undefined,
    },
    admin: { host: '127.0.0.1', port: 8081 },
    health: undefined,
    servesSse: false,
    names: { separator: '__', max: 64 },
    bounds: isCalm ? { ...BOUNDS, ...roomy, ...large } : BOUNDS,
    servers: servers.map((server) => serverSettings(server, isCalm)),
    sealKeys: [],
    log: { level: 'info', format: 'json' },
  };
}

export const portOf = (name: string): number => 7001 + ALL.findIndex((server) => server.name === name);

function serverSettings({ name, kind, generation }: SimServerSettings, isCalm: boolean): ServerSettings {
  const shared = {
    name,
    protocol: 'auto',
    connectTimeoutMs: isCalm ? 600_000 : 2000,
    firstByteTimeoutMs: isCalm ? 600_000 : 4000,
    idleTimeoutMs: isCalm ? 600_000 : 4000,
    timeoutMs: isCalm ? 600_000 : 10_000,
    concurrency: SLOTS,
    affinity: 'caller',
    roots: 'none',
    tags: [],
    owner: undefined,
    description: undefined,
    disabled: false,
  } as const;
  if (kind === 'http')
    return {
      ...shared,
      kind: 'http',
      url: `http://10.77.0.1:${portOf(name)}/mcp`,
      headers: { 'x-generation': `secret-header-${generation}` },
      tls: undefined,
      proxy: undefined,
    } satisfies HttpServerSettings;
  return {
    ...shared,
    kind: 'stdio',
    command: '/opt/simbin',
    args: [String(generation)],
    env: {},
    cwd: '/',
    process: 'shared',
  } satisfies StdioServerSettings;
}
