/** Content blocks that an older revision does not know, as text that says what stood there (2025-11-25, "Tools", tool results). */
import { member, parseJson } from '../kernel/json.ts';

/** What a revision knows of content: audio, and what came with structured results. */
export interface KnownContent {
  readonly audio: boolean;
  readonly structured: boolean;
}

/** Longer media types are no media types. Characters. */
const MAX_TYPE = 64;

/** The JSON of a text block to send instead; `undefined` where the block is known. @param block JSON of one content block. */
export function blockAsText(block: Buffer, known: KnownContent): string | undefined {
  const mayBeAudio = !known.audio && block.includes('"audio"');
  const mayBeLink = !known.structured && block.includes('"resource_link"');
  const parsed = mayBeAudio || mayBeLink ? parseJson(block) : undefined;
  const type = member(parsed, 'type');
  if (mayBeAudio && type === 'audio') return textBlock(audioNote(parsed));
  if (mayBeLink && type === 'resource_link') return textBlock(String(member(parsed, 'uri')));
  return undefined;
}

export const textBlock = (text: string): string => JSON.stringify({ type: 'text', text });

function audioNote(block: unknown): string {
  const type = member(block, 'mimeType');
  const kind = typeof type === 'string' && type.length <= MAX_TYPE ? ` (${type})` : '';
  return `[audio${kind}: left out, as this protocol revision has none]`;
}
