/**
 * Which family an upstream speaks, told from its answer to `server/discover` (MCP 2026-07-28, "Versioning": HTTP and stdio probing). A
 * verdict is drawn only from what proves something: trouble on the way (401, 403, 5xx, silence) proves nothing.
 */
import { isObject, member } from '../kernel/json.ts';
import { CODE } from './code.ts';
import { REPLY, type Message } from './jsonrpc.ts';
import { isRevision2025 } from './rev2025/differences.ts';
import { VERSION } from './rev2026/envelope.ts';

/** What a configuration says of a server: found out, or fixed. */
export type ProtocolChoice = 'auto' | '2026-07-28' | '2025-11-25' | 'http+sse';

export type Verdict =
  | { readonly kind: 'rev2026'; readonly discovered: unknown }
  | { readonly kind: 'rev2025' }
  /** It speaks the stateless family, but not as we asked: ask once more. */
  | { readonly kind: 'again' }
  | { readonly kind: 'none'; readonly reason: string };

/** @param status the HTTP status, or 200 for an answer on a pipe; @param message what the body held, if it was JSON-RPC. */
export function verdict(status: number, message: Message | undefined): Verdict {
  if (status === 401 || status === 403) return { kind: 'none', reason: `it asks for authorization (HTTP ${status})` };
  if (status >= 500) return { kind: 'none', reason: `it answered HTTP ${status}` };
  if (message?.form === 'response' && message.fields.has(REPLY.error)) return fromError(status, message);
  if (status < 300 && message?.form === 'response') return fromResult(message.fields.parse(REPLY.result));
  return { kind: 'rev2025' };
}

function fromResult(result: unknown): Verdict {
  const versions = member(result, 'supportedVersions');
  if (!Array.isArray(versions) || !isObject(member(result, 'capabilities'))) return { kind: 'rev2025' };
  return agreed(versions, { kind: 'rev2026', discovered: result });
}

function fromError(status: number, { fields }: Message): Verdict {
  const code = Number(fields.raw(REPLY.errorCode)?.toString('latin1'));
  if (code === CODE.unsupportedVersion) {
    const supported = member(member(fields.parse(REPLY.error), 'data'), 'supported');
    if (Array.isArray(supported)) return agreed(supported, { kind: 'again' });
    return status === 400 ? { kind: 'again' } : { kind: 'rev2025' };
  }
  if (status === 400 && (code === CODE.headerMismatch || code === CODE.capabilityMissing)) return { kind: 'again' };
  return { kind: 'rev2025' };
}

function agreed(versions: readonly unknown[], mutual: Verdict): Verdict {
  if (versions.includes(VERSION)) return mutual;
  if (versions.some(isRevision2025)) return { kind: 'rev2025' };
  return { kind: 'none', reason: 'it speaks no protocol revision that this gateway knows' };
}
