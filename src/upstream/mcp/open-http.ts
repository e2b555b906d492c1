/** Opens a server that is reached over streamable HTTP: pools for calls and for streams, then the family that it speaks. */
import type { HttpServerSettings } from '../../core/settings.ts';
import { Pool } from '../../wire/http1/pool.ts';
import { HttpLink } from '../link/http.ts';
import { Connection2025 } from './rev2025.ts';
import { Connection2026 } from './rev2026.ts';
import type { ConnectionEvents } from './connection.ts';
import type { Environment } from './environment.ts';
import { probe, required, type Family } from './probe.ts';
import type { Open, Opened } from './server.ts';

/** Sockets beyond the calls' own: notifications, sessions that end, catalogs. */
const EXTRA_SOCKETS = 50;
const IDLE_SOCKETS = 100;
const STREAMS = 20_000;
/** A stream on which nothing moves, not even a comment, is opened anew after this long. */
const STREAM_IDLE_MS = 15 * 60_000;
const FOREVER_MS = 2 ** 42;

export function openHttp(settings: HttpServerSettings, environment: Environment): Open {
  return async (events, abort) => {
    const { link, close } = carry(settings, environment);
    abort.listen(() => void close());
    try {
      const family = await choose(settings, environment, link);
      const confirm = async (): Promise<boolean> => (await choose(settings, environment, link)).kind === family.kind;
      return {
        connection: await connect(family, { link, environment, events, openMs: settings.firstByteTimeoutMs }),
        close,
        confirm,
      };
    } catch (error) {
      await close();
      throw error;
    }
  };
}

function carry(
  settings: HttpServerSettings,
  environment: Environment,
): { readonly link: HttpLink; readonly close: Opened['close'] } {
  const url = new URL(settings.url);
  const { time, parsers, output, dial, bounds, buffered, blocks, skim } = environment;
  const tls = url.protocol === 'https:';
  const host = url.hostname.replaceAll(/^\[|\]$/gu, '');
  const authority = { host, port: url.port === '' ? (tls ? 443 : 80) : Number(url.port), tls };
  const { connectTimeoutMs, firstByteTimeoutMs, idleTimeoutMs, timeoutMs, concurrency } = settings;
  const { headerBytes, headers, resultBytes, jsonDepth } = bounds;
  const answers = { resultBytes, jsonDepth, buffered, blocks, skim };
  const shared = { authority, dial, parsers, output, time };
  const pool = new Pool({
    ...shared,
    bounds: {
      connectTimeoutMs,
      firstByteTimeoutMs,
      idleTimeoutMs,
      timeoutMs,
      sockets: concurrency + EXTRA_SOCKETS,
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
  const link = new HttpLink({
    pool,
    streams,
    path: isForwarded ? url.origin + url.pathname + url.search : url.pathname + url.search,
    headers: `Host: ${url.host}\r\n${authorization}${own.join('')}`,
    ...answers,
  });
  const close = (): Promise<void> => {
    streams.close();
    pool.close();
    return Promise.resolve();
  };
  return { link, close };
}

async function choose(settings: HttpServerSettings, environment: Environment, link: HttpLink): Promise<Family> {
  if (settings.protocol === '2025-11-25') return { kind: 'rev2025' };
  return required(
    settings.protocol,
    await probe({ link, environment, timeoutMs: settings.firstByteTimeoutMs, isPipe: false }),
  );
}

interface Connecting {
  readonly link: HttpLink;
  readonly environment: Environment;
  readonly events: ConnectionEvents;
  readonly openMs: number;
}

function connect(family: Family, to: Connecting): Promise<Connection2025 | Connection2026> {
  if (family.kind === 'rev2025') return Connection2025.open(to, () => undefined);
  return Promise.resolve(new Connection2026({ ...to, discovered: family.discovered }));
}
