/**
 * JSON-RPC with a child over its pipes, many requests at once (MCP, "stdio"). Answers are told apart by our own ids, progress by our own
 * tokens; a log message belongs to nobody on a pipe unless exactly one request could have caused it.
 */
import type { Part } from '../../kernel/parts.ts';
import type { Log } from '../../core/ports/log.ts';
import { Fault } from '../../kernel/fault.ts';
import { Lines } from '../../wire/lines.ts';
import type { Skim } from '../../kernel/skim/skim.ts';
import { elements } from '../../kernel/scan.ts';
import type { Time, Timer } from '../../kernel/time.ts';
import { readReply, REPLY, type Message } from '../../protocol/jsonrpc.ts';
import { requestParts, type Ask, type Link, type Reply } from './link.ts';
import type { Child } from './process.ts';

export interface StdioOptions {
  readonly lineBytes: number;
  readonly jsonDepth: number;
  readonly skim: Skim;
  readonly name: string;
  readonly log: Log;
  readonly time: Time;
  /** Without a word about a request, before the first and after it. */
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Notifications and requests that belong to no request of ours. */
  readonly heard: (message: Message) => void;
}

interface Waiting {
  readonly ask: Ask;
  /** Ends the wait when nothing is heard about the request for too long. */
  quiet: Timer | undefined;
  readonly quietAfter: (ms: number) => Timer | undefined;
  readonly settle: (reply: Reply) => void;
  readonly fail: (fault: Fault) => void;
}

/** What a child may leave unread before it counts as hung. */
const MAX_UNREAD = 32 * 1024 * 1024;
const MAX_BATCH = 1000;
const LATE_LOG_MS = 1000;

export class StdioLink implements Link {
  readonly #options: StdioOptions;
  readonly #waiting = new Map<number, Waiting>();
  readonly #lines: Lines;
  #child: Child | undefined;
  #lastId = 0;
  /** The request that was answered last. */
  #last: { readonly owner: string; readonly endedMs: number } | undefined;

  constructor(options: StdioOptions) {
    this.#options = options;
    this.#lines = new Lines(options.lineBytes, (line) => this.#line(line));
  }

  attach(child: Child): void {
    this.#child = child;
  }

  /** Requests without an answer yet. */
  get pending(): number {
    return this.#waiting.size;
  }

