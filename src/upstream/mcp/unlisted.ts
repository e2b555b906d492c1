/**
 * A tool that a server has only for clients which can answer more: it is listed to all whose lists do not depend on their connection, and in
 * the session of a client that can answer less the server does not know it. Such a client hears what it lacks, and not that there is no tool.
 */
import type { Call } from '../../core/call.ts';
import type { Outcome } from '../../core/outcome.ts';
import { BoundedMap } from '../../kernel/bounded.ts';
import { Fault } from '../../kernel/fault.ts';
import { isObject, member, parseJson, type JsonObject } from '../../kernel/json.ts';
import { EVERYTHING_BUT_ROOTS, undeclared } from '../../protocol/capabilities.ts';
import { CODE } from '../../protocol/code.ts';
import { REPLY, type Fields } from '../../protocol/jsonrpc.ts';

export interface Lister {
  /** What the session was opened with. */
  readonly offered: string;
  readonly ask: (method: string, params: JsonObject) => Promise<Fields>;
  /** Tools that were found there: of those whatever the server refuses is not for want of an answer. */
  listed?: BoundedMap<string, true>;
}

/** Names that one session remembers. */
const MAX_LISTED = 64;
/** Pages of its list that are looked through. */
const MAX_PAGES = 10;

/** Whether the server may have said that it has no such tool; many say so with a result that names it. */
export function isRefusal(outcome: Outcome, { means, target, ask }: Call): boolean {
  // Whoever is asked while the call goes on is listed what the session has.
  if (ask || target === undefined || means.kind !== 'single' || means.of !== 'tool') return false;
  if (outcome.kind === 'error') return outcome.code === CODE.invalidParams;
  return (
    outcome.kind === 'result' &&
    outcome.payload.fields.json(REPLY.isError) === 'true' &&
    outcome.payload.raw.includes(target.name)
  );
}

/** The same outcome, unless the server refused a tool because of what was offered. @throws Fault `capability-missing` then. */
export async function withReason(refusal: Outcome, { target }: Call, lister: Lister): Promise<Outcome> {
  const missing = undeclared(parseJson(EVERYTHING_BUT_ROOTS), objectOf(lister.offered));
  if (!missing || target === undefined || (await isListed(target.name, lister))) return refusal;
  throw new Fault('capability-missing', `This needs a client that supports ${Object.keys(missing).join(' or ')}.`, {
    data: { requiredCapabilities: missing },
  });
}

/** Where nobody can tell, what the server said stands. */
async function isListed(name: string, lister: Lister): Promise<boolean> {
  if (lister.listed?.peek(name)) return true;
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const listed = await lister.ask('tools/list', cursor === undefined ? {} : { cursor }).catch(() => undefined);
    const result = listed?.parse(REPLY.result);
    const tools = member(result, 'tools');
    if (!Array.isArray(tools)) return true;
    if (tools.some((tool) => member(tool, 'name') === name)) {
      lister.listed ??= new BoundedMap(MAX_LISTED);
      lister.listed.set(name, true);
      return true;
    }
    const next = member(result, 'nextCursor');
    if (typeof next !== 'string') return false;
    cursor = next;
  }
  return true;
}

function objectOf(text: string): JsonObject {
  const parsed = parseJson(text);
  return isObject(parsed) ? parsed : {};
}
