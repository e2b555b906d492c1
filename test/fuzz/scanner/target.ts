/**
 * The envelope scanner and all that reads messages with it, against a strict reader: both find the same, or both refuse. Then what is cut
 * out of a scanned text (`elements`, `members`) and what is taken out of it (`takenOut`).
 */
import { joinParts } from '../../../src/kernel/parts.ts';
import { elements, isEmptyObject, members } from '../../../src/kernel/scan.ts';
import { splice, takenOut } from '../../../src/kernel/splice.ts';
import { REQUEST, type Message } from '../../../src/protocol/jsonrpc.ts';
import type { Target } from '../target.ts';
import { readEnvelope, type Envelope } from './envelope.ts';
import { generateMessage, WORDS } from './generate.ts';
import { readJson, type JsonNode, type JsonText } from './json.ts';
import { INCOMING, subjects, type Subject } from './subjects.ts';

const DEPTHS = [64, 8];

export const scanner: Target = {
  name: 'scanner',
  words: WORDS,
  generate: generateMessage,
  judge(input) {
    const json = readJson(input);
    for (const subject of subjects) {
      for (const maxDepth of DEPTHS) {
        const wrong = compare(subject, { input, json, maxDepth });
        if (wrong !== undefined) return `${subject.name} ${wrong} (depth ${maxDepth})`;
      }
    }
    return json && json.depth < 500 ? cutUp(input, json.root) : undefined;
  },
};

interface Trial {
  readonly input: Buffer;
  readonly json: JsonText | undefined;
  readonly maxDepth: number;
}

function compare(subject: Subject, { input, json, maxDepth }: Trial): string | undefined {
  const message = subject.read(input, maxDepth);
  const { problem } = message;
  if (json === undefined) {
    const isRefused = problem === 'syntax' || problem === 'depth';
    return isRefused || !subject.isStrict ? undefined : `takes what is no JSON: ${problem}`;
  }
  if (json.depth > maxDepth) return problem === 'depth' ? undefined : `does not say that it is deep: ${problem}`;
  const expected = readEnvelope(json, input, subject.layout);
  if (problem !== expected.problem) return `says another problem: ${problem}, not ${expected.problem}`;
  return places(subject, message, expected) ?? whole(message, expected) ?? meta(subject, message, json);
}

function places({ slots }: Subject, { fields }: Message, expected: Envelope): string | undefined {
  for (const [path, slot] of slots) {
    const place = expected.places.get(path);
    if (fields.has(slot) !== (place !== undefined)) return `${place ? 'misses' : 'finds'} a member: ${path}`;
    if (!place) continue;
    const isThere =
      fields.keyStart(slot) === place.keyStart && fields.start(slot) === place.start && fields.end(slot) === place.end;
    if (!isThere) return `finds a member elsewhere: ${path}`;
    const raw = fields.scan.bytes.toString('utf8', place.start, place.end);
    const text = raw.startsWith('"') ? (JSON.parse(raw) as string) : undefined;
    if (fields.text(slot) !== text) return `reads another text: ${path}`;
    if (JSON.stringify(fields.parse(slot)) !== JSON.stringify(JSON.parse(raw))) return `reads another value: ${path}`;
    if (fields.isObject(slot) !== raw.startsWith('{')) return `takes for an object, or not: ${path}`;
  }
  return undefined;
}

function whole({ form, method, id }: Message, expected: Envelope): string | undefined {
  if (form !== expected.form) return `is another message: ${form}, not ${expected.form}`;
  if (method !== expected.method) return `has another method: ${method}`;
  return id === expected.id ? undefined : `has another id: ${id}`;
}

/** How many members the client's `_meta` has decides what is left of it when the gateway's own are taken out. */
function meta({ layout }: Subject, { fields }: Message, { root }: JsonText): string | undefined {
  if (layout !== INCOMING || !fields.isObject(REQUEST.meta)) return undefined;
  const named = (node: JsonNode | undefined, key: string): JsonNode | undefined =>
    node?.members.find((member) => member.key === key)?.value;
  const count = named(named(root, 'params'), '_meta')?.members.length;
  return fields.scan.innermost === count ? undefined : `counts other members: ${fields.scan.innermost} of ${count}`;
}

/** Views on parts, and edits that leave every other byte as it was. */
function cutUp(input: Buffer, root: JsonNode): string | undefined {
  const text = ({ start, end }: Pick<JsonNode, 'start' | 'end'>): string => input.toString('latin1', start, end);
  if (root.kind === 'array') {
    const found = elements(input, 10_000)?.map((element) => element.toString('latin1'));
    return same(found, root.items.map(text)) ? undefined : 'elements are others';
  }
  if (root.kind !== 'object') return undefined;
  const keyed = root.members.map(({ key, keyStart, value }) => [
    key,
    text({ start: keyStart, end: value.end }),
    text(value),
  ]);
  const found = members(input).map(({ key, raw, value }) => [key, raw.toString('latin1'), value.toString('latin1')]);
  if (!same(found, keyed)) return 'members are others';
  if (isEmptyObject(input, root.start) !== (keyed.length === 0)) return 'emptiness is another';
  return ['first', 'last', 'even', 'odd', 'all'].map((which) => without(input, root, which)).find((wrong) => wrong);
}

function without(input: Buffer, root: JsonNode, which: string): string | undefined {
  const last = root.members.length - 1;
  const isOut = (index: number): boolean =>
    which === 'all' ||
    (which === 'first' && index === 0) ||
    (which === 'last' && index === last) ||
    (which === 'even' && index % 2 === 0) ||
    (which === 'odd' && index % 2 === 1);
  const out = root.members.filter((_, index) => isOut(index));
  const spans = out.map(({ keyStart, value }) => [keyStart, value.end] as const);
  const cut = joinParts(splice(input, { start: 0, end: input.length }, takenOut(input, spans)));
  const left = readJson(cut)?.root.members.map(({ key, value }) => [
    key,
    cut.toString('latin1', value.start, value.end),
  ]);
  const expected = root.members
    .filter((_, index) => !isOut(index))
    .map(({ key, value }) => [key, input.toString('latin1', value.start, value.end)]);
  return same(left, expected) ? undefined : `what is left is another: ${which} taken out`;
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
