/** What one listener lets clients take: sizes, counts and times. The numbers come from the configuration; here they are enforced. */
export interface WireBounds {
  readonly headerBytes: number;
  readonly headers: number;
  readonly targetBytes: number;
  readonly bodyBytes: number;
  /** From the first byte of a request to the end of its head. */
  readonly headerTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  /** Between requests, and for a peer that does not read what it is sent. */
  readonly idleTimeoutMs: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly streamQueueBytes: number;
}
