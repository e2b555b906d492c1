/** Clients that subscribe to one resource each, while others touch all of them: each hears of its own, and only of its own. */
import { Client } from './client.ts';
import type { Revision } from './client.ts';
import type { Findings } from './soak.ts';
import { until } from './soak.ts';

const HEARD_MS = 10_000;
const TOUCHES = 5;

export interface Watched {
  /** Ends the touching and the streams. */
  finish(): Promise<{ readonly touches: number; readonly updates: number }>;
}

interface Circumstances {
  readonly servers: readonly string[];
  readonly findings: Findings;
  readonly count: number;
}

interface Subscriber {
  readonly client: Client;
  readonly server: string;
  readonly uri: string;
  updates: number;
}

export async function watchSubscribers(url: string, { servers, findings, count }: Circumstances): Promise<Watched> {
  const subscribers = Array.from({ length: count }, (_, index) => toSubscriber(url, servers, index));
  await Promise.all(subscribers.map((each) => subscribe(each, findings)));
  const toucher = new Client(`${url}/mcp`, '2026-07-28', { logs: false });
  let touches = 0;
  const touching = (async () => {
    for (let round = 0; round < TOUCHES; round += 1) {
      for (const subscriber of subscribers) {
        await touch(toucher, subscriber, findings);
        touches += 1;
      }
    }
  })();
  return {
    async finish() {
      await touching;
      await Promise.all([toucher, ...subscribers.map(({ client }) => client)].map((client) => client.close()));
      return { touches, updates: subscribers.reduce((sum, { updates }) => sum + updates, 0) };
    },
  };
}

/** Every server is subscribed to in both revisions; half go through `/mcp`. */
function toSubscriber(url: string, servers: readonly string[], index: number): Subscriber {
  const server = servers[(index >> 1) % servers.length] ?? '';
  const revision: Revision = index % 2 === 0 ? '2025-11-25' : '2026-07-28';
  const route = index % 3 === 0 ? `/servers/${server}/mcp` : '/mcp';
  const client = new Client(`${url}${route}`, revision, { logs: false });
  return { client, server, uri: `secret://${server}/subscriber-${index}`, updates: 0 };
}

async function subscribe(subscriber: Subscriber, findings: Findings): Promise<void> {
  const { client, uri } = subscriber;
  const who = `${client.revision} ${client.url} subscribed to ${uri}`;
  try {
    await client.open();
    await client.listen([uri], ({ method, params }) => {
      if (method !== 'notifications/resources/updated') return;
      const told = String((params as { uri?: unknown }).uri);
      if (told === uri) subscriber.updates += 1;
      else findings.add('cross-delivery', `${who} heard of ${told}`);
    });
  } catch (error) {
    findings.add('error', `${who}: ${String(error)}`);
  }
}

async function touch(toucher: Client, subscriber: Subscriber, findings: Findings): Promise<void> {
  const { client, server, uri, updates } = subscriber;
  const answer = await toucher.call(`${server}__touch`, { uri });
  if (!answer.response?.['result']) findings.add('error', `touch ${uri}: ${JSON.stringify(answer.response)}`);
  await until('an update', HEARD_MS, () => subscriber.updates > updates).catch(() => {
    findings.add('missing-update', `${client.revision} ${client.url} did not hear of ${uri}`);
  });
}