  /** What the child wrote. A line over the bound ends it. */
  output(chunk: Buffer): void {
    if (this.#lines.push(chunk)) return;
    this.#options.log.warn({ server: this.#options.name, bound: 'lineBytes' }, 'line too long; child ended');
    this.#child?.kill('wrote a line that was too long (bounds.lineBytes)');
  }

  /** The child is gone: nobody waits any longer. */
  ended(reason: string): void {
    this.#child = undefined;
    for (const waiting of this.#waiting.values()) {
      waiting.fail(
        new Fault('interrupted', 'The server ended before it answered.', { detail: reason, delivered: 'unknown' }),
      );
    }
  }

  request(ask: Ask): Promise<Reply> {
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    if (ask.abort.reason) return Promise.reject(ask.abort.reason);
    const refused = this.#write(requestParts(id, ask.method, ask.params(id)));
    if (refused) return Promise.reject(refused);
    const stopped = (reason: Fault): void => {
      if (!this.#waiting.has(id)) return;
      this.notify(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}`);
      end();
      reject(new Fault(reason.kind, reason.message, { detail: reason.detail ?? '', delivered: 'unknown' }));
    };
    const end = (): void => {
      this.#waiting.get(id)?.quiet?.cancel();
      this.#waiting.delete(id);
      this.#answeredLast(ask.owner);
      ask.abort.ignore(stopped);
    };
    const settle = (reply: Reply): void => {
      end();
      resolve(reply);
    };
    const fail = (fault: Fault): void => {
      end();
      reject(fault);
    };
    const quietAfter = (ms: number): Timer | undefined =>
      ask.standing === true
        ? undefined
        : this.#options.time.after(ms, () => stopped(new Fault('timed-out', 'The server did not answer in time.')));
    this.#waiting.set(id, { ask, settle, fail, quietAfter, quiet: quietAfter(this.#options.firstByteTimeoutMs) });
    ask.abort.listen(stopped);
    return promise;
  }

  notify(message: string): void {
    const child = this.#child;
    // A server that asks and asks and reads no answer would fill our memory.
    if (child && child.unread > MAX_UNREAD) child.kill('does not read its input');
    else child?.write([message]);
  }

  #write(parts: readonly Part[]): Fault | undefined {
    const child = this.#child;
    if (child && child.unread > MAX_UNREAD)
      return new Fault('overloaded', 'The server does not read its input.', { retryAfterMs: 1000 });
    if (child?.write(parts)) return undefined;
    return new Fault('unavailable', 'The server is not running.', { retryAfterMs: 1000 });
  }

  #line(line: Buffer): void {
    const first = line[0];
    if (first !== 0x7b && first !== 0x5b && first !== 0x20) {
      if (line.length > 0) this.#noise(line);
      return;
    }
    const message = readReply(line, this.#options.jsonDepth, this.#options.skim.scan);
    if (message.form === 'batch' && message.problem === undefined) {
      for (const element of elements(line, MAX_BATCH) ?? [])
        this.#message(readReply(element, this.#options.jsonDepth, this.#options.skim.scan));
    } else this.#message(message, line);
  }

  #message(message: Message, line?: Buffer): void {
    if (message.form === 'response') this.#response(message);
    else if (message.form === 'notification' || message.form === 'request') this.#heard(message);
    else if (message.id === undefined || !this.#broken(message.id)) this.#noise(line ?? Buffer.alloc(0));
  }

  #response(message: Message): void {
    const id = Number(message.id);
    const waiting = this.#waiting.get(id);
    // Cancelled, or never asked: nobody's business.
    if (!waiting || message.id !== String(id)) return;
    if (message.problem === undefined) waiting.settle({ status: 200, message, header: () => undefined });
    else
      waiting.fail(
        new Fault('broken', 'The server gave an answer that is not valid.', {
          detail: message.problem,
          delivered: 'yes',
        }),
      );
  }

  /** An answer that can be told to be somebody's although it is none. */
  #broken(id: string): boolean {
    const waiting = this.#waiting.get(Number(id));
    if (!waiting) return false;
    waiting.fail(new Fault('broken', 'The server gave an answer that is not valid.', { delivered: 'yes' }));
    return true;
  }

  #heard(message: Message): void {
    if (message.problem !== undefined) return;
    const { fields, method } = message;
    if (method === 'notifications/progress') {
      const id = Number(fields.raw(REPLY.progressToken)?.toString('latin1'));
      const waiting = this.#waiting.get(id);
      if (!waiting) return;
      waiting.quiet?.cancel();
      waiting.quiet = waiting.quietAfter(this.#options.idleTimeoutMs);
      waiting.ask.heard(message, id);
      return;
    }
    if (method === 'notifications/message') {
      const [sole, another] = [...this.#waiting].filter(([, waiting]) => waiting.ask.standing !== true);
      if (sole && !another && sole[1].ask.wantsLogs && this.#isAlone(sole[1].ask.owner)) {
        sole[1].ask.heard(message, sole[0]);
        return;
      }
    }
    this.#options.heard(message);
  }

  /** Our own requests, which have no owner, say nothing to anybody. */
  #answeredLast(owner: string | undefined): void {
    if (owner !== undefined) this.#last = { owner, endedMs: this.#options.time.elapsed() };
  }

  /** Whether nobody else's request could still be speaking: a server may log a little after its answer. */
  #isAlone(owner: string | undefined): boolean {
    return (
      this.#last === undefined ||
      this.#last.owner === owner ||
      this.#options.time.elapsed() - this.#last.endedMs > LATE_LOG_MS
    );
  }

  #noise(line: Buffer): void {
    this.#options.log.debug({ server: this.#options.name, bytes: line.length }, 'noise on stdout');
  }
}
