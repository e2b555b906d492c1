/**
 * What a server asks a client and what comes back, as a peer of each session revision can read it; all else travels as it was written. What is
 * a hop's own, progress tokens and tasks, does not travel (2025-11-25, "Elicitation", "Sampling"; what is different before, in their changelogs).
 */
import { isObject, member, parseJson, type JsonObject } from '../../kernel/json.ts';
import { elements, members, type Member } from '../../kernel/scan.ts';
import { asWritten, isObjectText, remade } from '../remade.ts';
import { blockAsText, textBlock } from '../blocks.ts';
import { differences, type Differences, type Revision2025 } from './differences.ts';

export { answerProblem } from '../answers.ts';

export interface Asked {
  readonly method: string;
  /** JSON text. */
  readonly params: string;
}

export interface Answered {
  readonly kind: 'result' | 'error';
  /** JSON text. */
  readonly json: string;
}

/** A question as a client of that revision can be asked it; `undefined` where it has no words for it. */
export function questionFor({ method, params }: Asked, revision: Revision2025): Asked | undefined {
  const bytes = Buffer.from(params === '' ? '{}' : params);
  const parsed = parseJson(bytes);
  if (!isObject(parsed)) return undefined;
  const asked = { bytes, parsed, known: differences(revision) };
  switch (method) {
    case 'roots/list':
      return { method, params: remade(bytes, travelling) };
    case 'elicitation/create':
      return worded(method, elicitation(asked));
    case 'sampling/createMessage':
      return worded(method, sampling(asked));
    default:
      return undefined;
  }
}

/** A client's answer as a server of that revision can read it; `undefined` where it cannot. */
export function answerFor({ method }: Asked, answer: Answered, revision: Revision2025): Answered | undefined {
  if (answer.kind === 'error') return answer;
  const bytes = Buffer.from(answer.json);
  const parsed = parseJson(bytes);
  if (!isObject(parsed)) return undefined;
  const known = differences(revision);
  if (method !== 'sampling/createMessage' || known.samplingTools)
    return { kind: 'result', json: remade(bytes, travelling) };
  if (blocksOf(parsed).some(isOfTools)) return undefined;
  let isReadable = true;
  const json = remade(bytes, (one) => {
    if (one.key !== 'content') return travelling(one);
    const content = oneBlock(one.value, known);
    isReadable &&= content !== undefined;
    return content;
  });
  return isReadable ? { kind: 'result', json } : undefined;
}

interface Asking {
  readonly bytes: Buffer;
  readonly parsed: JsonObject;
  readonly known: Differences;
}

const worded = (method: string, params: string | undefined): Asked | undefined =>
  params === undefined ? undefined : { method, params };

/** Members of questions and answers that belong to one hop, or to revisions whose peers are not asked like this. */
const OF_A_HOP: ReadonlySet<string> = new Set(['task', 'resultType']);

function travelling(one: Member): string | undefined {
  if (OF_A_HOP.has(one.key)) return undefined;
  if (one.key !== '_meta' || !isObjectText(one.value)) return asWritten(one);
  const meta = remade(one.value, (inner) => (isReserved(inner.key) ? undefined : asWritten(inner)));
  return meta === '{}' ? undefined : meta;
}

const isReserved = (key: string): boolean => key === 'progressToken' || key.startsWith('io.modelcontextprotocol/');

function elicitation({ bytes, parsed, known }: Asking): string | undefined {
  if (!known.elicitation) return undefined;
  const mode = member(parsed, 'mode');
  // A URL is asked for under an id, by which its server later says that it is done.
  if (mode === 'url' && !(known.modes && typeof member(parsed, 'elicitationId') === 'string')) return undefined;
  if (mode !== undefined && mode !== 'form' && mode !== 'url') return undefined;
  const properties = member(member(parsed, 'requestedSchema'), 'properties');
  if (!known.choices && isObject(properties) && Object.values(properties).some(takesSeveral)) return undefined;
  return remade(bytes, (one) => {
    if (one.key === 'mode' && !known.modes) return undefined;
    return one.key === 'requestedSchema' && !known.choices ? plainForm(one) : travelling(one);
  });
}

const takesSeveral = (field: unknown): boolean => member(field, 'type') === 'array';

