/**
 * The headers that mirror a request of MCP 2026-07-28 ("Streamable HTTP", request headers). Which arguments of a tool are among them its schema
 * says; a server whose schemas have moved on refuses the call, and they are read anew, once for all calls that wait.
 */
import type { Call } from '../../core/call.ts';
import { Abort, unlessAborted } from '../../kernel/abort.ts';
import { afterwards } from '../../kernel/afterwards.ts';
import { BoundedMap, SingleFlight } from '../../kernel/bounded.ts';
import { Fault } from '../../kernel/fault.ts';
import { member } from '../../kernel/json.ts';
import type { Time } from '../../kernel/time.ts';
import { encodeHeader, mirroredArguments, mirroredValue, type MirroredArgument } from '../../protocol/headers.ts';
import { REPLY, REQUEST } from '../../protocol/jsonrpc.ts';
import { VERSION, writeEnvelope } from '../../protocol/rev2026/envelope.ts';
import type { Link } from '../link/link.ts';
import { answered } from './replies.ts';

export interface RequestHeadersOptions {
  readonly link: Link;
  readonly time: Time;
  /** JSON text. */
  readonly clientInfo: string;
  /** Called whenever schemas had to be read anew. */
  readonly moved: () => void;
}

/** Tools whose headers are remembered, and whose schemas are looked for. */
const MAX_TOOLS = 1024;
const MAX_PAGES = 100;
const READ_MS = 10_000;
/** A server that refuses what its own schemas say is not asked for them again at once. */
const MIN_READ_MS = 2000;

type Schemas = ReadonlyMap<string, readonly MirroredArgument[]>;

export class RequestHeaders {
  readonly #options: RequestHeadersOptions;
  /** By a tool's name: its headers but for its arguments. */
  readonly #ofTools = new BoundedMap<string, string>(MAX_TOOLS);
  readonly #flight = new SingleFlight<'tools', Schemas>();
  /** What was last read anew. */
  #read: { readonly schemas: Schemas; readonly atMs: number } | undefined;

  constructor(options: RequestHeadersOptions) {
    this.#options = options;
  }

  of(call: Call, mirrored: readonly MirroredArgument[] | undefined = call.target?.mirrored): string {
    const headers = this.#headersFor(call.method, nameOf(call));
    if (!mirrored || mirrored.length === 0) return headers;
    const args = call.payload.fields.parse(REQUEST.arguments);
    const lines = mirrored.map((argument) => {
      const value = mirroredValue(argument, args);
      return value === undefined ? '' : `Mcp-Param-${argument.label}: ${encodeHeader(value)}\r\n`;
    });
    return headers + lines.join('');
  }

  /** The same by the schema that the server has now. @throws Fault where it does not say. */
  async renewed(call: Call): Promise<string> {
    const reading = this.#flight.run('tools', () => this.#schemas());
    const schemas = await unlessAborted(reading, call.abort);
    return this.of(call, schemas.get(nameOf(call) ?? '') ?? []);
  }

  /** Tools are called again and again; URIs are not remembered, as they are without end. */
  #headersFor(method: string, name: string | undefined): string {
    if (method !== 'tools/call' || name === undefined) return headersFor(method, name);
    const known = this.#ofTools.peek(name);
    if (known !== undefined) return known;
    const headers = headersFor(method, name);
    this.#ofTools.set(name, headers);
    return headers;
  }

  async #schemas(): Promise<Schemas> {
    const { time, moved } = this.#options;
    if (this.#read && time.elapsed() - this.#read.atMs < MIN_READ_MS) return this.#read.schemas;
    const abort = new Abort();
    const timer = time.after(READ_MS, () => abort.now(new Fault('timed-out', 'It did not answer its list in time.')));
    const schemas = await afterwards(this.#drain(abort), () => timer.cancel());
    this.#read = { schemas, atMs: time.elapsed() };
    moved();
    return schemas;
  }

  async #drain(abort: Abort): Promise<Schemas> {
    const schemas = new Map<string, readonly MirroredArgument[]>();
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const result = await this.#list(cursor, abort);
      const tools = member(result, 'tools');
      for (const tool of Array.isArray(tools) ? (tools as readonly unknown[]) : []) {
        const name = member(tool, 'name');
        const mirrored = mirroredArguments(member(tool, 'inputSchema'));
        const isNeeded = typeof name === 'string' && !('invalid' in mirrored) && mirrored.length > 0;
        if (isNeeded && schemas.size < MAX_TOOLS) schemas.set(name, mirrored);
      }
      const next = member(result, 'nextCursor');
      if (typeof next !== 'string' || next === cursor) break;
      cursor = next;
    }
    return schemas;
  }

  async #list(cursor: string | undefined, abort: Abort): Promise<unknown> {
    const { link, clientInfo } = this.#options;
    const from = cursor === undefined ? '' : `"cursor":${JSON.stringify(cursor)},`;
    const params = `{${from}"_meta":${writeEnvelope({ clientInfo, capabilities: '{}' })}}`;
    const reply = await link.request({
      method: 'tools/list',
      headers: headersFor('tools/list', undefined),
      abort,
      params: () => [params],
      heard: () => undefined,
    });
    return answered(reply).parse(REPLY.result);
  }
}

const nameOf = ({ means, target }: Call): string | undefined =>
  means.kind === 'single' && means.by !== 'ref' ? target?.name : undefined;

/** What every request says of itself. */
export function headersFor(method: string, name: string | undefined): string {
  const named = name === undefined ? '' : `Mcp-Name: ${encodeHeader(name)}\r\n`;
  return `MCP-Protocol-Version: ${VERSION}\r\nMcp-Method: ${method}\r\n${named}`;
}
