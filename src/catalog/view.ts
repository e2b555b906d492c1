/** Which view of a server's lists a call is shown: a client with a session sees what a server shows to such a one, everybody else the same. */
import type { Call } from '../core/call.ts';
import { offerable } from '../protocol/capabilities.ts';

export const viewOf = ({ caller, able }: Call): string | undefined =>
  caller.kind === 'session' ? offerable(able, { roots: false }) : undefined;
