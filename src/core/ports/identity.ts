/** Says from whom a request comes, by what proves it. Implemented in `auth/`; a session of the revisions that have them is asked for once. */
import type { Caller } from '../caller.ts';

/** What a request shows of its sender. */
export interface Presented {
  /** A header's value, the name in lower case. */
  header(name: string): string | undefined;
  readonly from: { readonly network: string };
}

export interface Identity {
  identify(presented: Presented): Caller;
}
