/** A visit at one of the two paths of HTTP+SSE. */
import type { SsePath } from '../../core/endpoint.ts';
import type { Exchange } from '../../wire/http1/serving.ts';
import { Visit } from '../http/visit.ts';

export class SseVisit extends Visit {
  readonly place: SsePath;

  constructor(exchange: Exchange, place: SsePath, cors: string) {
    super(exchange, place.endpoint, cors);
    this.place = place;
  }

  /** The session that its query names, as it was sent. */
  get session(): string | undefined {
    return /[?&]session=([^&]*)/u.exec(this.exchange.target)?.[1];
  }
}
