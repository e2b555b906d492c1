/**
 * Which well-framed response heads are accepted from an upstream: stricter than llhttp, because two readers of one answer that differ are how
 * one caller gets another's. RFC 9112 sections 4 and 6.
 */
import type { Head } from './head.ts';

const CR = 0x0d;
const LF = 0x0a;
/** Behind the digits of a status. */
const STATUS_END = 12;

/** What makes a well-framed head unacceptable. */
export function judge(head: Head): string | undefined {
  const version = head.bytes.toString('latin1', 0, 8);
  if (version !== 'HTTP/1.1' && version !== 'HTTP/1.0') return 'not HTTP/1';
  let lineEnd = STATUS_END;
  while (lineEnd < head.bytes.length && head.bytes[lineEnd] !== CR) lineEnd += 1;
  // llhttp forgives it.
  if (head.bytes[lineEnd + 1] !== LF) return 'a bare CR in the status line';
  if (head.status === 101) return 'an upgrade that nobody asked for';
  const encoding = head.header('transfer-encoding');
  if (encoding !== undefined && (encoding.toLowerCase() !== 'chunked' || version === 'HTTP/1.0'))
    return 'transfer-encoding';
  const lengths = head.count('content-length');
  if (lengths > 1 || (lengths === 1 && encoding !== undefined)) return 'conflicting lengths';
  return undefined;
}

/** For how long the server says that it will wait for another request, as most do in `keep-alive` (RFC 2068 section 19.7.1.1). */
export function offeredMs(head: Head): number {
  const hint = head.header('keep-alive');
  const seconds = hint === undefined ? undefined : /(?:^|[,\s])timeout=(\d{1,6})/i.exec(hint)?.[1];
  return seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1000;
}
