/** Opens a session of MCP 2025-11-25 on a listener, as a client does. */
import { field } from './answers.ts';
import { Conversation } from './conversation.ts';
import type { Listener } from './house.ts';
import { bytesOf, message, posting, type Place } from './writing.ts';

const WITHIN_MS = 10_000;
const PARAMS = '{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"b","version":"1"}}';

/** Its id. */
export async function openSession({ door }: Listener, place: Place): Promise<string> {
  using talk = await Conversation.open(door, () => false);
  talk.write(bytesOf(posting('', message('initialize', PARAMS)), place));
  await talk.until(() => talk.read.answers.length > 0 || talk.hasEnded, WITHIN_MS);
  const [answer] = talk.read.answers;
  const id = answer && field(answer, 'mcp-session-id');
  if (id === undefined) throw new Error(`No session: ${talk.text.slice(0, 300)}`);
  return id;
}
