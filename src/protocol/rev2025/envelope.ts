/** What session revisions carry per request: a progress token in `_meta`, nothing else that is reserved (2025-11-25, "Progress"). */
import { REQUEST } from '../jsonrpc.ts';

/** Members of params that these revisions do not know; they belong to answers to a question that was never asked here. */
export const UNKNOWN_PARAMS: readonly number[] = [REQUEST.requestState, REQUEST.inputResponses];

export interface OwnEnvelope {
  readonly progressToken?: number | undefined;
}

/** The `_meta` that this hop writes, as JSON; empty where it writes none. */
export const writeEnvelope = (own: OwnEnvelope): string =>
  own.progressToken === undefined ? '' : `{"progressToken":${own.progressToken}}`;
