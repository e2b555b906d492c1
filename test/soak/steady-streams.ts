/** Streams that are opened once and must outlive every swap: both revisions, on `/mcp` and on a server's own route. */
import { Client } from './client.ts';
import type { Revision, Stream } from './client.ts';
import { until } from './soak.ts';
import type { Findings } from './soak.ts';

const HEARD_MS = 10_000;

const wanted = [
  { revision: '2026-07-28', route: '/mcp', server: 'keep-web' },
  { revision: '2025-11-25', route: '/mcp', server: 'keep-pipe' },
  { revision: '2026-07-28', route: '/servers/keep-pipe/mcp', server: 'keep-pipe' },
  { revision: '2025-11-25', route: '/servers/keep-web/mcp', server: 'keep-web' },
] as const;

interface Open {
  readonly client: Client;
  readonly revision: Revision;
  readonly route: string;
  readonly server: string;
  readonly uri: string;
  readonly stream: Stream;
  readonly heard: { updates: number; lists: number };
}

export class SteadyStreams {
  readonly #open: readonly Open[];
  readonly #findings: Findings;
  readonly #toucher: Client;

  private constructor(open: readonly Open[], toucher: Client, findings: Findings) {
    this.#open = open;
    this.#toucher = toucher;
    this.#findings = findings;
  }

  static async opened(url: string, findings: Findings): Promise<SteadyStreams> {
    const open = await Promise.all(
      wanted.map(async ({ revision, route, server }, index): Promise<Open> => {
        const client = new Client(`${url}${route}`, revision, { logs: false });
        const uri = `secret://${server}/stream-${index}`;
        const heard = { updates: 0, lists: 0 };
        await client.open();
        const stream = await client.listen([uri], ({ method, params }) => {
          // the last message of a stream that ends is a response; `check` sees the end itself
          if (method === undefined) return;
          if (method === 'notifications/tools/list_changed') heard.lists += 1;
          if (typeof method === 'string' && method.endsWith('/list_changed')) return;
          if ((params as { uri?: unknown } | undefined)?.uri === uri) heard.updates += 1;
          else findings.add('stream', `${revision} ${route} heard ${JSON.stringify({ method, params })}`);
        });
        return { client, revision, route, server, uri, stream, heard };
      }),
    );
    return new SteadyStreams(open, new Client(`${url}/mcp`, '2026-07-28', { logs: false }), findings);
  }

  /** Each is open and hears what happens now. */
  async check(when: string): Promise<void> {
    for (const { revision, route, server, uri, stream, heard } of this.#open) {
      const before = heard.updates;
      const who = `${revision} ${route} ${when}`;
      if (stream.ended !== undefined) {
        this.#findings.add('stream', `${who}: ended by ${stream.ended}`);
        continue;
      }
      await this.#toucher.call(`${server}__touch`, { uri });
      await until('an update', HEARD_MS, () => heard.updates > before).catch(() => {
        this.#findings.add('stream', `${who}: did not hear of ${uri}`);
      });
    }
  }

  /** How often those of `/mcp` were told that the tools are others now. */
  get listChanges(): readonly number[] {
    return this.#open.filter(({ route }) => route === '/mcp').map(({ heard }) => heard.lists);
  }

  async close(): Promise<void> {
    await Promise.all([this.#toucher, ...this.#open.map(({ client }) => client)].map((client) => client.close()));
  }
}
