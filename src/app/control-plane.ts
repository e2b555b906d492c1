/** The listeners that operators and probes come to: health, readiness, metrics. On the admin address, and where asked for on one of their own. */
import { refusal } from '../downstream/http/refusal.ts';
import { hostRules } from '../downstream/http/hosts.ts';
import type { Authority, Settings } from '../core/settings.ts';
import type { Load } from '../core/load.ts';
import type { Budget } from '../kernel/bounded.ts';
import type { Time } from '../kernel/time.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Output } from '../wire/http1/output.ts';
import type { Parsers } from '../wire/http1/parser.ts';
import { HttpServer } from '../wire/http1/server.ts';
import type { Exchange } from '../wire/http1/serving.ts';
import { openListener, urlOf } from './listener.ts';
import type { Overload } from './overload.ts';
import type { Plane } from './plane.ts';
import type { Reload } from './reload.ts';
import type { Servers } from './servers.ts';

/** What there is only after this has opened: nobody is started before every address is known to be free. */
export interface Live {
  readonly data?: Plane;
  readonly reload?: Reload;
}

export interface ControlPlaneOptions {
  readonly settings: Settings;
  readonly servers: Servers;
  readonly load: Load;
  readonly overload: Overload;
  readonly live: Live;
  readonly meter: Metrics;
  readonly time: Time;
  readonly buffered: Budget;
  readonly parsers: Parsers;
  readonly output: Output;
  readonly freePorts: boolean;
}

type AnswersHost = (host: string) => boolean;

export class ControlPlane {
  readonly url: string;
  readonly #servers: readonly HttpServer[];

  private constructor(url: string, servers: readonly HttpServer[]) {
    this.url = url;
    this.#servers = servers;
  }

  /** @throws the system's error where an address cannot be listened on. */
  static async open(options: ControlPlaneOptions): Promise<ControlPlane> {
    const { admin, health } = options.settings;
    const first = await listener(
      options,
      admin,
      (bound) =>
        hostRules(
          { address: admin, publicUrl: undefined, hosts: [], origins: [], trustedProxies: [], tls: undefined },
          bound,
        ).answersHost,
    );
    if (!health) return new ControlPlane(urlOf(first.bound), [first.server]);
    try {
      // Probes and scrapers come by pod addresses; there is nothing here to rebind to.
      const second = await listener(options, health, () => () => true);
      return new ControlPlane(urlOf(first.bound), [first.server, second.server]);
    } catch (error) {
      await first.server.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }
}

async function listener(
  options: ControlPlaneOptions,
  address: Authority,
  rules: (bound: Authority) => AnswersHost,
): Promise<{ readonly server: HttpServer; readonly bound: Authority }> {
  const { settings, time, buffered, parsers, output, freePorts } = options;
  let answersHost: AnswersHost = () => false;
  let count = 0;
  const make = (): HttpServer =>
    new HttpServer({
      bounds: { ...settings.bounds, connections: Math.min(settings.bounds.connections, CONNECTIONS) },
      time,
      buffered,
      parsers,
      output,
      requestId: () => `admin-${(count += 1).toString(36)}`,
      singletons: [],
      underscored: [],
      refusal,
      onHead: (exchange) => answer(options, exchange, answersHost),
      onRequest: () => undefined,
    });
  const opened = await openListener(make, address, freePorts);
  answersHost = rules(opened.bound);
  return { server: opened.listener, bound: opened.bound };
}

/** Of each of these listeners: probes and scrapers are few, and none of them may take the descriptors that the others need. */
const CONNECTIONS = 32;

const JSON_TYPE = 'content-type: application/json\r\ncache-control: no-store\r\n';
const METRICS_TYPE = 'content-type: text/plain; version=0.0.4; charset=utf-8\r\n';

function answer(options: ControlPlaneOptions, exchange: Exchange, answersHost: AnswersHost): void {
  const query = exchange.target.indexOf('?');
  const path = query === -1 ? exchange.target : exchange.target.slice(0, query);
  const refuse = (status: number, kind: string, message: string): void =>
    exchange.respond(status, JSON_TYPE, refusal(status, kind, message));
  if (!answersHost((exchange.header('host') ?? '').toLowerCase()))
    return refuse(403, 'host', 'This host name is not served here.');
  if (exchange.header('origin') !== undefined) return refuse(403, 'origin', 'This origin is not allowed.');
  if (!PATHS.has(path)) return refuse(404, 'route', 'There is nothing at this path.');
  // HEAD is answered like GET; the wire leaves the body out.
  if (exchange.method !== 'GET' && exchange.method !== 'HEAD')
    return exchange.respond(405, `${JSON_TYPE}allow: GET, HEAD\r\n`, refusal(405, 'method', 'Use GET or HEAD.'));
  if (path === '/metrics') return exchange.respond(200, METRICS_TYPE, options.meter.render());
  if (path === '/healthz') return exchange.respond(200, JSON_TYPE, '{"status":"ok"}');
  const status = statusOf(options);
  return exchange.respond(status === 'ready' ? 200 : 503, JSON_TYPE, readiness(options, status));
}

const PATHS = new Set(['/healthz', '/readyz', '/metrics']);

function statusOf({ live, load }: ControlPlaneOptions): 'starting' | 'ready' | 'draining' {
  if (load.isDraining) return 'draining';
  return live.data ? 'ready' : 'starting';
}

function readiness({ servers, live, load, overload }: ControlPlaneOptions, status: string): string {
  return JSON.stringify({
    status,
    overload: { rung: load.rung, ...overload.reading },
    servers: servers.status(),
    configError: live.reload?.lastError ?? null,
  });
}
