/** What is no message at all, whatever the revision, and how a refused message is answered. The same on every way in. */
import { Fault, toFault } from '../kernel/fault.ts';
import type { Family } from '../protocol/classify.ts';
import type { WireError } from '../protocol/code.ts';
import type { Message } from '../protocol/jsonrpc.ts';
import { wireError as wireError2025 } from '../protocol/rev2025/errors.ts';
import { wireError as wireError2026 } from '../protocol/rev2026/errors.ts';

/** @throws Fault */
export function judge(message: Message, family: Family): void {
  const { problem, form } = message;
  if (problem === 'syntax') throw new Fault('malformed', 'The body is not valid JSON.');
  if (problem === 'depth') throw new Fault('malformed', 'The body is nested too deeply.');
  if (problem !== undefined)
    throw new Fault('not-a-request', 'The body has a key twice, or in a wrong case, where that matters.');
  if (form === 'none') throw new Fault('not-a-request', 'The body is no JSON-RPC message.');
  if (form === 'response' && family === 'rev2026') throw new Fault('not-a-request', 'Nothing was asked.');
}

export interface Refused {
  /** JSON text. */
  readonly id: string | undefined;
  readonly error: WireError;
}

/** An error's id is the request's where that could be read. Older clients expect `null` where it could not, newer ones nothing. */
export function refusedAs(message: Message | undefined, family: Family, error: unknown): Refused {
  const fault = toFault(error);
  const unreadable = family === 'rev2026' ? undefined : 'null';
  return {
    id: message?.form === 'notification' ? undefined : (message?.id ?? unreadable),
    error: family === 'rev2026' ? wireError2026(fault) : wireError2025(fault),
  };
}
