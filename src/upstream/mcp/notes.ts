/** What a server says while it works on a call: judged, filtered and handed to that call, and to no other. */
import type { Call } from '../../core/call.ts';
import { REPLY, type Fields, type Message } from '../../protocol/jsonrpc.ts';
import { isAtLeast, isLogLevel } from '../../protocol/methods.ts';

/** Made for one request; `close` when its answer is there: nothing may follow a result (MCP, "Progress"). */
export class Notes {
  #call: Call;
  #state: 'open' | 'away' | 'closed' = 'open';
  #progress = Number.NEGATIVE_INFINITY;
  /** The last progress while nobody was there to hear it. */
  #missed: Fields | undefined;

  constructor(call: Call) {
    this.#call = call;
  }

  close(): void {
    this.#state = 'closed';
    this.#missed = undefined;
  }

  /** Its client has been asked something, and has no way open on which it could be told. @param call what is left of it meanwhile. */
  away(call: Call): void {
    this.#call = call;
    if (this.#state === 'open') this.#state = 'away';
  }

  /** @param call the same one, in its next round. */
  back(call: Call): void {
    this.#call = call;
    if (this.#state === 'closed') return;
    this.#state = 'open';
    if (this.#missed && call.wantsProgress) call.emit({ method: 'notifications/progress', fields: this.#missed });
    this.#missed = undefined;
  }

  /** @param id of the request, which is its progress token as well. */
  hear(message: Message, id: number): void {
    if (this.#state === 'closed' || message.form !== 'notification') return;
    if (message.method === 'notifications/progress') this.#moved(message, id);
    else if (message.method === 'notifications/message' && this.#state === 'open') this.#logged(message);
  }

  #moved(message: Message, id: number): void {
    const { fields } = message;
    const isAway = this.#state === 'away';
    if (!this.#call.wantsProgress && !isAway) return;
    if (fields.raw(REPLY.progressToken)?.toString('latin1') !== String(id)) return;
    const progress = Number(fields.raw(REPLY.progress)?.toString('latin1'));
    // It must grow with each notification; one that does not would break a strict client.
    if (!(progress > this.#progress)) return;
    this.#progress = progress;
    if (isAway) this.#missed = fields;
    else this.#call.emit({ method: 'notifications/progress', fields });
  }

  #logged(message: Message): void {
    const wanted = this.#call.logLevel;
    if (wanted === 'off') return;
    const level = message.fields.text(REPLY.level);
    if (!isLogLevel(level) || (wanted !== 'unset' && !isAtLeast(level, wanted))) return;
    this.#call.emit({ method: 'notifications/message', fields: message.fields });
  }
}
