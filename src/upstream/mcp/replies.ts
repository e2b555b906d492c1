/** From a peer's reply to an Outcome: an answer is relayed, everything else is a Fault that says nothing about addresses. */
import { joinParts } from '../../kernel/parts.ts';
import type { Outcome } from '../../core/outcome.ts';
import { Payload } from '../../core/payload.ts';
import { Fault } from '../../kernel/fault.ts';
import { member } from '../../kernel/json.ts';
import { splice } from '../../kernel/splice.ts';
import { CODE } from '../../protocol/code.ts';
import { REPLY, type Fields } from '../../protocol/jsonrpc.ts';
import type { Reply } from '../link/link.ts';

/** The fields of a JSON-RPC response, error or result. @throws Fault for HTTP that is none. */
export function answered(reply: Reply): Fields {
  const { status, message } = reply;
  const isBusy = status === 429 || status === 503;
  const isRefusal = status === 401 || status === 403;
  if (message && !isBusy && !isRefusal && (status < 400 || message.fields.has(REPLY.error))) return message.fields;
  if (isRefusal) {
    throw new Fault('unavailable', 'The server did not accept the credentials that this gateway has for it.', {
      detail: `HTTP ${status}`,
    });
  }
  if (isBusy) {
    throw new Fault('unavailable', 'The server is busy.', {
      // A proxy also says 503 when the server was lost after the request had been sent.
      delivered: status === 503 ? 'unknown' : 'no',
      detail: `HTTP ${status}`,
      retryAfterMs: retryAfter(reply.header('retry-after')),
    });
  }
  const delivered = status >= 400 && status < 500 ? 'no' : 'unknown';
  throw new Fault('broken', 'The server gave an answer that is not valid.', {
    detail: `HTTP ${status} without JSON-RPC`,
    delivered,
  });
}

/** An error of the upstream's own is data, unless it speaks about this hop. @throws Fault */
export function errorOutcome(fields: Fields): Outcome {
  const json = fields.raw(REPLY.error) ?? Buffer.from('{}');
  const code = Number(fields.raw(REPLY.errorCode)?.toString('latin1'));
  if (!Number.isSafeInteger(code) || typeof member(fields.parse(REPLY.error), 'message') !== 'string')
    throw new Fault('broken', 'The server gave an answer that is not valid.', {
      detail: 'error without code',
      delivered: 'yes',
    });
  if (code === CODE.urlElicitation) throw urlNeeded(fields.parse(REPLY.error));
  if (!speaksOfItsHop(code)) return { kind: 'error', code, json };
  const from = fields.start(REPLY.error);
  const edit = {
    start: fields.start(REPLY.errorCode),
    end: fields.end(REPLY.errorCode),
    put: String(CODE.internal),
  };
  return {
    kind: 'error',
    code: CODE.internal,
    json: joinParts(splice(fields.scan.bytes, { start: from, end: from + json.length }, [edit])),
  };
}

/**
 * Codes of the protocol's own range, and the one that an SDK uses for its own time-outs, say something about the hop on which they were
 * sent; on another they would be a lie. -32002 is translated at the edge.
 */
const speaksOfItsHop = (code: number): boolean => (code >= -32_099 && code <= -32_020) || code === -32_001;

function urlNeeded(error: unknown): Fault {
  const list = member(member(error, 'data'), 'elicitations');
  const urls = Array.isArray(list)
    ? list.map((one) => member(one, 'url')).filter((url) => typeof url === 'string')
    : [];
  const where = urls.length === 0 ? '' : ` Open ${urls.join(' and ')}, then call again.`;
  return new Fault('interaction-unsupported', `The server wants a person to visit a page first.${where}`, {
    delivered: 'unknown',
  });
}

const MAX_RETRY_MS = 3_600_000;

function retryAfter(header: string | undefined): number {
  const seconds = Number(header);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, MAX_RETRY_MS) : 1000;
}

export const resultOutcome = (fields: Fields): Outcome => ({ kind: 'result', payload: Payload.result(fields) });
