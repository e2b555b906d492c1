/** JSON-RPC messages as parts, ready to be written: payloads stay the bytes that came. */
import type { Part } from '../kernel/parts.ts';
import { splice, takenOut, type Edit } from '../kernel/splice.ts';
import { REPLY, type Fields } from './jsonrpc.ts';

// As bytes: what every message holds is copied, not encoded.
const HEAD = Buffer.from('{"jsonrpc":"2.0","id":');
const RESULT = Buffer.from(',"result":');
const ERROR = Buffer.from(',"error":');
const END = Buffer.from('}');

/** @param id JSON text. */
export const resultMessage = (id: string, result: readonly Part[]): Part[] => [HEAD, id, RESULT, ...result, END];

/** An upstream's own error. @param error JSON of the error object. */
export const relayedError = (id: string, error: Buffer): Part[] => [HEAD, id, ERROR, error, END];

export const notification = (method: string, params: string): Part[] => [
  Buffer.from(
    params === ''
      ? `{"jsonrpc":"2.0","method":"${method}"}`
      : `{"jsonrpc":"2.0","method":"${method}","params":${params}}`,
  ),
];

export interface NoteFor {
  /** The client's own progress token, JSON text. */
  readonly token: Buffer | undefined;
  /** Whether the client's revision knows `message` in progress. */
  readonly message: boolean;
}

/** A notification that an upstream sent, as its client knows it. */
export function relayedNote(method: string, fields: Fields, { token, message }: NoteFor): Part[] {
  const { bytes } = fields.scan;
  const edits: Edit[] = [];
  if (fields.has(REPLY.progressToken)) {
    if (token)
      edits.push({ start: fields.start(REPLY.progressToken), end: fields.end(REPLY.progressToken), put: token });
    if (!message && fields.has(REPLY.message))
      edits.push(...takenOut(bytes, [[fields.keyStart(REPLY.message), fields.end(REPLY.message)]]));
  }
  const params = splice(bytes, { start: fields.start(REPLY.params), end: fields.end(REPLY.params) }, edits);
  return [`{"jsonrpc":"2.0","method":"${method}","params":`, ...params, END];
}
