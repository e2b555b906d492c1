/**
 * The one schema of a configuration: what `check` holds a file to, and what `gatehouse schema` prints for editors. Rules between keys are
 * in `check.ts`, keys of later versions in `later.ts`.
 */
import { z } from 'zod';
import {
  address,
  choice,
  count,
  duration,
  flag,
  freeMap,
  headerFault,
  host,
  loopback,
  network,
  only,
  parsed,
  proxy,
  serverName,
  size,
  text,
  webOrigin,
  webUrl,
} from './leaves.ts';

/** A server's key is the beginning of every public name; it holds no `_`, so that the first separator always ends it. */
export const SERVER_NAME = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;

/** The texts of files by now: `certificates.ts` has put them in place of their names. */
const pem = () => text(1024 * 1024);

const listenTls = z.strictObject({
  cert: pem().describe(
    'PEM file: the certificate, then those between it and its authority. Read again when it changes.',
  ),
  key: pem().describe('PEM file. Read again when it changes.'),
  clientCa: pem().optional().describe('PEM file: the authorities that certificates of clients are checked against.'),
  clientAuth: choice(['none', 'request', 'require'])
    .prefault('none')
    .describe('Whether clients show a certificate; require counts as authentication.'),
});

const serverTls = z.strictObject({
  ca: pem().optional().describe("PEM file: authorities instead of the system's."),
  cert: pem().optional().describe('PEM file: what this gateway shows.'),
  key: pem().optional().describe('PEM file: the key of cert.'),
  serverName: serverName().optional().describe('The name in the certificate, where it is not the one in url.'),
});

const listenBlock = z.strictObject({
  address: address().prefault('127.0.0.1:8080').describe('Where clients connect.'),
  publicUrl: webUrl({ query: false })
    .optional()
    .describe('How clients see it; its path is a prefix that the proxy in front has cut off.'),
  hosts: z
    .array(host())
    .max(100)
    .prefault([])
    .describe('Further values of Host that are answered; without a port any port fits.'),
  origins: z.array(webOrigin()).max(100).prefault([]).describe('Further web origins that may call; any other is 403.'),
  trustedProxies: z
    .array(network())
    .max(100)
    .prefault([])
    .describe('Networks of proxies in front whose X-Forwarded-For and X-Forwarded-Proto count.'),
  tls: listenTls.optional().describe('Without it connections are plain.'),
});

const bounds = z.strictObject({
  headerBytes: size(['1KiB', '1MiB']).prefault('16KiB').describe('Over: 431.'),
  headers: count(10, 1000).prefault(100).describe('Over: 431.'),
  targetBytes: size(['256B', '64KiB']).prefault('8KiB').describe('Over: 414.'),
  bodyBytes: size(['1KiB', '1GiB']).prefault('4MiB').describe('Over: 413, read no further.'),
  bufferedBytes: size(['1MiB', '64GiB']).prefault('256MiB').describe('All bodies and results held at once; over: 503.'),
  jsonDepth: count(8, 1000).prefault(64),
  headerTimeout: duration(['100ms', '10m'])
    .prefault('10s')
    .describe('From the first byte of a request to the end of its head; over: 408.'),
  bodyTimeout: duration(['100ms', '1h']).prefault('30s').describe('Over: 408.'),
  idleTimeout: duration(['1s', '1d']).prefault('60s').describe('A connection between requests.'),
  drainTimeout: duration(['0s', '1h']).prefault('30s').describe('Then what is still open is closed.'),
  connections: count(1, 1_000_000).prefault(10_000).describe('Over: not accepted.'),
  connectionsPerAddress: count(1, 1_000_000).prefault(200).describe('Over: closed at once.'),
  inFlight: count(1, 1_000_000).prefault(2000).describe('Calls; over: 503 with Retry-After.'),
  sessions: count(1, 1_000_000)
    .prefault(20_000)
    .describe('Over: an idle one ends, of an address that has more than the one that asks, else of its own; else 503.'),
  sessionIdle: duration(['1s', '30d']).prefault('30m'),
  resultBytes: size(['1KiB', '1GiB'])
    .prefault('16MiB')
    .describe('One result or event from an upstream; over: the call fails.'),
  streamQueueBytes: size(['1KiB', '1GiB'])
    .prefault('1MiB')
    .describe('A stream that held more than this before its newest event is closed; its client may resume it.'),
  replayBytes: size(['1KiB', '1GiB'])
    .prefault('256KiB')
    .describe('Events kept for Last-Event-ID, per session; over: the oldest are lost, and that is said.'),
  listEntries: count(1, 1_000_000)
    .prefault(20_000)
    .describe('Of one upstream; over: it is unavailable, with the reason.'),
  children: count(0, 10_000).prefault(64).describe('Processes; over: the call fails.'),
  lineBytes: size(['1KiB', '1GiB'])
    .prefault('16MiB')
    .describe("One line of a child's stdout; over: the child is restarted."),
  parked: count(0, 1_000_000)
    .prefault(1000)
    .describe('Calls that wait for an answer of their client; over: they fail.'),
  parkedPerCaller: count(0, 1_000_000).prefault(20).describe('The same of one caller.'),
  parkedTimeout: duration(['100ms', '7d'])
    .prefault('5m')
    .describe('How long an answer of a client is waited for; then the call is cancelled.'),
});

