/** The four lists, from the catalogs, in pages with cursors of our own: sealed, good for this endpoint, caller and list alone. */
import type { Next } from '../core/stage.ts';
import { Payload } from '../core/payload.ts';
import type { Seal } from '../core/ports/seal.ts';
import type { Directory, Shown } from '../catalog/directory.ts';
import { viewOf } from '../catalog/view.ts';
import { BoundedMap } from '../kernel/bounded.ts';
import { Fault } from '../kernel/fault.ts';
import type { Call } from '../core/call.ts';
import { REQUEST } from '../protocol/jsonrpc.ts';
import type { ListKind } from '../protocol/methods.ts';

/** Entries a page. Most clients read one page and stop: it is large, and a whole catalog of ordinary size. */
const PAGE = 1000;
/** First pages kept ready, one for each kind. */
const KEPT = 8;

export function list(directory: Directory, seal: Seal): Next {
  const ready = new BoundedMap<ListKind, { readonly fingerprint: string; readonly payload: Payload }>(KEPT);
  return async (call) => {
    if (call.means.kind !== 'list')
      throw new Fault('internal', 'The gateway failed to handle this request.', { detail: 'no list' });
    const kind = call.means.list;
    if (!(await directory.offers(call.means.capability))) throw new Fault('unknown-method', 'Method not found.');
    const shown = await directory.list(kind, viewOf(call));
    const offset = startOf(call, kind, { shown, seal });
    const known = ready.peek(kind);
    const fingerprint = `${shown.fingerprint} ${shown.ttlMs} ${shown.isPublic}`;
    const isWhole = offset === 0 && shown.entries.length <= PAGE;
    if (isWhole && known?.fingerprint === fingerprint) return { kind: 'result', payload: known.payload };
    const next =
      offset + PAGE < shown.entries.length
        ? seal.seal(purpose(call, kind), `${offset + PAGE} ${shown.fingerprint}`)
        : undefined;
    const payload = Payload.ofResult(page(kind, shown, { offset, next }));
    if (isWhole) ready.set(kind, { fingerprint, payload });
    return { kind: 'result', payload };
  };
}

const purpose = (call: Call, kind: ListKind): string => `cursor ${kind} ${call.endpoint} ${call.caller.key}`;

function startOf(call: Call, kind: ListKind, at: { readonly shown: Shown; readonly seal: Seal }): number {
  const { fields } = call.payload;
  if (!fields.has(REQUEST.cursor)) return 0;
  const cursor = fields.text(REQUEST.cursor);
  const [offset = '', ...fingerprint] =
    (cursor === undefined ? undefined : at.seal.open(purpose(call, kind), cursor))?.split(' ') ?? [];
  if (offset === '') throw new Fault('unknown-name', 'Invalid cursor.');
  if (fingerprint.join(' ') !== at.shown.fingerprint)
    throw new Fault('unknown-name', 'Invalid cursor: the list has changed; begin again without one.');
  return Number(offset);
}

function page(
  kind: ListKind,
  shown: Shown,
  at: { readonly offset: number; readonly next: string | undefined },
): Buffer {
  const parts: Buffer[] = [Buffer.from(`{"${kind}":[`)];
  for (const [i, entry] of shown.entries.slice(at.offset, at.offset + PAGE).entries()) {
    if (i > 0) parts.push(COMMA);
    parts.push(entry);
  }
  const next = at.next === undefined ? '' : `"nextCursor":"${at.next}",`;
  parts.push(Buffer.from(`],${next}"ttlMs":${shown.ttlMs},"cacheScope":"${shown.isPublic ? 'public' : 'private'}"}`));
  return Buffer.concat(parts);
}

const COMMA = Buffer.from(',');
