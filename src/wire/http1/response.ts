/** Response heads as text, RFC 9112 section 4. Every response says its date and the id of its exchange. */

import type { Pieces } from './output.ts';

/** What is not here goes without a reason phrase, as RFC 9112 allows. */
const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  417: 'Expectation Failed',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

/** The first line of each response that has a reason. */
const STATUS_LINES: ReadonlyMap<number, string> = new Map(
  Object.entries(REASONS).map(([status, reason]) => [Number(status), `HTTP/1.1 ${status} ${reason}\r\n`]),
);

export const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
export const LAST_CHUNK: Pieces = ['0\r\n\r\n'];

export interface ResponseHeadParts {
  readonly status: number;
  /** Ready lines. */
  readonly headers: string;
  readonly id: string;
  /** A ready `date` line. */
  readonly date: string;
  /** A ready line, or nothing where the connection stays as a matter of course. */
  readonly connection: '' | typeof CLOSE | typeof KEEP_ALIVE;
  /** Of a body whose length nobody knows yet: whether it comes in chunks or ends with the connection. */
  readonly length: number | 'chunked' | 'until-close';
}

export const CLOSE = 'connection: close\r\n';
/** For HTTP/1.0, where closing is the rule. */
export const KEEP_ALIVE = 'connection: keep-alive\r\n';

export function responseHead({ status, headers, id, date, connection, length }: ResponseHeadParts): Pieces {
  const line = STATUS_LINES.get(status) ?? `HTTP/1.1 ${status} \r\n`;
  const pieces = [line, headers, 'x-request-id: ', id, '\r\n', date, connection];
  if (isBodiless(status) || length === 'until-close') pieces.push('\r\n');
  else if (length === 'chunked') pieces.push('transfer-encoding: chunked\r\n\r\n');
  else pieces.push('content-length: ', String(length), '\r\n\r\n');
  return pieces;
}

export const isBodiless = (status: number): boolean => status === 204 || status === 304;
