/**
 * Event ids (2025-11-25, "Resumability and Redelivery"): each is a cursor in one stream of one session, and says which. Opaque to clients, who can
 * only give back what they were given: an id of another session, or of a stream or an event that never was, is refused.
 */

export interface Cursor {
  readonly stream: number;
  /** The last event that was heard; 0 before the first one. */
  readonly event: number;
}

/** Characters of a session's tag, which all its ids begin with. */
export const TAG_LENGTH = 8;
const LONGEST = 40;
const SHAPE = /^\.([1-9a-z][0-9a-z]{0,8})\.(0|[1-9a-z][0-9a-z]{0,9})$/u;

/** @param tag drawn at random for the session, and nothing that its id could be found by. */
export const cursorText = (tag: string, { stream, event }: Cursor): string =>
  `${tag}.${stream.toString(36)}.${event.toString(36)}`;

/** `undefined` for what this session cannot have given out. The work is the same for a text of any length. */
export function readCursor(tag: string, text: string): Cursor | undefined {
  if (text.length > LONGEST || !text.startsWith(tag)) return undefined;
  const [, stream, event] = SHAPE.exec(text.slice(tag.length)) ?? [];
  if (stream === undefined || event === undefined) return undefined;
  return { stream: Number.parseInt(stream, 36), event: Number.parseInt(event, 36) };
}
