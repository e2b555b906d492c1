/** A byte-level connection to an MCP server: takes requests, gives back the peer's answers. Knows JSON-RPC, no revision. */
import type { Part } from '../../kernel/parts.ts';
import type { Abort } from '../../kernel/abort.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Message } from '../../protocol/jsonrpc.ts';
import type { Turn } from './turns.ts';

export interface Ask {
  readonly method: string;
  /** Params for the id that the link gave the request; the id also serves as progress token. */
  params(id: number): readonly Part[];
  /** Ready header lines; a pipe has none and ignores them. */
  readonly headers: string;
  readonly abort: Abort;
  /** Notifications and requests that the peer sends on the way to the answer. */
  heard(message: Message, id: number): void;
  /** Until when the peer may log something because of it, which on a pipe names no request. Absent: never, or nothing that is anybody's own. */
  readonly logs?: 'until-answered' | 'later-too' | undefined;
  /** Stays open for as long as the connection does. */
  readonly standing?: boolean;
  /** Whether the server is asked to go on with an answer whose stream was cut; no pipe ever is. */
  readonly resumes?: boolean;
  /** A deadline has passed: whether the peer may be silent for as long again. It may while it waits for an answer, and once when it has it. */
  excuses?(): boolean;
  /** Whose request it is; tells callers apart, nothing else. */
  readonly owner?: string;
  /**
   * That the peer may ask something because of it; `alone` where somebody can answer. On a pipe such requests take turns, and what the peer asks
   * reaches `heard` of the only one that it can belong to. Absent for what a peer answers by itself.
   */
  readonly turn?: Turn | undefined;
  /** With whom turns are shared fairly. */
  readonly share?: string;
  /** It has a turn that others wait for now. Told more than once. */
  pressed?(): void;
}

export interface Reply {
  /** The HTTP status; 200 on a pipe. */
  readonly status: number;
  /** The response; `undefined` where the peer answered something that is no JSON-RPC response. */
  readonly message: Message | undefined;
  header(name: string): string | undefined;
}

export interface Link {
  /** @throws Fault when no answer came: unreachable, timed-out, interrupted, broken, or the abort's reason. */
  request(ask: Ask): Promise<Reply>;
  /**
   * Sends a notification or an answer to the peer's own request: `message` is whole JSON. Where it is a request of its own that carries it,
   * `failed` hears that the peer did not take it; on a pipe all that is under way fails with it.
   */
  notify(message: string, headers: string, failed?: (fault: Fault) => void): void;
}

const HEAD = Buffer.from('{"jsonrpc":"2.0","id":');
const METHOD = Buffer.from(',"method":"');
const PARAMS = Buffer.from('","params":');
const END = Buffer.from('}');

/** How ids end. */
const ENDINGS = Array.from({ length: 1000 }, (_, ending) => String(ending).padStart(3, '0'));

/** A request's parts. Methods come from the table of methods: their names need no escapes. */
export function requestParts(id: number, method: string, params: readonly Part[]): Part[] {
  return [HEAD, idText(id), METHOD, method, PARAMS, ...params, END];
}

/**
 * A request's id as it is written. V8 keeps the texts of thousands of numbers, in case one comes again. These do not, and each would be found
 * among the old when it is dropped: 24 MB in a million calls.
 */
export function idText(id: number): string {
  const ending = id % 1000;
  return id < 1000 ? String(id) : String((id - ending) / 1000) + (ENDINGS[ending] ?? '');
}

/** A message to which nothing is answered, refused. */
export const notTaken = (status: number): Fault =>
  new Fault('broken', 'The server did not take what it was told.', { detail: `HTTP ${status}`, delivered: 'unknown' });
