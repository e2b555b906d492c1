/** Reads answers from a connection's bytes, stricter than any client: what is not HTTP/1.1 to the letter is not read (RFC 9112). */

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
  /** Everything, as it came. */
  readonly text: string;
}

export interface Read {
  /** Interim ones are left out. */
  readonly answers: readonly Answer[];
  /** How often `100 Continue` came. */
  readonly continued: number;
  /** Why reading stopped for good; `undefined` where more bytes may help. */
  readonly broken: string | undefined;
  /** Bytes that are no whole answer yet. */
  readonly rest: number;
}

const HEAD = /^HTTP\/1\.1 (\d{3}) [\t\u0020-\u007e]*\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\u0020-\u007e]*\r\n)*)\r\n/;

/** @param isBodiless whether the answer with this number has a length and no body. */
export function readAnswers(bytes: Buffer, isBodiless: (index: number) => boolean): Read {
  const text = bytes.toString('latin1');
  const answers: Answer[] = [];
  let continued = 0;
  let at = 0;
  const done = (broken?: string): Read => ({ answers, continued, broken, rest: text.length - at });
  while (at < text.length) {
    const end = text.indexOf('\r\n\r\n', at);
    if (end === -1) return done();
    const match = HEAD.exec(text.slice(at, end + 4));
    if (!match) return done(`this is no answer: ${JSON.stringify(text.slice(at, at + 80))}`);
    const fields = fieldsOf(match[2] ?? '');
    const status = Number(match[1]);
    if (status === 100) {
      continued += 1;
      at = end + 4;
      continue;
    }
    const body = bodyOf(text, end + 4, { status, fields, isBodiless: isBodiless(answers.length) });
    if (body === undefined) return done();
    if ('broken' in body) return done(body.broken);
    answers.push({ status, fields, body: body.text, text: text.slice(at, body.end) });
    at = body.end;
  }
  return done();
}

export const field = ({ fields }: Answer, name: string): string | undefined =>
  fields.find(([each]) => each === name)?.[1];

function fieldsOf(lines: string): (readonly [string, string])[] {
  return lines
    .split('\r\n')
    .slice(0, -1)
    .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const);
}

interface Framing {
  readonly status: number;
  readonly fields: readonly (readonly [string, string])[];
  readonly isBodiless: boolean;
}

type Body = { readonly text: string; readonly end: number } | { readonly broken: string };

/** `undefined`: it is not all there. */
function bodyOf(text: string, start: number, { status, fields, isBodiless }: Framing): Body | undefined {
  const lengths = fields.filter(([name]) => name === 'content-length').map(([, value]) => value);
  const codings = fields.filter(([name]) => name === 'transfer-encoding').map(([, value]) => value);
  if (status < 200) return { broken: `an interim answer ${status} that nobody asked for` };
  if (status === 204 || status === 304)
    return lengths.length + codings.length > 0 ? { broken: `${status} with a length` } : { text: '', end: start };
  if (lengths.length + codings.length !== 1) return { broken: 'not exactly one framing' };
  if (isBodiless) return { text: '', end: start };
  if (codings[0] !== undefined) return codings[0] === 'chunked' ? chunksOf(text, start) : { broken: codings[0] };
  if (!/^\d+$/.test(lengths[0] ?? '')) return { broken: `a length of ${String(lengths[0])}` };
  const end = start + Number(lengths[0]);
  return end > text.length ? undefined : { text: text.slice(start, end), end };
}

function chunksOf(text: string, start: number): Body | undefined {
  let at = start;
  let body = '';
  for (;;) {
    const line = text.indexOf('\r\n', at);
    if (line === -1) return undefined;
    const size = text.slice(at, line);
    if (!/^[0-9a-f]+$/i.test(size)) return { broken: `a chunk of ${JSON.stringify(size)}` };
    const from = line + 2;
    const to = from + Number.parseInt(size, 16);
    if (text.length < to + 2) return undefined;
    if (text.slice(to, to + 2) !== '\r\n') return { broken: 'a chunk without its end' };
    body += text.slice(from, to);
    at = to + 2;
    if (to === from) return { text: body, end: at };
  }
}
