/** What changes behind a session's endpoint, told to its client as the 2025 revisions do (2025-11-25, "Listening for Messages from the Server"). */
import type { Change } from '../../core/ports/changes.ts';
import type { Part } from '../../kernel/parts.ts';
import { notification } from '../../protocol/messages.ts';
import type { Edge } from '../edge.ts';
import type { Session } from './session.ts';

/** Begins to listen for the session, once. Before there is a stream for it, what is told is nobody's to hear. */
export async function listening(edge: Edge, session: Session): Promise<NonNullable<Session['listening']>> {
  if (session.listening) return session.listening;
  const begun = await edge.changes.listen({
    address: session.address,
    caller: session.caller,
    wanted: { tools: true, prompts: true, resources: true, uris: [...session.uris] },
    changed: (change) => session.stream?.tell(noteOf(change)),
    ended: () => session.stream?.hangUp(),
  });
  // Two may have asked at once; a session may have ended meanwhile.
  if (session.listening || session.ended.reason) begun.close();
  session.listening ??= begun;
  return session.listening;
}

function noteOf(change: Change): Part[] {
  if (change.kind === 'updated')
    return notification('notifications/resources/updated', JSON.stringify({ uri: change.uri }));
  return notification(`notifications/${change.list}/list_changed`, '');
}
