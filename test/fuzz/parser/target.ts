/**
 * The HTTP parser with its grammar against itself under every cut, against a strict reader of RFC 9112, and against Node's own parser:
 * what we take, both take, and as the same messages. Responses likewise, without the strict reader.
 */
import type { Chance } from '../../soak/random.ts';
import { cuttings, pieces } from '../cuts.ts';
import type { Target } from '../target.ts';
import { generateStream, WORDS } from './generate.ts';
import { readNode, type NodeMessage } from './node.ts';
import { BOUNDS, readOurs, SINGLETONS, type Outcome, type Read } from './ours.ts';
import { readRequest, valuesOf, type ReferenceRequest } from './requests.ts';

export const parser: Target = {
  name: 'parser',
  words: WORDS,
  generate: (chance: Chance) => generateStream(chance),
  judge(input) {
    const type = input.toString('latin1', 0, 5) === 'HTTP/' ? 'response' : 'request';
    const whole = readOurs(type, [Buffer.from(input)]);
    for (const cuts of cuttings(input)) {
      const cut = readOurs(type, pieces(input, cuts));
      const wrong = differs(whole, cut);
      if (wrong !== undefined) return `${wrong} (cut at ${cuts.slice(0, 20).join(' ')})`;
    }
    if (type === 'request') return besideReference(input, whole) ?? besideNode(input, whole, readNode(type, input));
    return besideNode(input, readOurs(type, [Buffer.from(input)], true), readNode(type, input, true));
  },
};

function differs(one: Outcome, other: Outcome): string | undefined {
  // Which of several problems is met first depends on what has come.
  if (one.end !== other.end)
    return `cut otherwise it ends otherwise: ${one.end} ${one.problem}, ${other.end} ${other.problem}`;
  const [first, second] = [JSON.stringify(one.messages), JSON.stringify(other.messages)];
  return first === second ? undefined : `cut otherwise there are other messages: ${first} and ${second}`;
}

function besideReference(input: Buffer, { messages, end, problem }: Outcome): string | undefined {
  const text = input.toString('latin1');
  let at = 0;
  for (const message of messages) {
    const reading = readRequest(text, at);
    if (typeof reading === 'string') return `takes what RFC 9112 does not: ${reading} at ${at}`;
    const wrong = other(message, reading);
    if (wrong !== undefined) return `reads otherwise than RFC 9112: ${wrong}`;
    at = reading.end;
  }
  const next = readRequest(text, at);
  // A tab may stand around a value; llhttp has it otherwise with some.
  const hasTab = text.includes('\t', at);
  if (end === 'refused' && typeof next === 'object' && !hasTab && isPlain(next))
    return `refuses a plain request: ${problem}`;
  // Line ends before a request line are only judged with it.
  const begun = text.slice(at).replace(/^[\r\n]+/, '');
  return end === 'open' && next === 'wrong' && readRequest(begun, 0) !== 'incomplete'
    ? 'waits for more of what can be no request'
    : undefined;
}

function other(message: Read, reference: ReferenceRequest): string | undefined {
  if (message.first !== reference.method) return `method ${message.first}`;
  const target = reference.target.replace(/^https?:\/\/[^/?]*(?=[/?]|$)/i, '').replace(/^(?!\/)/, '/');
  if (message.target !== target) return `target ${message.target}`;
  if (message.body !== reference.body) return `body ${message.body}`;
  return otherFields(message, reference.fields);
}

function otherFields({ values, nameLengths }: Read, fields: NodeMessage['fields']): string | undefined {
  const isSame =
    values.length === fields.length &&
    fields.every(
      ([name, value], index) => nameLengths[index] === name.length && values[index] === value.replace(/[ \t]+$/, ''),
    );
  return isSame ? undefined : `fields ${JSON.stringify(values)}`;
}

/** So simple that nobody has a reason to refuse it. */
function isPlain({ method, target, fields, trailers }: ReferenceRequest): boolean {
  const once = ['host', 'content-type', 'origin', 'authorization', 'expect', ...SINGLETONS];
  const [host] = valuesOf(fields, 'host');
  const bytes = fields.reduce((sum, [name, value]) => sum + name.length + value.length + 20, target.length + 40);
  return (
    trailers === 0 &&
    ['GET', 'POST', 'DELETE', 'PUT', 'OPTIONS', 'HEAD'].includes(method) &&
    /^\/[a-z0-9/?=-]*$/.test(target) &&
    target.length <= BOUNDS.targetBytes &&
    /^[a-z0-9.-]+(?::\d+)?$/.test(host ?? '') &&
    once.every((name) => valuesOf(fields, name).length <= 1) &&
    valuesOf(fields, 'expect').every((value) => value.toLowerCase() === '100-continue') &&
    fields.every(([name]) => !name.includes('_')) &&
    valuesOf(fields, 'connection').length + valuesOf(fields, 'upgrade').length === 0 &&
    fields.length <= BOUNDS.headers &&
    bytes <= BOUNDS.headerBytes
  );
}

/** A last chunk with something behind it. */
const TRAILER = /\r\n0+\r\n(?!\r\n)/;

/** Node's parser may read on where ours has refused, never the other way round. */
function besideNode(input: Buffer, { messages }: Outcome, node: readonly NodeMessage[]): string | undefined {
  for (const [index, message] of messages.entries()) {
    const theirs = node[index];
    // It judges trailers by what they would be in a head; ours, and RFC 9110 section 6.5.1, pass over them.
    if (!theirs?.isComplete)
      return TRAILER.test(input.toString('latin1')) ? undefined : `takes what Node does not: message ${index}`;
    // Node has no name for some methods.
    if (theirs.first !== '' && message.first !== theirs.first)
      return `reads otherwise than Node: ${message.first} for ${theirs.first}`;
    if (message.body !== theirs.body) return `reads otherwise than Node: body ${message.body} for ${theirs.body}`;
    const wrong = otherFields(message, theirs.fields);
    if (wrong !== undefined) return `reads otherwise than Node: ${wrong}`;
    if (theirs.hasTrailers) return undefined;
  }
  return undefined;
}
