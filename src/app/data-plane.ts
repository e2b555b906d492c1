/** The listener that clients come to: wire, entry, sessions. */
import { randomBytes } from 'node:crypto';
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
import { Seldom } from '../kernel/seldom.ts';
import type { Skim } from '../kernel/skim/skim.ts';
import type { Time } from '../kernel/time.ts';
import type { Parsers } from '../wire/http1/parser.ts';
import { Proxies } from '../wire/http1/proxies.ts';
import { TlsAcceptor, type TlsIdentity } from '../wire/tls/acceptor.ts';
import { HttpServer } from '../wire/http1/server.ts';
import { openListener, urlOf } from './listener.ts';
import type { Plane } from './plane.ts';

export interface DataPlaneOptions {
  readonly settings: Settings;
  readonly snapshots: Snapshots;
  readonly streams: Streams;
  readonly time: Time;
  readonly log: Log;
  readonly buffered: Budget;
  readonly parsers: Parsers;
  readonly skim: Skim;
  readonly freePorts: boolean;
}

export class DataPlane implements Plane {
  readonly #options: DataPlaneOptions;
  readonly #server: HttpServer;
  readonly #entry: Entry;
  readonly #keepAlive: KeepAlive;
  readonly #counts: { readonly calls: number };
  readonly #bound: Authority;
  readonly #tls: TlsAcceptor | undefined;
  #state: 'open' | 'draining' | 'closed' = 'open';

  private constructor(options: DataPlaneOptions, made: Made, bound: Authority) {
    this.#options = options;
    this.#server = made.server;
    this.#entry = made.entry;
    this.#keepAlive = made.keepAlive;
    this.#counts = made.counts;
    this.#tls = made.tls;
    this.#bound = bound;
  }

  /** @throws the system's error where the address cannot be listened on. */
  static async open(options: DataPlaneOptions): Promise<DataPlane> {
    const { settings, snapshots, streams, time, log } = options;
    const { bounds } = settings;
    const counts = { calls: 0 };
    const tls = settings.listen.tls && acceptor(settings.listen.tls, options);
    let entry: Entry | undefined;
    const make = (): HttpServer =>
      new HttpServer({
        bounds,
        time,
        buffered: options.buffered,
        parsers: options.parsers,
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
    const { skim } = options;
    const edge = { snapshots, changes: streams, time, log, keepAlive, skim, bounds, counts };
    listener.trust(proxiesOf(settings));
    entry = new Entry(edge, hostRules(settings.listen, bound));
    return new DataPlane(options, { server: listener, entry, keepAlive, counts, tls }, bound);
  }

  get url(): string {
    return urlOf(this.#bound, this.#tls ? 'https' : 'http');
  }

  get isDraining(): boolean {
    return this.#state !== 'open';
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

  /** Takes nothing new, lets calls end within the drain time, then closes what is left. */
  async drain(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'draining';
    const { time, streams, settings } = this.#options;
    this.#server.leave();
    streams.close();
    await new Promise<void>((done) => {
      const begun = time.elapsed();
      const timer = time.every(DRAIN_CHECK_MS, () => {
        if (this.#counts.calls > 0 && time.elapsed() - begun < settings.bounds.drainTimeoutMs) return;
        timer.cancel();
        done();
      });
      if (this.#counts.calls === 0) {
        timer.cancel();
        done();
      }
    });
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
  readonly counts: { readonly calls: number };
  readonly tls: TlsAcceptor | undefined;
}

const proxiesOf = ({ listen }: Settings): Proxies | undefined =>
  listen.trustedProxies.length === 0 ? undefined : new Proxies(listen.trustedProxies);

const DRAIN_CHECK_MS = 50;
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

/** Unique over restarts and replicas by its random beginning; cheap, since every response carries one. */
export function requestIds(): () => string {
  const prefix = randomBytes(6).toString('hex');
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
}
