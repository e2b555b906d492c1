/** Where a client's connection is between two requests, or in one. `connection` says how it gets from one to the other. */

export type State = 'idle' | 'head' | 'body' | 'answering' | 'streaming' | 'flushing' | 'closing' | 'closed';

/** What comes is read on. */
export const isReading = (state: State): boolean => state === 'idle' || state === 'head' || state === 'body';

/** A request has no answer yet, but may be given one. */
export const isUnanswered = (state: State): boolean => state === 'body' || state === 'answering';

/** A request comes or is being answered. */
export const isBusy = (state: State): boolean => state !== 'idle' && state !== 'closing' && state !== 'closed';
