/** JSON-RPC with a child over its pipes, one message a line (MCP, "stdio"). What the messages mean to each other is the conversation's affair. */
import type { Part } from '../../kernel/parts.ts';
import { Fault } from '../../kernel/fault.ts';
import { Lines } from '../../wire/lines.ts';
import { Conversation, type ConversationOptions, type Way } from './conversation.ts';
import type { Ask, Link, Reply } from './link.ts';
import type { Child } from './process.ts';

export interface StdioOptions extends ConversationOptions {
  readonly lineBytes: number;
}

/** What a child may leave unread before it counts as hung. */
const MAX_UNREAD = 32 * 1024 * 1024;

export class StdioLink implements Link, Way {
  readonly #options: StdioOptions;
  readonly #conversation: Conversation;
  readonly #lines: Lines;
  #child: Child | undefined;

  constructor(options: StdioOptions) {
    this.#options = options;
    this.#conversation = new Conversation(options, this);
    this.#lines = new Lines(options.lineBytes, (line) => this.#conversation.hear(line));
  }

  attach(child: Child): void {
    this.#child = child;
  }

  /** Requests without an answer yet. */
  get pending(): number {
    return this.#conversation.pending;
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
    this.#conversation.end('The server ended before it answered.', reason);
  }

  request(ask: Ask): Promise<Reply> {
    return this.#conversation.request(ask);
  }

  // What the conversation asks of it.

  notify(message: string): void {
    const child = this.#child;
    // A server that asks and asks and reads no answer would fill our memory.
    if (child && child.unread > MAX_UNREAD) child.kill('does not read its input');
    else child?.write([message]);
    this.#conversation.said(message);
  }

  write(request: readonly Part[]): Fault | undefined {
    const child = this.#child;
    if (child && child.unread > MAX_UNREAD)
      return new Fault('overloaded', 'The server does not read its input.', { retryAfterMs: 1000 });
    if (child?.write(request)) return undefined;
    return new Fault('unavailable', 'The server is not running.', { retryAfterMs: 1000 });
  }
}
