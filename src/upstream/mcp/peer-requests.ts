/** Requests that a server sends to us. `ping` is answered; what would need a client is refused, since none was promised one. */
import { CODE, errorMessage } from '../../protocol/code.ts';
import type { Message } from '../../protocol/jsonrpc.ts';
import type { Link } from '../link/link.ts';

export class PeerRequests {
  readonly #link: Link;
  readonly #headers: () => string;

  constructor(link: Link, headers: () => string) {
    this.#link = link;
    this.#headers = headers;
  }

  answer(message: Message): void {
    const { id, method } = message;
    if (id === undefined) return;
    const refusal = { code: CODE.methodNotFound, message: `This client does not support ${method.slice(0, 100)}.` };
    this.#link.notify(
      method === 'ping' ? `{"jsonrpc":"2.0","id":${id},"result":{}}` : errorMessage(id, refusal),
      this.#headers(),
    );
  }
}
