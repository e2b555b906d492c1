/** The listener that clients come to: wire, entry, sessions. */
import { randomBytes } from 'node:crypto';
import type { Load, Rung } from '../core/load.ts';
import type { Identity } from '../core/ports/identity.ts';
import type { Log } from '../core/ports/log.ts';
import type { Authority, Settings } from '../core/settings.ts';
import type { Snapshots } from '../core/snapshot.ts';
import type { Streams } from '../dispatch/listen.ts';
import { Entry, SINGLETONS } from '../downstream/http/entry.ts';
import { hostRules } from '../downstream/http/hosts.ts';
import { UNDERSCORED } from '../downstream/http/intake.ts';
import { KeepAlive } from '../downstream/http/keep-alive.ts';
import { refusal } from '../downstream/http/refusal.ts';
import type { Budget } from '../kernel/bounded.ts';
import { toFault } from '../kernel/fault.ts';
import { holds } from '../kernel/patience.ts';
import { Seldom } from '../kernel/seldom.ts';
import { Shares } from '../kernel/shares.ts';
import type { Skim } from '../kernel/skim/skim.ts';
import type { Time } from '../kernel/time.ts';
import type { Output } from '../wire/http1/output.ts';
import type { Parsers } from '../wire/http1/parser.ts';
import { Proxies } from '../wire/http1/proxies.ts';
import { TlsAcceptor, type TlsIdentity } from '../wire/tls/acceptor.ts';
import { HttpServer } from '../wire/http1/server.ts';
import { connectionsWithin, descriptorsAllowed } from './descriptors.ts';
import { openListener, urlOf } from './listener.ts';
import type { Plane } from './plane.ts';

export interface DataPlaneOptions {
  readonly settings: Settings;
  readonly snapshots: Snapshots;
  readonly streams: Streams;
  readonly time: Time;
  readonly log: Log;
  readonly load: Load;
  readonly identity: Identity;
  readonly counts: { parked: number };
  readonly buffered: Budget;
  readonly parsers: Parsers;
  readonly output: Output;
  readonly skim: Skim;
  readonly freePorts: boolean;
}

export class DataPlane implements Plane {
  readonly #options: DataPlaneOptions;
  readonly #server: HttpServer;
  readonly #entry: Entry;
  readonly #keepAlive: KeepAlive;
  readonly #calls: Shares;
  readonly #bound: Authority;
  readonly #tls: TlsAcceptor | undefined;
  #state: 'open' | 'draining' | 'closed' = 'open';

  private constructor(options: DataPlaneOptions, made: Made, bound: Authority) {
    this.#options = options;
    this.#server = made.server;
    this.#entry = made.entry;
    this.#keepAlive = made.keepAlive;
    this.#calls = made.calls;
    this.#tls = made.tls;
    this.#bound = bound;
  }

  /** @throws the system's error where the address cannot be listened on. */
  static async open(options: DataPlaneOptions): Promise<DataPlane> {
    const { settings, snapshots, streams, time, log, load, counts, skim, buffered } = options;
    const bounds = boundsOf(settings, log);
    const calls = new Shares(bounds.inFlight);
    const tls = settings.listen.tls && acceptor(settings.listen.tls, options);
    let entry: Entry | undefined;
    const make = (): HttpServer =>
      new HttpServer({
        bounds,
        time,
        buffered,
        parsers: options.parsers,
        output: options.output,
        tls,
        requestId: requestIds(),
        singletons: SINGLETONS,
        underscored: UNDERSCORED,
        refusal,
        onHead: (exchange) => entry?.onHead(exchange),
        onRequest: (exchange, body) => entry?.onRequest(exchange, body),
      });
    const { listener, bound } = await openListener(make, settings.listen.address, options.freePorts);
    const keepAlive = new KeepAlive(time);
    const shared = { snapshots, changes: streams, time, log, load, counts, skim, buffered, bounds, calls };
    const edge = { ...shared, keepAlive, identity: options.identity };
    listener.trust(proxiesOf(settings));
    entry = new Entry(edge, hostRules(settings.listen, bound));
    return new DataPlane(options, { server: listener, entry, keepAlive, calls, tls }, bound);
  }

