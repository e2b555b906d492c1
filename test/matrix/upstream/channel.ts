/** Where the messages of one request go before its answer, and how its end is told to whoever answers it. */
import type { Fields } from '../../fixtures/conformance/message.ts';

export interface Channel {
  /** Aborted when the client no longer wants the answer; the reason says how that was told. */
  readonly signal: AbortSignal;
  readonly send: (message: Fields) => void;
}
