/** A feed of changes at a server that is the test: each stream that it asks for can be granted, tell, and end. */
import { Fault } from '../../src/kernel/fault.ts';
import { readReply, type Message } from '../../src/protocol/jsonrpc.ts';
import type { Ask, Reply } from '../../src/upstream/link/link.ts';
import type { Environment } from '../../src/upstream/mcp/environment.ts';
import { Feed2026 } from '../../src/upstream/mcp/feed.ts';
import { FakeTime } from './time.ts';

const caller = { key: 'c', kind: 'anonymous' as const, share: 'c' };
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
export const message = (method: string, params: object): Message =>
  readReply(Buffer.from(JSON.stringify({ jsonrpc: '2.0', method, params })), 10);
export const updated = (uri: string, more: object = {}): Message =>
  message('notifications/resources/updated', { uri, ...more });

interface Filter {
  readonly resourceSubscriptions?: readonly string[];
  readonly toolsListChanged?: boolean;
}

/** One stream as the server has it. */
export class Asked {
  readonly filter: Filter;
  readonly #ask: Ask;
  readonly #ended = Promise.withResolvers<Reply>();

  constructor(ask: Ask, id: number) {
    this.#ask = ask;
    const params = JSON.parse(ask.params(id).map(String).join('')) as { readonly notifications: Filter };
    this.filter = params.notifications;
    ask.abort.listen((reason) => this.#ended.reject(reason));
  }

  get ended(): Promise<Reply> {
    return this.#ended.promise;
  }

  get uris(): readonly string[] {
    return this.filter.resourceSubscriptions ?? [];
  }

  get isClosed(): boolean {
    return this.#ask.abort.reason !== undefined;
  }

  async grants(uris = this.uris): Promise<void> {
    const notifications = { ...this.filter, resourceSubscriptions: uris };
    this.tells(message('notifications/subscriptions/acknowledged', { notifications }));
    await settled();
  }

  tells(told: Message): void {
    if (!this.isClosed) this.#ask.heard(told, 0);
  }

  async ends(): Promise<void> {
    this.#ended.reject(new Fault('interrupted', 'cut'));
    await settled();
  }
}

/** A feed whose server is asked in vain until a test grants. */
export function begin(capabilities = {}) {
  const time = new FakeTime();
  const streams: Asked[] = [];
  const heard: string[] = [];
  const request = (ask: Ask): Promise<Reply> => {
    const asked = new Asked(ask, streams.length + 1);
    streams.push(asked);
    return asked.ended;
  };
  const feed = new Feed2026({
    link: { request } as never,
    capabilities,
    headers: '',
    environment: { time, clientInfo: '{}' } as unknown as Environment,
    events: {
      changed: (list) => void heard.push(`${list} changed`),
      missed: (list) => void heard.push(`${list} missed`),
      doubted: () => undefined,
      lost: () => undefined,
    },
  });
  const watch = (uri: string): Promise<() => void> =>
    feed.watch({ caller, uri, updated: (told) => void heard.push(told === uri ? uri : `${uri}: ${told}`) });
  /** Each on a stream of its own, if there is nothing to take along. */
  const open = async (...uris: readonly string[]): Promise<(() => void)[]> => {
    const stops: (() => void)[] = [];
    for (const uri of uris) {
      const watching = watch(uri);
      await streams.at(-1)?.grants();
      stops.push(await watching);
    }
    return stops;
  };
  return { time, streams, heard, feed, watch, open };
}
