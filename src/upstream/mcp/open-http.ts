/**
 * Opens a server that is reached over HTTP: pools for calls and for streams, then the family that it speaks, and the transport where the older
 * family has two (2025-11-25, "Transports", "Backwards Compatibility").
 */
import type { Affinity, HttpServerSettings } from '../../core/settings.ts';
import { holds } from '../../kernel/patience.ts';
import { HttpLink } from '../link/http.ts';
import { Connection2025 } from './rev2025.ts';
import { Connection2026 } from './rev2026.ts';
import { carry } from './carrier.ts';
import type { ConnectionEvents } from './connection.ts';
import type { Environment } from './environment.ts';
import type { Offering } from './offering.ts';
import { noStream, openSse, type SseOptions } from './open-sse.ts';
import { probe, required, VERDICT_HOLDS_MS, type Family } from './probe.ts';
import type { Open, Opened } from './server.ts';
import { GreetingRefused } from './session-messages.ts';

/** What has been found out about a server; outlives its connections. */
export interface Knowledge {
  /** When it was last found to have the older transport; `undefined` where it has another, or that is not known. */
  sseMs: number | undefined;
}

export interface OpenHttpOptions {
  readonly environment: Environment;
  readonly known: Knowledge;
  /** Over the older transport, whose stream is one way for all. */
  readonly offering: Offering;
}

export function openHttp(settings: HttpServerSettings, { environment, known, offering }: OpenHttpOptions): Open {
  const { time } = environment;
  const { protocol } = settings;
  return async (events, abort) => {
    const carrier = carry(settings, environment);
    const to = { settings, environment, events, carrier, offering };
    const isKnown = known.sseMs !== undefined && time.now() - known.sseMs < VERDICT_HOLDS_MS;
    const stop = (): void => void carrier.close();
    abort.listen(stop);
    try {
      if (isKnown || protocol === 'http+sse') {
        const opened = await openSse(to);
        if (typeof opened !== 'number') {
          if (!isKnown) known.sseMs = time.now();
          return opened;
        }
        if (protocol === 'http+sse') throw noStream(opened);
      }
      known.sseMs = undefined;
      const opened = await openStreamable(to);
      if (!(opened instanceof GreetingRefused)) return opened;
      const older = protocol === 'auto' ? await openSse(to) : undefined;
      // Where there is no such stream either, the refusal stands.
      if (older === undefined || typeof older === 'number') throw opened;
      known.sseMs = time.now();
      return older;
    } catch (error) {
      known.sseMs = undefined;
      await carrier.close();
      throw error;
    } finally {
      // Whoever lets go of an open server has something to say to it first.
      abort.ignore(stop);
    }
  };
}

/** What a server is told last, that calls are given up and sessions are over, may take this long. */
const FAREWELL_MS = 500;

/** @throws Fault, but for the refusal that may mean another transport: that is given back. */
async function openStreamable(to: SseOptions): Promise<Opened | GreetingRefused> {
  const { settings, environment, events, carrier } = to;
  const { time, bounds, buffered, blocks, skim } = environment;
  const { resultBytes, jsonDepth } = bounds;
  const { pool, streams, url, target, headers } = carrier;
  const path = target(url);
  const link = new HttpLink({ pool, streams, path, headers, time, resultBytes, jsonDepth, buffered, blocks, skim });
  const family = await choose(settings, environment, link);
  const close = async (): Promise<void> => {
    await holds(() => link.untold === 0, FAREWELL_MS, time);
    await carrier.close();
  };
  const confirm = async (): Promise<boolean> => (await choose(settings, environment, link)).kind === family.kind;
  try {
    const { firstByteTimeoutMs: openMs, affinity, roots } = settings;
    const to = { link, environment, events, openMs, affinity, relaysRoots: roots === 'relay' };
    const connection = await connect(family, to);
    return { connection, close, confirm };
  } catch (error) {
    if (error instanceof GreetingRefused) return error;
    throw error;
  }
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
  readonly affinity: Affinity;
  readonly relaysRoots: boolean;
}

function connect(family: Family, to: Connecting): Promise<Connection2025 | Connection2026> {
  if (family.kind === 'rev2025') return Connection2025.open(to, () => undefined);
  return Promise.resolve(new Connection2026({ ...to, discovered: family.discovered }));
}