  get url(): string {
    return urlOf(this.#bound, this.#tls ? 'https' : 'http');
  }

  get connections(): number {
    return this.#server.connections;
  }

  get sessions(): number {
    return this.#entry.sessions;
  }

  get streams(): number {
    return this.#keepAlive.size;
  }

  /** Takes over what may change while it runs: certificates, hosts, origins and proxies, and which endpoints there are. */
  reloaded(settings: Settings): void {
    const { tls } = settings.listen;
    if (tls) this.#useCertificates(tls);
    // Whether there is TLS at all was decided at start.
    const listen = { ...settings.listen, tls: this.#options.settings.listen.tls };
    this.#entry.judgeBy(hostRules(listen, this.#bound));
    this.#server.trust(proxiesOf(settings));
    this.#entry.endSessions();
  }

  /** A pair that the configuration takes for good may still be too weak for the system's TLS. */
  #useCertificates(tls: TlsIdentity): void {
    try {
      this.#tls?.use(tls);
    } catch (error) {
      this.#options.log.error(
        { detail: toFault(error).detail },
        'the changed certificate cannot be used; the one before stays',
      );
    }
  }

  /** Lets go of clients as the rung of overload asks for. */
  relieve(rung: Rung): void {
    this.#server.relieve({ closing: rung >= 1, refusing: rung >= 3 });
  }

  /**
   * Ends in order: streams end, answers are the last on their connections. For a moment who comes is still answered, as whoever sends clients
   * here has yet to hear of it; then nobody comes any more, calls end within the drain time, and what is left is closed.
   */
  async drain(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'draining';
    const { time, streams, settings, log, load } = this.#options;
    const { drainTimeoutMs } = settings.bounds;
    const begun = time.elapsed();
    load.isDraining = true;
    log.info({ calls: this.#calls.held, connections: this.connections }, 'draining');
    const acceptMs = this.connections === 0 ? 0 : Math.min(ACCEPT_MS, drainTimeoutMs);
    this.#server.drain();
    streams.close();
    this.#entry.endStreams();
    await holds(() => time.elapsed() - begun >= acceptMs, acceptMs, time);
    this.#server.leave();
    this.#entry.silence();
    const isQuiet = (): boolean => this.#calls.held === 0 && this.#server.busy === 0;
    await holds(isQuiet, drainTimeoutMs - (time.elapsed() - begun), time);
    // Answers that have been written are yet to be read, and who has just connected is yet to ask.
    await holds(() => this.connections === 0, Math.min(SETTLE_MS, drainTimeoutMs - (time.elapsed() - begun)), time);
    if (!isQuiet()) log.warn({ calls: this.#calls.held, connections: this.connections }, 'closed what was still open');
    this.#entry.close();
    this.#keepAlive.close();
    await this.#server.close();
    this.#state = 'closed';
  }
}

interface Made {
  readonly server: HttpServer;
  readonly entry: Entry;
  readonly keepAlive: KeepAlive;
  readonly calls: Shares;
  readonly tls: TlsAcceptor | undefined;
}

const proxiesOf = ({ listen }: Settings): Proxies | undefined =>
  listen.trustedProxies.length === 0 ? undefined : new Proxies(listen.trustedProxies);

/** Whoever scans ports must not be able to fill the log. */
const HANDSHAKE_LOG_MS = 10_000;

function acceptor(identity: TlsIdentity, { settings, time, log }: DataPlaneOptions): TlsAcceptor {
  const handshakeTimeoutMs = settings.bounds.headerTimeoutMs;
  const failures = new Seldom(time, HANDSHAKE_LOG_MS);
  const failed = (reason: string, address: string): void => {
    const unsaid = failures.count();
    if (unsaid > 0) log.info({ reason, address, failures: unsaid }, 'TLS handshakes failed');
  };
  return new TlsAcceptor({ identity, handshakeTimeoutMs, failed });
}

function boundsOf({ bounds }: Settings, log: Log): Settings['bounds'] {
  const connections = connectionsWithin(bounds.connections, descriptorsAllowed());
  if (connections < bounds.connections / 2)
    log.warn({ connections }, 'far fewer connections than bounds.connections: the system allows too few open files');
  return { ...bounds, connections };
}

/** How long new connections are answered after the end was asked for. */
const ACCEPT_MS = 1000;
/** How long connections without a request may take to close. */
const SETTLE_MS = 1000;

/** Unique over restarts and replicas by its random beginning; cheap, since every response carries one. */
export function requestIds(): () => string {
  const prefix = randomBytes(6).toString('hex');
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
}
