/** Makes values that come back through a client: unreadable, unchangeable, good for one purpose. Implemented in `seal/`. */

/** Longest sealed value that is looked at when it comes back, in characters. */
export const MAX_SEALED = 65_536;

export interface Seal {
  /** @param purpose part of what is authenticated: what was sealed for one purpose does not open for another. */
  seal(purpose: string, text: string): string;
  /** `undefined` for everything that was not sealed here for this purpose. */
  open(purpose: string, sealed: string): string | undefined;
}
