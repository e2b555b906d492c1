/** JSON-RPC messages as parts, ready to be written: payloads stay the bytes that came. */
import type { Part } from '../kernel/parts.ts';
import { splice, type Edit } from '../kernel/splice.ts';
import { REPLY, type Fields } from './jsonrpc.ts';

const END = '}';

/** @param id JSON text. */
export const resultMessage = (id: string, result: readonly Part[]): Part[] => [
  `{"jsonrpc":"2.0","id":${id},"result":`,
  ...result,
  END,
];

/** An upstream's own error. @param error JSON of the error object. */
export const relayedError = (id: string, error: Buffer): Part[] => [`{"jsonrpc":"2.0","id":${id},"error":`, error, END];

export const notification = (method: string, params: string): Part[] => [
  Buffer.from(
    params === ''
      ? `{"jsonrpc":"2.0","method":"${method}"}`
      : `{"jsonrpc":"2.0","method":"${method}","params":${params}}`,
  ),
];

/** A notification that an upstream sent, with the client's own progress token where it carries one. @param token JSON text. */
export function relayedNote(method: string, fields: Fields, token: Buffer | undefined): Part[] {
  const edits: Edit[] = [];
  if (token && fields.has(REPLY.progressToken)) {
    edits.push({ start: fields.start(REPLY.progressToken), end: fields.end(REPLY.progressToken), put: token });
  }
  const params = splice(fields.scan.bytes, { start: fields.start(REPLY.params), end: fields.end(REPLY.params) }, edits);
  return [`{"jsonrpc":"2.0","method":"${method}","params":`, ...params, END];
}
