/** How a client's messages travel. A wire knows its transport's rules and no method; what it hears goes on as it came. */
import type { Fields, Id } from '../../fixtures/conformance/message.ts';

/** @param origin the request on whose own stream it came, where the transport has such streams. */
export type Hear = (message: Fields, origin: Id | undefined) => void;

export interface Sending {
  /** Gives the exchange up where that is a signal of its own. */
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface Wire {
  /** Whether the end of `send` is the end of the exchange: what has not come by then will not come. */
  readonly exchanges: boolean;
  open(hear: Hear): Promise<void>;
  send(message: Fields, sending?: Sending): Promise<void>;
  /** After the handshake. */
  begin(): Promise<void>;
  close(): Promise<void>;
}

export class WireFault extends Error {}
