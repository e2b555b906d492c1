/** How a client of either revision words what it sends: heads, headers that mirror, envelopes. */
import type { Json, Revision } from './offer.ts';
import type { World } from './world.ts';

const KEY = 'io.modelcontextprotocol/';

export class Wording {
  /** The session's id, once there is one. */
  session: string | undefined;
  readonly #world: World;
  readonly #isStateless: boolean;
  readonly #path: string;

  constructor(world: World, revision: Revision, server: string | undefined) {
    this.#world = world;
    this.#isStateless = revision === '2026-07-28';
    this.#path = server === undefined ? '/mcp' : `/servers/${server}/mcp`;
  }

  post(message: Json): string {
    const body = JSON.stringify(message);
    const length = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
    const head = this.head('POST', length + this.#mirrors(message), message['method'] === 'initialize');
    return `${head}\r\n${body}`;
  }

  /** All but the empty line. @param isFirst belongs to no session yet. */
  head(method: string, lines: string, isFirst = false): string {
    const version = 'mcp-protocol-version: 2025-11-25\r\n';
    const session = this.session === undefined || isFirst ? '' : `mcp-session-id: ${this.session}\r\n${version}`;
    const accept = 'accept: application/json, text/event-stream\r\n';
    return `${method} ${this.#path} HTTP/1.1\r\nhost: 127.0.0.1:8080\r\n${accept}${session}${lines}`;
  }

  meta(token: string | undefined): Json {
    const progress = token === undefined ? {} : { progressToken: token };
    if (!this.#isStateless) return progress;
    const level = this.#world.draws(50) ? { [`${KEY}logLevel`]: 'debug' } : {};
    return {
      ...progress,
      ...level,
      [`${KEY}protocolVersion`]: '2026-07-28',
      [`${KEY}clientCapabilities`]: { elicitation: {} },
      [`${KEY}clientInfo`]: { name: 'sim', version: '1' },
    };
  }

  greeting(): Json {
    const { isCalm } = this.#world;
    const capabilities = isCalm || this.#world.draws(80) ? { elicitation: {} } : {};
    return { protocolVersion: '2025-11-25', capabilities, clientInfo: { name: 'sim', version: '1' } };
  }

  /** What no client should send. */
  nonsense(): string {
    const head = this.head('POST', 'content-length: 400\r\n');
    const all = ['\0\0\0', 'GET / HTTP/1.1\r\n\r\n', head, `${head}\r\n{"jsonrpc"`, head.slice(0, 30)];
    return this.#world.chance.one(all);
  }

  /** What concerns a session and no call. */
  small(uri: string): { readonly method: string; readonly params: Json } {
    const { chance } = this.#world;
    return chance.one([
      { method: 'ping', params: {} },
      { method: 'logging/setLevel', params: { level: chance.one(['debug', 'error']) } },
      { method: 'resources/subscribe', params: { uri } },
      { method: 'resources/unsubscribe', params: { uri } },
    ]);
  }

  /** Headers that repeat the body. */
  #mirrors({ method, params }: Json): string {
    if (!this.#isStateless) return '';
    const { name, uri } = (params ?? {}) as Readonly<Record<string, string | undefined>>;
    const named = name ?? uri;
    const line = named === undefined ? '' : `mcp-name: ${named}\r\n`;
    return `mcp-protocol-version: 2026-07-28\r\nmcp-method: ${String(method)}\r\n${line}`;
  }
}
