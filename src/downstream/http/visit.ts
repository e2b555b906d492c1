/** One HTTP exchange on an MCP route, after its head has been judged: where it goes, and how it is answered. */
import type { Part } from '../../kernel/parts.ts';
import type { Caller } from '../../core/caller.ts';
import type { Endpoint } from '../../core/endpoint.ts';
import type { WireError } from '../../protocol/code.ts';
import { errorMessage } from '../../protocol/code.ts';
import type { Exchange } from '../../wire/http1/serving.ts';
import type { Origin } from '../origin.ts';

const NOBODY: Caller = { key: 'nobody', kind: 'anonymous', share: 'nobody' };
const JSON_TYPE = 'content-type: application/json\r\n';

export class Visit implements Origin {
  readonly exchange: Exchange;
  readonly endpoint: Endpoint;
  /** Header lines for a browser of an allowed origin; empty for everybody else. */
  readonly cors: string;
  /** A client's own id for its request, where it is one that may be written down. */
  readonly clientRequestId: string | undefined;
  /** Whoever asks; put in by the way in, where the request itself says it and no session does. */
  caller: Caller = NOBODY;

  constructor(exchange: Exchange, endpoint: Endpoint, cors: string) {
    this.exchange = exchange;
    this.endpoint = endpoint;
    this.cors = cors;
    const named = exchange.header('x-request-id');
    this.clientRequestId = named !== undefined && /^[A-Za-z0-9._-]{1,64}$/u.test(named) ? named : undefined;
  }

  /** A whole JSON body. @param extra further ready header lines. */
  json(status: number, parts: readonly Part[], extra = ''): void {
    const retry = status === 503 ? 'retry-after: 1\r\n' : '';
    this.exchange.respondParts(status, JSON_TYPE + this.cors + retry + extra, parts);
  }

  /** No body at all, as notifications are answered. */
  empty(status: number): void {
    this.exchange.respond(status, this.cors, '');
  }

  /** A JSON-RPC error. `id` is JSON text; `undefined` leaves it out. */
  error(id: string | undefined, error: WireError): void {
    this.json(error.status, [errorMessage(id, error)]);
  }
}
