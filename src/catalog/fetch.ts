/** Drains one list of one upstream, page by page, into entries. Bounded in pages and entries; never asks what the server does not offer. */
import { afterwards } from '../kernel/afterwards.ts';
import { Abort } from '../kernel/abort.ts';
import { Fault } from '../kernel/fault.ts';
import { member } from '../kernel/json.ts';
import type { Time } from '../kernel/time.ts';
import { elements, members } from '../kernel/scan.ts';
import type { Call } from '../core/call.ts';
import { GATEWAY } from '../core/caller.ts';
import { Payload } from '../core/payload.ts';
import type { Upstream } from '../core/ports/upstream.ts';
import { LIST_METHODS, METHODS, type ListKind } from '../protocol/methods.ts';
import { readEntry, type Entry } from './entries.ts';

export interface Fetched {
  readonly entries: readonly Entry[];
  /** How long the server says this holds; 0 where it says nothing. */
  readonly ttlMs: number;
  readonly isPublic: boolean;
  /** What was left out and why. */
  readonly skipped: readonly string[];
}

const EMPTY: Fetched = { entries: [], ttlMs: Number.MAX_SAFE_INTEGER, isPublic: false, skipped: [] };
const MAX_PAGES = 1000;
/** What was left out is said of this many. */
const MAX_NOTED = 20;

export interface FetchOptions {
  /** Most entries of one list. */
  readonly max: number;
  readonly time: Time;
  /** What the client can answer for whom it is fetched, as JSON text. */
  readonly able: string;
}

/** All pages of a list must be there within this. */
const FETCH_MS = 30_000;

/** @throws Fault when the upstream cannot be asked, answers nonsense, takes too long or offers too many. */
export async function fetchList(
  upstream: Upstream,
  kind: ListKind,
  { max, time, able }: FetchOptions,
): Promise<Fetched> {
  const { capabilities, mirrors = false, listsVary } = await upstream.profile();
  if (member(capabilities, kind === 'resourceTemplates' ? 'resources' : kind) === undefined) return EMPTY;
  const abort = new Abort();
  const timer = time.after(FETCH_MS, () => abort.now(new Fault('timed-out', 'It did not answer its list in time.')));
  return afterwards(drain({ upstream, kind, max, able, abort, mirrors, isPublic: !listsVary }), () => timer.cancel());
}

interface Draining {
  readonly upstream: Upstream;
  readonly kind: ListKind;
  readonly max: number;
  readonly able: string;
  readonly abort: Abort;
  readonly mirrors: boolean;
  /** Whether it may be for everybody: what depends on who asks is not, whatever the server says. */
  readonly isPublic: boolean;
}

async function drain(draining: Draining): Promise<Fetched> {
  const { kind, max, mirrors } = draining;
  const found = new Map<string, Entry>();
  const skipped: string[] = [];
  const note = (what: string): void => void (skipped.length < MAX_NOTED && skipped.push(what.slice(0, 200)));
  let ttlMs = Number.MAX_SAFE_INTEGER;
  let { isPublic } = draining;
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const result = await ask(draining, cursor);
    if (!result) return EMPTY;
    for (const element of listed(result, kind, max)) {
      const { entry, skipped: left } = readEntry(kind, element, mirrors);
      if (left !== undefined) note(left);
      if (entry && found.has(entry.own)) note(`a second "${entry.own}"`);
      else if (entry) found.set(entry.own, entry);
    }
    if (found.size > max) throw tooMany(max);
    const hints = result.parse();
    const ttl = member(hints, 'ttlMs');
    ttlMs = Math.min(ttlMs, Number.isSafeInteger(ttl) && Number(ttl) > 0 ? Number(ttl) : 0);
    isPublic &&= member(hints, 'cacheScope') === 'public';
    const next = member(hints, 'nextCursor');
    if (typeof next !== 'string' || next === cursor) break;
    cursor = next;
    if (page === MAX_PAGES - 1) throw tooMany(max);
  }
  return { entries: [...found.values()], ttlMs, isPublic, skipped };
}

const tooMany = (max: number): Fault =>
  new Fault('unavailable', `It offers more than ${max} entries in one list (bounds.listEntries).`);

function listed(result: Payload, kind: ListKind, max: number): Buffer[] {
  const list = members(result.raw).find((entry) => entry.key === kind);
  const found = list?.value[0] === 0x5b ? elements(list.value, max + 1) : [];
  if (!found) throw tooMany(max);
  return found;
}

async function ask(draining: Draining, cursor: string | undefined): Promise<Payload | undefined> {
  const outcome = await draining.upstream.serve(ownCall(draining, cursor === undefined ? {} : { cursor }));
  if (outcome.kind === 'result') return outcome.payload;
  // A server that offers resources need not have templates.
  if (outcome.kind === 'error' && outcome.code === -32_601) return undefined;
  throw new Fault('broken', 'The server did not answer its list.', { delivered: 'yes' });
}

/** A call that the gateway makes for itself. */
function ownCall({ kind, able, abort }: Draining, params: unknown): Call {
  const method = LIST_METHODS[kind];
  const means = METHODS.get(method);
  if (!means) throw new Error(`no method ${method}`);
  return {
    id: 'catalog',
    clientRequestId: undefined,
    endpoint: '',
    method,
    means,
    payload: Payload.ofParams(params),
    caller: GATEWAY,
    able,
    logLevel: 'off',
    wantsProgress: false,
    abort,
    emit: () => undefined,
    ask: undefined,
    round: undefined,
    trail: { resolved: undefined },
    target: undefined,
  };
}
