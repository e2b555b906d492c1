/** What the wire itself refuses, and in which words. */
import type { Problem } from './parser.ts';
import type { Pieces } from './output.ts';
import { CLOSE, responseHead, type ResponseHeadParts } from './response.ts';

export interface Refusal {
  readonly status: number;
  readonly kind: string;
  readonly message: string;
}

export const refusals = {
  malformed: { status: 400, kind: 'malformed', message: 'This is not valid HTTP/1.1.' },
  'other-version': { status: 505, kind: 'unsupported-version', message: 'This gateway speaks HTTP/1.1.' },
  expectation: { status: 417, kind: 'expectation', message: 'The only expectation that is met is 100-continue.' },
  'target-too-large': { status: 414, kind: 'too-large', message: 'The request target is too long.' },
  'head-too-large': { status: 431, kind: 'too-large', message: 'The headers are too large or too many.' },
  'body-too-large': { status: 413, kind: 'too-large', message: 'The body is larger than this gateway accepts.' },
  'head-late': { status: 408, kind: 'timed-out', message: 'The request took too long to arrive.' },
  'body-late': { status: 408, kind: 'timed-out', message: 'The body took too long to arrive.' },
  'no-room': { status: 503, kind: 'overloaded', message: 'The gateway holds too much at once. Try again.' },
} as const satisfies Readonly<
  Record<Problem | 'expectation' | 'body-too-large' | 'head-late' | 'body-late' | 'no-room', Refusal>
>;

/** The connection closes after each. */
export function refusalHead({ status }: Refusal, of: Pick<ResponseHeadParts, 'id' | 'date' | 'length'>): Pieces {
  const headers = `content-type: application/json\r\n${status === 503 ? 'retry-after: 1\r\n' : ''}`;
  return responseHead({ status, headers, id: of.id, date: of.date, connection: CLOSE, length: of.length });
}
