/** Clients that call without a pause whatever they may call just now. Each call is one that must succeed: whoever takes a server away first takes it from here. */
import { Client, describe } from './client.ts';
import type { Revision } from './client.ts';
import type { Fields } from './exchange.ts';
import type { Chance } from './random.ts';
import type { Findings } from './soak.ts';

const DEADLINE_MS = 30_000;
const LONG_MS = 600;
const SHORT_MS = 30;

interface Begun {
  readonly server: string;
  readonly at: number;
}

export class Load {
  readonly targets = new Set<string>();
  /** Calls in flight, by the key that the upstream writes down. */
  readonly inFlight = new Map<string, Begun>();
  readonly #url: string;
  readonly #findings: Findings;
  readonly #clients: Client[] = [];
  readonly #routes = new Map<string, Client>();
  #stopped = false;
  #workers: Promise<unknown> = Promise.resolve();
  #calls = 0;

  constructor(url: string, findings: Findings) {
    this.#url = url;
    this.#findings = findings;
  }

  get calls(): number {
    return this.#calls;
  }

  async start(workers: number, chance: Chance): Promise<void> {
    const all = await Promise.all(Array.from({ length: workers }, (_, index) => this.client(index)));
    this.#workers = Promise.all(all.map((client, index) => this.#work(client, index, chance.fork(index))));
  }

  async finish(): Promise<void> {
    this.#stopped = true;
    await this.#workers;
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  /** Through `/mcp`; the revisions take turns. */
  async client(index: number): Promise<Client> {
    const revision: Revision = index % 2 === 0 ? '2025-11-25' : '2026-07-28';
    const client = new Client(`${this.#url}/mcp`, revision, { logs: false });
    this.#clients.push(client);
    await client.open();
    return client;
  }

  async call(client: Client, server: string, pause: number): Promise<void> {
    const own = client.url.includes('/servers/');
    const key = `call-${this.#calls}`;
    this.#calls += 1;
    this.inFlight.set(key, { server, at: Date.now() });
    const answer = await client.call(
      own ? 'count' : `${server}__count`,
      { key, pauses: [pause] },
      { deadlineMs: DEADLINE_MS },
    );
    const begun = this.inFlight.get(key);
    this.inFlight.delete(key);
    const result = answer.response?.['result'] as Fields | undefined;
    if (answer.failure === undefined && result && result['isError'] !== true && JSON.stringify(result).includes(key))
      return;
    const after = Date.now() - (begun?.at ?? 0);
    this.#findings.add(
      'failed',
      `${client.revision} ${client.url} ${server} ${key} after ${after} ms: ${describe(answer)}`,
    );
  }

  async #work(client: Client, index: number, chance: Chance): Promise<void> {
    while (!this.#stopped) {
      const server = chance.one([...this.targets]);
      const pause = chance.below(10) === 0 ? LONG_MS : chance.below(SHORT_MS);
      // a stateless client may take another route at every call
      const ownRoute = client.revision === '2026-07-28' && chance.below(2) === 0;
      await this.call(ownRoute ? this.#routeOf(index, server) : client, server, pause);
    }
  }

  #routeOf(index: number, server: string): Client {
    const key = `${index} ${server}`;
    const known = this.#routes.get(key);
    if (known) return known;
    const client = new Client(`${this.#url}/servers/${server}/mcp`, '2026-07-28', { logs: false });
    this.#routes.set(key, client);
    this.#clients.push(client);
    return client;
  }
}
