/** Calls and upstreams for tests of the rings that know no network. */
import type { Call } from '../../src/core/call.ts';
import { Payload } from '../../src/core/payload.ts';
import type { Profile, Upstream, UpstreamEvent, UpstreamStatus } from '../../src/core/ports/upstream.ts';
import type { Next } from '../../src/core/stage.ts';
import { Abort } from '../../src/kernel/abort.ts';
import { METHODS } from '../../src/protocol/methods.ts';

export function fakeCall(method: string, params: unknown = {}, over: Partial<Call> = {}): Call {
  const means = METHODS.get(method);
  if (!means) throw new Error(method);
  return {
    id: 'test',
    clientRequestId: undefined,
    endpoint: '/mcp',
    method,
    means,
    payload: Payload.ofParams(params),
    caller: { key: 'test', kind: 'anonymous', share: 'test' },
    able: '{}',
    logLevel: 'off',
    wantsProgress: false,
    abort: new Abort(),
    emit: () => undefined,
    ask: undefined,
    round: undefined,
    trail: { resolved: undefined },
    target: undefined,
    ...over,
  };
}

export const silentLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** An upstream that lists what it is given and answers calls with `serve`. */
export class FakeUpstream implements Upstream {
  readonly name: string;
  lists: Record<string, unknown[]>;
  asked: string[] = [];
  state: UpstreamStatus['state'] = 'ready';
  live = true;
  listsVary = false;
  /** What it says of how long its lists hold. */
  hints: Readonly<Record<string, unknown>> = {};
  readonly subscribed = new Map<string, (uri: string) => void>();
  readonly #listeners = new Set<(event: UpstreamEvent) => void>();
  readonly #answer: Next;

  constructor(name: string, lists: Record<string, unknown[]>, answer?: Next) {
    this.name = name;
    this.lists = lists;
    this.#answer = answer ?? (() => Promise.resolve({ kind: 'result', payload: Payload.ofResult('{}') }));
  }

  readonly serve: Next = (call) => {
    this.asked.push(call.method);
    if (call.means.kind !== 'list') return this.#answer(call);
    const key = call.means.list;
    return Promise.resolve({
      kind: 'result',
      payload: Payload.ofResult(JSON.stringify({ [key]: this.listed(key, call.able), ...this.hints })),
    });
  };

  /** What it lists to a client that can answer so much. */
  listed(key: string, _able: string): unknown[] {
    return this.lists[key] ?? [];
  }

  profile(): Promise<Profile> {
    const flags = { listChanged: true, subscribe: true };
    return Promise.resolve({
      capabilities: { tools: flags, prompts: flags, resources: flags },
      serverInfo: { name: this.name, version: '1' },
      instructions: undefined,
      live: this.live,
      listsVary: this.listsVary,
    });
  }

  status(): UpstreamStatus {
    return { state: this.state, revision: undefined, reason: undefined };
  }

  watch(listener: (event: UpstreamEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  subscribe({ uri, updated }: Parameters<Upstream['subscribe']>[0]): Promise<() => void> {
    this.subscribed.set(uri, updated);
    return Promise.resolve(() => this.subscribed.delete(uri));
  }

  tell(event: UpstreamEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
