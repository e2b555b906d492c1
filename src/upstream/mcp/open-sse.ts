/**
 * Opens a server of the HTTP+SSE transport (2024-11-05, "Transports"): its event stream, then the session that the stream is. A stream that is
 * lost is the end of it; one that says nothing for long is asked whether it lives.
 */
import type { HttpServerSettings } from '../../core/settings.ts';
import { Abort } from '../../kernel/abort.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Message } from '../../protocol/jsonrpc.ts';
import { SseLink } from '../link/sse.ts';
import type { Carrier } from './carrier.ts';
import type { ConnectionEvents } from './connection.ts';
import type { Environment } from './environment.ts';
import { canAsk, questionsOf, type Offering } from './offering.ts';
import { Connection2025 } from './rev2025.ts';
import type { Opened } from './server.ts';

export interface SseOptions {
  readonly settings: HttpServerSettings;
  readonly environment: Environment;
  readonly events: ConnectionEvents;
  readonly carrier: Carrier;
  readonly offering: Offering;
}

/** Sooner than a stream on which nothing moves is given up. */
const ASK_MS = 5 * 60_000;

/** Gives back the status where what answers has no such stream. @throws Fault where the stream comes to nothing. */
export async function openSse(options: SseOptions): Promise<Opened | number> {
  const { settings, environment, events, carrier, offering } = options;
  const { name, connectTimeoutMs, firstByteTimeoutMs, idleTimeoutMs } = settings;
  const { time, log, skim, buffered, bounds } = environment;
  let session: { heard(message: Message): void } | undefined;
  const link: SseLink = new SseLink({
    ...carrier,
    name,
    log,
    time,
    skim,
    buffered,
    resultBytes: bounds.resultBytes,
    jsonDepth: bounds.jsonDepth,
    firstByteTimeoutMs,
    idleTimeoutMs,
    heard: (message) => session?.heard(message),
    questions: questionsOf(offering, settings.concurrency),
    ended: (reason) => events.lost(reason),
    doubted: () => suspicion.ask(),
  });
  const suspicion = new Suspicion(link, environment, connectTimeoutMs);
  const status = await link.open(connectTimeoutMs);
  if (status !== undefined) return status;
  const { offered, rootsChanged } = offering;
  const own = { link, environment, events, openMs: firstByteTimeoutMs };
  // Nobody's roots are told on a stream that others share.
  const to = { ...own, affinity: settings.affinity, offered, rootsChanged, relaysRoots: canAsk(offered, 'roots/list') };
  const connection = await Connection2025.open(to, (early) => (session = early));
  session = connection;
  if (!link.isOpen) {
    connection.close();
    throw new Fault('unavailable', 'It ended its event stream at once.');
  }
  const asking = time.every(ASK_MS, () => suspicion.ask());
  const close = (): Promise<void> => {
    asking.cancel();
    link.close();
    return carrier.close();
  };
  return { connection, close, suspect: () => suspicion.ask() };
}

/** What operators are told of a server that has no such stream where the configuration insists on one. */
export function noStream(status: number): Fault {
  const detail = `HTTP ${status}`;
  if (status === 401 || status === 403)
    return new Fault('unavailable', 'The server did not accept the credentials that this gateway has for it.', {
      detail,
    });
  return new Fault('unavailable', `It opens no event stream as a server of HTTP+SSE does (HTTP ${status}).`, {
    detail,
  });
}

/** Asks a server that gives cause for it whether it is still there; one that does not even answer `ping` is given up. */
class Suspicion {
  readonly #link: SseLink;
  readonly #environment: Environment;
  readonly #withinMs: number;
  #isAsking = false;

  constructor(link: SseLink, environment: Environment, withinMs: number) {
    this.#link = link;
    this.#environment = environment;
    this.#withinMs = withinMs;
  }

  ask(): void {
    if (this.#isAsking || !this.#link.isOpen) return;
    this.#isAsking = true;
    void this.#ask().finally(() => (this.#isAsking = false));
  }

  async #ask(): Promise<void> {
    const abort = new Abort();
    const timer = this.#environment.time.after(this.#withinMs, () =>
      abort.now(new Fault('timed-out', 'It did not answer in time.')),
    );
    try {
      const params = (): readonly string[] => ['{}'];
      const asked = { method: 'ping', headers: '', params, abort, heard: () => undefined, standing: true };
      const { message, status } = await this.#link.request(asked);
      if (!message && (status === 404 || status === 410)) this.#link.lose('forgot its session');
    } catch {
      if (abort.reason) this.#link.lose('did not answer any more');
    } finally {
      timer.cancel();
    }
  }
}
