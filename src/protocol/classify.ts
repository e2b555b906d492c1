/**
 * Which family of revisions a POST belongs to. Decided once, at the entry, from the body first and the version header second
 * (MCP 2026-07-28, "Versioning", backward compatibility). Pure: returns, never throws.
 */
import type { Message } from './jsonrpc.ts';
import { REQUEST } from './jsonrpc.ts';

export type Family = 'rev2025' | 'rev2026';

/** From this date on requests carry their own envelope. ISO dates compare as text. */
const FIRST_STATELESS = '2026-07-28';

export const isStateless = (version: string | undefined): boolean =>
  version !== undefined && /^\d{4}-\d{2}-\d{2}$/u.test(version) && version >= FIRST_STATELESS;

/** @param versionHeader the `MCP-Protocol-Version` header. */
export function classify(message: Message, versionHeader: string | undefined): Family {
  const { fields, form, method } = message;
  if (form === 'batch' || form === 'response') return isStateless(versionHeader) ? 'rev2026' : 'rev2025';
  if (form === 'request' && method === 'initialize') {
    return isStateless(fields.text(REQUEST.version)) || isStateless(versionHeader) ? 'rev2026' : 'rev2025';
  }
  if (fields.has(REQUEST.version)) return 'rev2026';
  return isStateless(versionHeader) ? 'rev2026' : 'rev2025';
}
