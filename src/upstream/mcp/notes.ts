/** What a server says while it works on a call: judged, filtered and handed to that call, and to no other. */
import type { Call } from '../../core/call.ts';
import { REPLY, type Message } from '../../protocol/jsonrpc.ts';
import { isAtLeast, isLogLevel } from '../../protocol/methods.ts';

/** Made for one request; `close` when its answer is there: nothing may follow a result (MCP, "Progress"). */
export class Notes {
  readonly #call: Call;
  #open = true;
  #progress = Number.NEGATIVE_INFINITY;

  constructor(call: Call) {
    this.#call = call;
  }

  close(): void {
    this.#open = false;
  }

  /** @param id of the request, which is its progress token as well. */
  hear(message: Message, id: number): void {
    if (!this.#open || message.form !== 'notification') return;
    if (message.method === 'notifications/progress') this.#moved(message, id);
    else if (message.method === 'notifications/message') this.#logged(message);
  }

  #moved(message: Message, id: number): void {
    const { fields } = message;
    if (!this.#call.wantsProgress || fields.raw(REPLY.progressToken)?.toString('latin1') !== String(id)) return;
    const progress = Number(fields.raw(REPLY.progress)?.toString('latin1'));
    // It must grow with each notification; one that does not would break a strict client.
    if (!(progress > this.#progress)) return;
    this.#progress = progress;
    this.#call.emit({ method: 'notifications/progress', fields });
  }

  #logged(message: Message): void {
    const wanted = this.#call.logLevel;
    if (wanted === 'off') return;
    const level = message.fields.text(REPLY.level);
    if (!isLogLevel(level) || (wanted !== 'unset' && !isAtLeast(level, wanted))) return;
    this.#call.emit({ method: 'notifications/message', fields: message.fields });
  }
}
