/** What is asked for and said on `subscriptions/listen` streams (MCP 2026-07-28, "Subscriptions"), as words. */
import { member, type JsonObject } from '../../kernel/json.ts';
import { REPLY, type Message } from '../../protocol/jsonrpc.ts';
import type { ListKind } from '../../protocol/methods.ts';

export const LISTS: ReadonlyMap<string, ListKind> = new Map<string, ListKind>([
  ['notifications/tools/list_changed', 'tools'],
  ['notifications/prompts/list_changed', 'prompts'],
  ['notifications/resources/list_changed', 'resources'],
]);
export const UPDATED = 'notifications/resources/updated';
export const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged';
/** On a pipe some servers end a stream with this, others with its answer. */
export const CANCELLED = 'notifications/cancelled';

const MEANT: ReadonlySet<string> = new Set([...LISTS.keys(), UPDATED, ACKNOWLEDGED, CANCELLED]);

export const isMeant = ({ method }: Message): boolean => MEANT.has(method);

/** The flags of the lists of which a server can tell; nothing where there are none. */
export function listsOf(capabilities: JsonObject): JsonObject | undefined {
  const flags: [string, string][] = [
    ['tools', 'toolsListChanged'],
    ['prompts', 'promptsListChanged'],
    ['resources', 'resourcesListChanged'],
  ];
  const told = flags.filter(([feature]) => member(member(capabilities, feature), 'listChanged') === true);
  return told.length > 0 ? Object.fromEntries(told.map(([, flag]) => [flag, true])) : undefined;
}

/** The resources that an acknowledgement promises to tell of. */
export function urisOf(message: Message): ReadonlySet<unknown> {
  const uris = member(member(message.fields.parse(REPLY.params), 'notifications'), 'resourceSubscriptions');
  return new Set<unknown>(Array.isArray(uris) ? uris : []);
}

/** The request that a message on a pipe belongs to, as the server writes it. */
export function subscriptionOf(message: Message): unknown {
  const params = message.fields.parse(REPLY.params);
  if (message.method === CANCELLED) return member(params, 'requestId');
  return member(member(params, '_meta'), 'io.modelcontextprotocol/subscriptionId');
}