function plainForm(schema: Member): string {
  if (!isObjectText(schema.value)) return asWritten(schema);
  return remade(schema.value, (one) =>
    one.key === 'properties' && isObjectText(one.value) ? remade(one.value, plainField) : asWritten(one),
  );
}

/** A choice with titles as the values and, beside them, their names. */
function plainField(field: Member): string {
  const choices = isObjectText(field.value) ? titledChoices(parseJson(field.value)) : undefined;
  if (!choices) return asWritten(field);
  const rest = remade(field.value, (one) => (one.key === 'oneOf' || one.key === 'anyOf' ? undefined : asWritten(one)));
  const names = `"enum":${JSON.stringify(choices.map(({ value }) => value))},"enumNames":${JSON.stringify(choices.map(({ name }) => name))}`;
  return rest === '{}' ? `{"type":"string",${names}}` : `${rest.slice(0, -1)},${names}}`;
}

interface Choice {
  readonly value: string;
  readonly name: string;
}

/** `undefined` where the field is no choice, or one whose values are no text. */
function titledChoices(field: unknown): readonly Choice[] | undefined {
  const options = member(field, 'oneOf') ?? member(field, 'anyOf');
  if (!Array.isArray(options) || options.length === 0 || member(field, 'enum') !== undefined) return undefined;
  const choices: Choice[] = [];
  for (const option of options as readonly unknown[]) {
    const value = member(option, 'const');
    const title = member(option, 'title');
    if (typeof value !== 'string') return undefined;
    choices.push({ value, name: typeof title === 'string' ? title : value });
  }
  return choices;
}

/** Longer conversations are refused to who must be told them message by message. */
const MAX_MESSAGES = 10_000;

function sampling({ bytes, parsed, known }: Asking): string | undefined {
  if (known.samplingTools) return remade(bytes, travelling);
  if (member(parsed, 'tools') !== undefined || member(parsed, 'toolChoice') !== undefined) return undefined;
  const messages = member(parsed, 'messages');
  if (!Array.isArray(messages) || messages.length > MAX_MESSAGES) return undefined;
  if (messages.some((message) => blocksOf(message).some(isOfTools))) return undefined;
  return remade(bytes, (one) =>
    one.key === 'messages' ? `[${singleBlocks(one.value, known).join(',')}]` : travelling(one),
  );
}

/** The blocks of a message or of a sampling result. */
function blocksOf(message: unknown): readonly unknown[] {
  const content = member(message, 'content');
  return Array.isArray(content) ? (content as readonly unknown[]) : [content];
}

const isOfTools = (block: unknown): boolean => {
  const type = member(block, 'type');
  return type === 'tool_use' || type === 'tool_result';
};

/** Messages of one block each: the further blocks of one message become messages of the same role. */
function singleBlocks(messages: Buffer, known: Differences): readonly string[] {
  return (elements(messages, MAX_MESSAGES) ?? []).flatMap((message) => {
    const whole = isObjectText(message) ? members(message) : [];
    const content = whole.find(({ key }) => key === 'content');
    if (!content) return [message.toString('utf8')];
    const blocks = blockTexts(content.value, known);
    const role = member(parseJson(message), 'role') === 'assistant' ? 'assistant' : 'user';
    return blocks.map((block, i) =>
      i === 0
        ? remade(message, (one) => (one.key === 'content' ? block : asWritten(one)))
        : `{"role":"${role}","content":${block}}`,
    );
  });
}

function blockTexts(content: Buffer, known: Differences): readonly string[] {
  const blocks = content[0] === 0x5b ? (elements(content, MAX_MESSAGES) ?? []) : [content];
  return blocks.map((block) => blockAsText(block, known) ?? block.toString('utf8'));
}

/** The content of a sampling result as one block: several that are all text become one text. */
function oneBlock(content: Buffer, known: Differences): string | undefined {
  const blocks = blockTexts(content, known);
  if (blocks.length <= 1) return blocks[0];
  const texts = blocks.map((block) => {
    const parsed = parseJson(block);
    const text = member(parsed, 'type') === 'text' ? member(parsed, 'text') : undefined;
    return typeof text === 'string' ? text : undefined;
  });
  return texts.includes(undefined) ? undefined : textBlock(texts.join('\n'));
}
