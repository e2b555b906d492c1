/** The tools of the fixture: contents, errors, progress, logs, and three that ask. Each result carries members that no revision knows. */
import { fields, Refusal } from '../../fixtures/conformance/message.ts';
import type { Fields } from '../../fixtures/conformance/message.ts';
import { facts } from '../cells.ts';
import type { Revision } from '../cells.ts';
import { failed, text } from './turn.ts';
import type { Ending, Question, Turn } from './turn.ts';

export interface Tool {
  readonly definition: Fields & { readonly name: string };
  readonly run: (turn: Turn) => Ending | Promise<Ending>;
}

export const VENDOR = 'x-vendor';
/** Numbers and names that do not survive being parsed and written again. */
export const vendor: Fields = { kept: true, deep: [{ ключ: null }] };
export const STATE = 'state of "one" \\ é 1.0';
const SECOND = 'state: the second';
const QUICK_PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export function toolsOf(revision: Revision): readonly Tool[] {
  const region = revision === '2026-07-28' ? { type: 'string', 'x-mcp-header': 'Region' } : { type: 'string' };
  return [
    tool('echo', echo, { region, numbers: { type: 'object' } }),
    tool('kinds', (turn) => kinds(turn, revision)),
    tool('fail', () => failed('This tool always fails.')),
    tool('refuse', () => {
      throw new Refusal(4242, 'This tool refuses.', { data: { why: ['it', 1.5] } });
    }),
    tool('trespass', () => {
      throw new Refusal(-32050, "This code is nobody's to use.");
    }),
    tool('steps', steps),
    tool('wait', wait),
    tool('log', log),
    tool('ask', ask),
    tool('think', think),
    tool('places', places),
  ];
}

export const extraTool: Tool = tool('extra', () => text('extra'));

function tool(name: string, run: Tool['run'], properties: Fields = {}): Tool {
  const inputSchema = { type: 'object', properties, 'x-keyword': vendor };
  return { definition: { name, description: `Does ${name}`, inputSchema, [VENDOR]: vendor }, run };
}

function given(turn: Turn): Fields {
  return fields(turn.params['arguments']) ?? {};
}

/** Its arguments as they were written, and what stood beside them. */
function echo(turn: Turn): Ending {
  const written = /"arguments":(\{[^{}]*(?:\{[^{}]*\}[^{}]*)?\})/u.exec(turn.raw)?.[1] ?? '';
  const meta = Object.entries(fields(turn.params['_meta']) ?? {}).filter(([key]) => key.startsWith('example.com/'));
  const result = {
    content: [{ type: 'text', text: written, [VENDOR]: vendor }],
    [VENDOR]: vendor,
    _meta: { 'example.com/answer': vendor, ...Object.fromEntries(meta) },
  };
  return { kind: 'result', result };
}

/** Every content that the server's revision has. */
function kinds(turn: Turn, revision: Revision): Ending {
  const all: readonly Fields[] = [
    { type: 'text', text: 'all kinds' },
    { type: 'image', data: QUICK_PNG, mimeType: 'image/png' },
    { type: 'resource', resource: { uri: `matrix://${turn.server}/text`, mimeType: 'text/plain', text: 'embedded' } },
    { type: 'audio', data: 'UklGRg==', mimeType: 'audio/wav' },
    { type: 'resource_link', uri: `matrix://${turn.server}/text`, name: 'text' },
  ];
  const content = all.filter(({ type }) => facts[revision].contents.includes(String(type)));
  const structured = revision === '2024-11-05' ? {} : { structuredContent: { kinds: content.length } };
  return { kind: 'result', result: { content, ...structured } };
}

function steps(turn: Turn): Ending {
  for (const step of [1, 2, 3]) turn.progress(step, 3, `step ${step}`);
  return text('three steps');
}

/** Until it is cancelled; that it has begun is told as progress. */
async function wait(turn: Turn): Promise<Ending> {
  turn.progress(1, 2, 'waiting');
  await new Promise((over) => turn.signal.addEventListener('abort', over, { once: true }));
  return text('cancelled');
}

function log(turn: Turn): Ending {
  for (const level of ['debug', 'info', 'warning']) turn.log(level, { server: turn.server, level, [VENDOR]: vendor });
  return text('logged');
}

export const form = (turn: Turn, what: string): Question => ({
  method: 'elicitation/create',
  params: {
    message: `${turn.server} asks for a ${what}`,
    requestedSchema: {
      type: 'object',
      properties: { [what]: { type: 'string', title: what }, sure: { type: 'boolean', default: true } },
      required: [what],
    },
  },
});

/** How it asks is its argument `how`: `stateless` remembers nothing, `once` a state, `twice` asks a second time. */
function ask(turn: Turn): Ending {
  const how = given(turn)['how'];
  const first = turn.answers['first'];
  const second = turn.answers['second'];
  const told = (state: string | undefined): void => {
    if (turn.state !== state)
      throw new Refusal(-32602, `the state is ${JSON.stringify(turn.state)}, not ${JSON.stringify(state)}`);
  };
  if (second) {
    told(SECOND);
    return answered(turn, { second });
  }
  if (!first) return asking({ first: form(turn, 'name') }, how === 'stateless' ? undefined : STATE);
  told(how === 'stateless' ? undefined : STATE);
  if (how === 'twice') return asking({ second: form(turn, 'colour') }, SECOND);
  return answered(turn, { first });
}

function think(turn: Turn): Ending {
  const { thought } = turn.answers;
  if (thought) return answered(turn, { thought });
  const prompt = { role: 'user', content: { type: 'text', text: `${turn.server} wants a thought` } };
  const params = { messages: [prompt], maxTokens: 17, temperature: 0.5, systemPrompt: 'Be brief.' };
  return asking({ thought: { method: 'sampling/createMessage', params } }, STATE);
}

function places(turn: Turn): Ending {
  const where = turn.answers['places'];
  return where
    ? answered(turn, { places: where })
    : asking({ places: { method: 'roots/list', params: {} } }, undefined);
}

function asking(questions: Readonly<Record<string, Question>>, state: string | undefined): Ending {
  return state === undefined ? { kind: 'ask', questions } : { kind: 'ask', questions, state };
}

function answered(turn: Turn, answers: Fields): Ending {
  return text(JSON.stringify({ answers, able: turn.able }));
}
