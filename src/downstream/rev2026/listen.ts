/** `subscriptions/listen` (MCP 2026-07-28, "Subscriptions"): a stream that first acknowledges what it will tell, then tells it, and nothing else. */
import type { Part } from '../../kernel/parts.ts';
import type { Change, Wanted } from '../../core/ports/changes.ts';
import { Fault, toFault } from '../../kernel/fault.ts';
import { isObject, member } from '../../kernel/json.ts';
import { errorMessage } from '../../protocol/code.ts';
import { REQUEST, type Message } from '../../protocol/jsonrpc.ts';
import { notification, resultMessage } from '../../protocol/messages.ts';
import { wireError } from '../../protocol/rev2026/errors.ts';
import { admitStream } from '../admission.ts';
import type { Edge } from '../edge.ts';
import type { WayBack } from '../origin.ts';

export async function listen(edge: Edge, way: WayBack, message: Message): Promise<void> {
  const id = message.id ?? 'null';
  const meta = `"_meta":{"io.modelcontextprotocol/subscriptionId":${id}}`;
  const early = new Map<string, Change>();
  const tell = (change: Change): void => way.note(noteOf(change, meta));
  let changed = (change: Change): void => void early.set(JSON.stringify(change), change);
  try {
    admitStream(edge.load);
    const wanted = wantedOf(message);
    const listening = await edge.changes.listen({
      address: way.visit.endpoint.address,
      caller: way.visit.caller,
      wanted,
      changed: (change) => changed(change),
      ended: () => way.answer(200, resultMessage(id, [`{"resultType":"complete",${meta}}`])),
    });
    way.answerer = { left: () => listening.close() };
    way.note(
      notification(
        'notifications/subscriptions/acknowledged',
        `{${meta},"notifications":${JSON.stringify(acknowledged(wanted, listening.honoured))}}`,
      ),
    );
    if (!way.isStreaming) listening.close();
    changed = tell;
    for (const change of early.values()) tell(change);
  } catch (error) {
    const told = wireError(toFault(error));
    way.answer(told.status, [errorMessage(id, told)]);
  }
}

/** The filter that a client asks for. @throws Fault, in-band. */
function wantedOf(message: Message): Wanted {
  const filter = member(message.fields.parse(REQUEST.params), 'notifications');
  if (!isObject(filter)) throw new Fault('unknown-name', 'params.notifications must be an object.');
  const flag = (name: string): boolean => member(filter, name) === true;
  const uris = member(filter, 'resourceSubscriptions') ?? [];
  if (!Array.isArray(uris) || !uris.every((uri) => typeof uri === 'string')) {
    throw new Fault('unknown-name', 'params.notifications.resourceSubscriptions must be an array of URIs.');
  }
  return {
    tools: flag('toolsListChanged'),
    prompts: flag('promptsListChanged'),
    resources: flag('resourcesListChanged'),
    uris,
  };
}

function acknowledged(wanted: Wanted, honoured: Wanted): Record<string, unknown> {
  return {
    ...(honoured.tools ? { toolsListChanged: true } : {}),
    ...(honoured.prompts ? { promptsListChanged: true } : {}),
    ...(honoured.resources ? { resourcesListChanged: true } : {}),
    ...(wanted.uris.length > 0 ? { resourceSubscriptions: honoured.uris } : {}),
  };
}

function noteOf(change: Change, meta: string): Part[] {
  if (change.kind === 'updated')
    return notification('notifications/resources/updated', `{${meta},"uri":${JSON.stringify(change.uri)}}`);
  return notification(`notifications/${change.list}/list_changed`, `{${meta}}`);
}
