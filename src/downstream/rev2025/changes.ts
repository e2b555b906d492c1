/** What changes behind a session's endpoint, told to its client as the 2025 revisions do (2025-11-25, "Listening for Messages from the Server"). */
import type { Change, Listening } from '../../core/ports/changes.ts';
import type { Part } from '../../kernel/parts.ts';
import { notification } from '../../protocol/messages.ts';
import type { Edge } from '../edge.ts';
import type { Session } from './session.ts';

/** Listens for the session, once for all who ask. Before there is a stream for it, what is told is nobody's to hear. */
export function listening(edge: Edge, session: Session): Promise<Listening> {
  session.listening ??= begin(edge, session).catch((error: unknown) => {
    session.listening = undefined;
    throw error;
  });
  return session.listening;
}

async function begin(edge: Edge, session: Session): Promise<Listening> {
  const begun = await edge.changes.listen({
    address: session.address,
    caller: session.caller,
    wanted: { tools: true, prompts: true, resources: true, uris: [...session.uris] },
    changed: (change) => session.stream?.tell(noteOf(change)),
    ended: () => session.stream?.hangUp(),
  });
  session.ended.listen(() => begun.close());
  return begun;
}

function noteOf(change: Change): Part[] {
  if (change.kind === 'updated')
    return notification('notifications/resources/updated', JSON.stringify({ uri: change.uri }));
  return notification(`notifications/${change.list}/list_changed`, '');
}
