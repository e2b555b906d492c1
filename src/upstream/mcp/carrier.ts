/** The sockets to one server that is reached over HTTP: pools for calls and for streams, through its proxy where it has one. No family of revisions is known here. */
import type { HttpServerSettings } from '../../core/settings.ts';
import { Pool } from '../../wire/http1/pool.ts';
import type { Environment } from './environment.ts';

/** What carries all that goes to one server, and how its requests begin. */
export interface Carrier {
  readonly pool: Pool;
  /** For streams that stay open: they must not take the slots of calls. */
  readonly streams: Pool;
  readonly url: URL;
  /** How an address of this server stands in a request line. */
  readonly target: (url: URL) => string;
  /** Ready header lines: Host and what the configuration adds. */
  readonly headers: string;
  readonly close: () => Promise<void>;
}

/** Sockets beyond the calls' own: notifications, sessions that end, catalogs. */
const EXTRA_SOCKETS = 50;
const IDLE_SOCKETS = 100;
const STREAMS = 20_000;
/** A stream on which nothing moves, not even a comment, is opened anew after this long. */
const STREAM_IDLE_MS = 15 * 60_000;
const FOREVER_MS = 2 ** 42;

export function carry(settings: HttpServerSettings, environment: Environment): Carrier {
  const url = new URL(settings.url);
  const { time, parsers, output, dial, bounds } = environment;
  const tls = url.protocol === 'https:';
  const host = url.hostname.replaceAll(/^\[|\]$/gu, '');
  const authority = { host, port: url.port === '' ? (tls ? 443 : 80) : Number(url.port), tls };
  const { connectTimeoutMs, firstByteTimeoutMs, idleTimeoutMs, timeoutMs, concurrency } = settings;
  const { headerBytes, headers } = bounds;
  const shared = { authority, dial, parsers, output, time };
  const pool = new Pool({
    ...shared,
    bounds: {
      connectTimeoutMs,
      firstByteTimeoutMs,
      idleTimeoutMs,
      timeoutMs,
      // A call that waits for its client has left its slot, and keeps its socket.
      sockets: concurrency + EXTRA_SOCKETS + bounds.parked,
      idleSockets: IDLE_SOCKETS,
      headerBytes,
      headers,
    },
  });
  const streams = new Pool({
    ...shared,
    bounds: {
      connectTimeoutMs,
      firstByteTimeoutMs,
      idleTimeoutMs: STREAM_IDLE_MS,
      timeoutMs: FOREVER_MS,
      sockets: STREAMS,
      idleSockets: 0,
      headerBytes,
      headers,
    },
  });
  // A proxy forwards plain requests, RFC 9112 section 3.2.2; to secure upstreams it is asked for a tunnel.
  const isForwarded = !tls && settings.proxy !== undefined;
  const credentials = isForwarded ? settings.proxy?.authorization : undefined;
  const authorization = credentials === undefined ? '' : `Proxy-Authorization: ${credentials}\r\n`;
  const own = Object.entries(settings.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const close = (): Promise<void> => {
    streams.close();
    pool.close();
    return Promise.resolve();
  };
  return {
    pool,
    streams,
    url,
    target: ({ origin, pathname, search }) => (isForwarded ? origin : '') + pathname + search,
    headers: `Host: ${url.host}\r\n${authorization}${own.join('')}`,
    close,
  };
}