const server = z.strictObject({
  url: webUrl({ query: true }).optional().describe('A server reached over streamable HTTP.'),
  headers: freeMap(headerFault).optional().describe('Sent with every request to `url`.'),
  tls: serverTls.optional().describe("Of an https url. The system's authorities, and the name checked, if not given."),
  proxy: proxy()
    .prefault('system')
    .describe('system (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY), none, or the URL of one.'),
  command: text(4096).optional().describe('A server started as a child process, without a shell.'),
  args: z.array(text(131_072, 0)).max(1000).optional(),
  env: freeMap(variableFault).optional().describe('The child sees PATH, HOME, TMPDIR, LANG and these.'),
  cwd: text(4096).optional().describe('Taken from the folder of this file.'),
  protocol: choice(['auto', '2026-07-28', '2025-11-25', 'http+sse']).prefault('auto'),
  connectTimeout: duration(['10ms', '1h'])
    .optional()
    .describe('5s; for a child until it has answered its first request, 15s.'),
  firstByteTimeout: duration(['10ms', '1d'])
    .optional()
    .describe('60s if not given; for a child, whose answer comes whole, the whole timeout.'),
  idleTimeout: duration(['10ms', '1d'])
    .optional()
    .describe('Without a byte on an open answer. 5m if not given; for a child the whole timeout.'),
  timeout: duration(['10ms', '7d']).prefault('15m').describe('The whole call.'),
  affinity: choice(['caller', 'handle', 'ephemeral', 'shared'])
    .prefault('caller')
    .describe('Whose calls share a session with an upstream that has sessions.'),
  roots: choice(['none', 'relay'])
    .prefault('none')
    .describe('relay: roots of clients are told; each caller gets its own session or process.'),
  process: choice(['shared', 'per-caller']).optional().describe('Of a command. shared if not given.'),
  concurrency: count(1, 100_000).prefault(100).describe('Calls at once; over: waits until its deadline.'),
  tags: z.array(text(64)).max(100).prefault([]),
  owner: text(256).optional(),
  description: text(2048).optional(),
  disabled: flag().prefault(false),
});

const root = z.strictObject({
  version: only(1).prefault(1),
  // taken out before the rest is judged; here for editors
  include: z.array(z.string()).optional().describe('Other files or globs, merged; a key given twice is an error.'),
  listen: z.union([address(), listenBlock]).prefault({}).describe('The data listener: host:port, or a block.'),
  admin: loopback().prefault('127.0.0.1:8081').describe('Where /healthz, /readyz and /metrics are.'),
  health: address().optional().describe('The same routes without authentication, for probes and scrapers.'),
  legacySse: flag().prefault(false).describe('Serves the HTTP+SSE transport of 2024-11-05 too.'),
  names: z
    .strictObject({ separator: choice(['__', '_']).prefault('__'), max: count(48, 64).prefault(64) })
    .prefault({}),
  bounds: bounds.prefault({}).describe('What one client or upstream may take.'),
  servers: z
    .record(z.string(), server)
    .prefault({})
    .describe('The MCP servers behind this gateway, by name.')
    // judged in check.ts: a record leaves the value of a wrong key unjudged
    .meta({ propertyNames: { pattern: SERVER_NAME.source } }),
  seal: z
    .strictObject({
      keys: z.array(sealKey()).max(16).prefault([]).describe('Newest first; without any, one is made at each start.'),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).prefault('info'),
      format: choice(['auto', 'json', 'pretty']).prefault('auto'),
    })
    .prefault({}),
  store: parsed(storeUrl, { message: 'must be sqlite:FILE or postgres://…' }).optional().describe('Not yet in effect.'),
  shared: parsed(sharedUrl, { message: 'must be memory or redis://…' }).optional().describe('Not yet in effect.'),
});

export const schema = root;
export type Written = z.output<typeof root>;
export type WrittenServer = z.output<typeof server>;

function sealKey() {
  return parsed((key) => (key.length >= 32 && key.length <= 4096 ? key : undefined), {
    message: 'must be 32 characters or more',
    mend: 'make one with: openssl rand -base64 32',
  });
}

function variableFault(name: string, value: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,255}$/.test(name)) return 'is no name of an environment variable';
  return value.includes('\0') ? 'cannot hold a NUL' : undefined;
}

function storeUrl(value: string): string | undefined {
  return /^(sqlite:.+|postgres(ql)?:\/\/.+)$/.test(value) ? value : undefined;
}

function sharedUrl(value: string): string | undefined {
  return /^(memory|rediss?:\/\/.+)$/.test(value) ? value : undefined;
}
