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
import type { Time } from '../../kernel/time.ts';
import { readReply, REPLY, type Message } from '../../protocol/jsonrpc.ts';
import { idText, requestParts, type Ask, type Link, type Reply } from './link.ts';
import type { Child } from './process.ts';
import { Waiting, WaitingTable, type WaitingRoom } from './waiting.ts';

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

interface Ended {
  readonly owner: string;
  endedMs: number;
}

/** What a child may leave unread before it counts as hung. */
const MAX_UNREAD = 32 * 1024 * 1024;
const MAX_BATCH = 1000;
const LATE_LOG_MS = 1000;

export class StdioLink implements Link, WaitingRoom {
  readonly #options: StdioOptions;
  readonly #waiting = new WaitingTable();
  readonly #lines: Lines;
  #child: Child | undefined;
  /** Whose request ended last, and when one of anybody else did. */
  #last: Ended | undefined;
  #lastOfOthers: Ended | undefined;

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
    if (ask.abort.reason) return Promise.reject(ask.abort.reason);
    const id = this.#waiting.nextId();
    const refused = this.#write(requestParts(id, ask.method, ask.params(id)));
    if (refused) return Promise.reject(refused);
    const waiting = new Waiting(this, ask, id);
    this.#waiting.add(waiting);
    waiting.expectWithin(this.#options.firstByteTimeoutMs);
    return waiting.promise;
  }

  // What its waiting requests ask of it.

  get time(): Time {
    return this.#options.time;
  }

  left(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    const { ask } = waiting;
    // Our own requests, which have no owner, say nothing to anybody.
    if (ask.owner === undefined) return;
    const endedMs = this.#options.time.elapsed();
    const last = this.#last;
    if (last?.owner === ask.owner) last.endedMs = endedMs;
    else {
      if (last) this.#lastOfOthers = last;
      this.#last = { owner: ask.owner, endedMs };
    }
  }

  cancel(id: number): void {
    this.notify(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}`);
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
    if (!waiting || message.id !== idText(id)) return;
    if (message.problem === undefined) waiting.settle(message);
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
      waiting.expectWithin(this.#options.idleTimeoutMs);
      waiting.ask.heard(message, id);
      return;
    }
    if (method === 'notifications/message') {
      const [sole, another] = this.#waiting.values().filter(({ ask }) => ask.standing !== true);
      if (sole && !another && sole.ask.wantsLogs && this.#isAlone(sole.ask.owner)) {
        sole.ask.heard(message, sole.id);
        return;
      }
    }
    this.#options.heard(message);
  }

  /** Whether nobody else's request could still be speaking: a server may log a little after its answer. */
  #isAlone(owner: string | undefined): boolean {
    const last = this.#last?.owner === owner ? this.#lastOfOthers : this.#last;
    return last === undefined || this.#options.time.elapsed() - last.endedMs > LATE_LOG_MS;
  }

  #noise(line: Buffer): void {
    this.#options.log.debug({ server: this.#options.name, bytes: line.length }, 'noise on stdout');
  }
}
