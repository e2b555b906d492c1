/** Response heads as text, RFC 9112 section 4. Every response says its date and the id of its exchange. */

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
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

export const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
export const LAST_CHUNK = '0\r\n\r\n';

export interface ResponseHeadParts {
  readonly status: number;
  /** Ready lines. */
  readonly headers: string;
  readonly id: string;
  /** A ready `date` line. */
  readonly date: string;
  readonly closes: boolean;
  /** `undefined`: the body comes in chunks. */
  readonly length: number | undefined;
}

export function responseHead({ status, headers, id, date, closes, length }: ResponseHeadParts): string {
  const framing = isBodiless(status)
    ? ''
    : length === undefined
      ? 'transfer-encoding: chunked\r\n'
      : `content-length: ${length}\r\n`;
  const close = closes ? 'connection: close\r\n' : '';
  const reason = REASONS[status] ?? '';
  return `HTTP/1.1 ${status} ${reason}\r\n${headers}x-request-id: ${id}\r\n${date}${close}${framing}\r\n`;
}

export const isBodiless = (status: number): boolean => status === 204 || status === 304;
