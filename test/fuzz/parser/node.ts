/** The same bytes through the parser inside Node, which is another build of llhttp with other code around it. */
import { createRequire } from 'node:module';

export interface NodeMessage {
  /** A request's method or a response's status. */
  readonly first: string;
  readonly target: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  body: string;
  isComplete: boolean;
  /** Fields behind its body, by which Node's parser goes when it decides whether another message may follow. */
  hasTrailers: boolean;
}

/** @param isDone the peer has ended, which may be the end of a message. */
export function readNode(type: 'request' | 'response', bytes: Buffer, isDone = false): readonly NodeMessage[] {
  const parser = new HTTPParser();
  const messages: NodeMessage[] = [];
  let early: string[] = [];
  let isTrailer = false;
  parser.initialize(type === 'request' ? HTTPParser.REQUEST : HTTPParser.RESPONSE, {});
  parser[HTTPParser.kOnHeaders] = (headers: string[]) => {
    const message = last();
    if (!isTrailer) early.push(...headers);
    else if (message) message.hasTrailers = true;
  };
  parser[HTTPParser.kOnHeadersComplete] = (...[, , headers, method, url, status]: HeadersComplete) => {
    const first = type === 'request' ? (allMethods[method ?? -1] ?? '') : String(status);
    messages.push({
      first,
      target: url ?? '',
      fields: paired([...early, ...(headers ?? [])]),
      body: '',
      isComplete: false,
      hasTrailers: false,
    });
    early = [];
    isTrailer = true;
    return 0;
  };
  const last = (): NodeMessage | undefined => messages.at(-1);
  parser[HTTPParser.kOnBody] = (piece: Buffer) => {
    const message = last();
    if (message) message.body += piece.toString('latin1');
  };
  parser[HTTPParser.kOnMessageComplete] = () => {
    const message = last();
    if (message) message.isComplete = true;
    isTrailer = false;
  };
  parser.execute(bytes);
  if (isDone) parser.finish();
  parser.close();
  return messages;
}

type HeadersComplete = [
  major: number,
  minor: number,
  headers: string[] | undefined,
  method: number | undefined,
  url: string | undefined,
  status: number | undefined,
];

interface NodeParser {
  [event: number]: unknown;
  initialize(type: number, resource: object): void;
  execute(bytes: Buffer): number | Error;
  finish(): Error | undefined;
  close(): void;
}

interface Common {
  readonly HTTPParser: (new () => NodeParser) &
    Readonly<
      Record<'REQUEST' | 'RESPONSE' | 'kOnHeaders' | 'kOnHeadersComplete' | 'kOnBody' | 'kOnMessageComplete', number>
    >;
  readonly allMethods?: readonly string[];
  readonly methods: readonly string[];
}

const common = createRequire(import.meta.url)('_http_common') as Common;
const { HTTPParser } = common;
const allMethods = common.allMethods ?? common.methods;

function paired(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[index * 2] ?? '', flat[index * 2 + 1] ?? '']);
}
