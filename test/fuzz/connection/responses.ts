/** What a client reads on one connection, by RFC 9112: heads, bodies by length or in chunks, one behind the other. */

export interface Response {
  readonly status: number;
  readonly id: string;
  readonly isOurs: boolean;
  readonly closes: boolean;
  readonly body: string;
  /** All of it has come, as far as that can be told. */
  readonly isWhole: boolean;
  /** Nothing but the end of the connection ends it. */
  readonly isOpen: boolean;
}

/** @param methodOf the method of the request that an id belongs to: an answer to HEAD has no body. */
export function readResponses(
  text: string,
  methodOf: (id: string) => string | undefined,
): readonly Response[] | string {
  const found: Response[] = [];
  for (let at = 0; at < text.length;) {
    const headEnd = text.indexOf('\r\n\r\n', at);
    if (headEnd === -1) return 'a head that does not end';
    const [line = '', ...fields] = text.slice(at, headEnd).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) [ -~]*$/.exec(line)?.[1]);
    if (Number.isNaN(status)) return `a status line that is none: ${line}`;
    if (fields.some((field) => !/^[a-z-]+: [ -~]*$/.test(field))) return `a field that is none: ${fields.join()}`;
    at = headEnd + 4;
    if (status === 100) continue;
    const value = (name: string): string | undefined =>
      fields.find((field) => field.startsWith(`${name}: `))?.slice(name.length + 2);
    const id = value('x-request-id') ?? '';
    const isBodiless = status === 204 || status === 304;
    const length = value('content-length');
    const isChunked = value('transfer-encoding') === 'chunked';
    const closes = value('connection') === 'close';
    // To HTTP/1.0 what has no length ends with the connection.
    const isOpen = length === undefined && !isChunked && !isBodiless;
    if (isBodiless ? length !== undefined || isChunked : isOpen ? !closes : length !== undefined && isChunked)
      return `no one length: ${fields.join()}`;
    const body =
      isBodiless || methodOf(id) === 'HEAD'
        ? noBody(text, at, isChunked)
        : isChunked
          ? chunks(text, at)
          : plain(text, at, isOpen ? text.length - at : Number(length));
    if (typeof body === 'string') return body;
    found.push({ status, id, isOurs: value('x-ours') !== undefined, closes, isOpen, ...body });
    at = body.isWhole ? body.end : text.length;
  }
  return found;
}

interface Body {
  readonly body: string;
  readonly isWhole: boolean;
  readonly end: number;
}

const noBody = (_: string, start: number, isChunked: boolean): Body | string =>
  isChunked ? 'a body where none may be' : { body: '', isWhole: true, end: start };

const plain = (text: string, start: number, length: number): Body => ({
  body: text.slice(start, start + length),
  isWhole: text.length >= start + length,
  end: start + length,
});

function chunks(text: string, start: number): Body | string {
  let body = '';
  for (let at = start; ;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd === -1) return at === text.length ? { body, isWhole: false, end: at } : 'a chunk without a size';
    const size = /^[0-9a-f]{1,8}$/.test(text.slice(at, lineEnd)) ? Number.parseInt(text.slice(at, lineEnd), 16) : -1;
    const end = lineEnd + 2 + size;
    if (size < 0) return `a size that is none: ${text.slice(at, lineEnd)}`;
    if (text.length < end + 2) return 'a chunk that does not end';
    if (!text.startsWith('\r\n', end)) return 'a chunk of another size';
    if (size === 0) return { body, isWhole: true, end: end + 2 };
    body += text.slice(lineEnd + 2, end);
    at = end + 2;
  }
}
