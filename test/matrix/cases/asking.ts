/** What a server asks in the middle of a call: of the person at the client, of its model, of its folders. */
import { fields } from '../../fixtures/conformance/message.ts';
import type { Fields } from '../../fixtures/conformance/message.ts';
import { facts } from '../cells.ts';
import { ableOf, entries, holds, same, succeeded, textIn, until } from '../pair.ts';
import type { Pair } from '../pair.ts';

export async function elicitation(pair: Pair): Promise<void> {
  const accepted = { action: 'accept', content: { name: 'Ann "é"', sure: false } };
  for (const how of ['stateless', 'once']) {
    const asked = await answered(pair, 'ask', { args: { how }, give: [accepted] });
    same(asked.answers, { first: accepted }, `what was answered (${how})`);
    const { message, requestedSchema } = asked.questions[0] ?? {};
    same(message, `${pair.world.name} asks for a name`, 'the message of the form');
    same(
      Object.keys(fields(fields(requestedSchema)?.['properties']) ?? {}),
      ['name', 'sure'],
      'the fields of the form',
    );
  }
  const declined = await answered(pair, 'ask', { args: { how: 'once' }, give: [{ action: 'decline' }] });
  same(declined.answers, { first: { action: 'decline' } }, 'what was declined');
  const colour = { action: 'accept', content: { colour: 'blue' } };
  const twice = await answered(pair, 'ask', { args: { how: 'twice' }, give: [accepted, colour] });
  same(twice.answers, { second: colour }, 'what was answered at last');
  await signed(pair);
  await unasked(pair, 'ask');
}

const folders = { roots: [{ uri: 'file:///home/ann/a%20folder', name: 'A folder' }] };

const thought = {
  role: 'assistant',
  content: { type: 'text', text: 'Hm.' },
  model: 'a-model',
  stopReason: 'endTurn',
};

export async function sampling(pair: Pair): Promise<void> {
  const asked = await answered(pair, 'think', { args: {}, give: [thought] });
  same(asked.answers, { thought }, 'what was thought');
  const { messages, maxTokens, temperature, systemPrompt } = asked.questions[0] ?? {};
  const content = { type: 'text', text: `${pair.world.name} wants a thought` };
  same(messages, [{ role: 'user', content }], 'the messages');
  same([maxTokens, temperature, systemPrompt], [17, 0.5, 'Be brief.'], 'how to sample');
  if (facts[pair.client.face.revision].sessions) await refused(pair);
  await unasked(pair, 'think');
}

export async function roots(pair: Pair): Promise<void> {
  const asked = await answered(pair, 'places', { args: {}, give: [folders] });
  same(asked.answers, { places: folders }, 'the roots');
  await unasked(pair, 'places');
}

/** Prompts may ask as well. */
async function signed(pair: Pair): Promise<void> {
  const signature = { action: 'accept', content: { signature: 'Ann' } };
  const answer = (method: string, params: Fields): Fields | undefined =>
    method === methods['ask'] && isOf(pair, method, params) ? signature : undefined;
  const ask = { method: 'prompts/get', params: { name: pair.named('sign') }, answer };
  const [message] = entries(await succeeded(pair.client.request(ask), 'a prompt that asks'), 'messages');
  same(fields(message?.['content'])?.['text'], JSON.stringify(signature), 'what was signed');
}

/** A client that refuses ends the question, not the connection; the answer says so in words. */
async function refused(pair: Pair): Promise<void> {
  const answer = (method: string, params: Fields): Error | undefined =>
    method === methods['think'] && isOf(pair, method, params) ? new Error('Nobody thinks here') : undefined;
  const { result, error } = await pair.call('think', {}, { answer });
  same(result?.['isError'], true, `what was refused ${JSON.stringify(error ?? result)}`);
}

/** Who declares nothing is asked nothing, though another of the same upstream's clients can be asked. */
async function unasked(pair: Pair, tool: string): Promise<void> {
  const plain = await pair.other?.({});
  if (!plain) return;
  try {
    const { result, error } = await plain.request({ method: 'tools/call', params: { name: tool, arguments: {} } });
    const isTold = result?.['isError'] === true || error?.code === -32021;
    holds(isTold, `${tool} for a client that can do nothing: ${JSON.stringify(error ?? result)}`);
    same(plain.faults(), [], 'what a client heard that can do nothing');
  } finally {
    await plain.close();
  }
}

interface Giving {
  readonly args: Fields;
  /** One for each question. */
  readonly give: readonly Fields[];
}

interface Asked {
  readonly questions: readonly Fields[];
  readonly answers: unknown;
}

const methods: Readonly<Record<string, string>> = {
  ask: 'elicitation/create',
  think: 'sampling/createMessage',
  places: 'roots/list',
};

/** What was asked, and what the server says that it was answered; it was told what the client can do. */
async function answered(pair: Pair, tool: string, { args, give }: Giving): Promise<Asked> {
  const questions: Fields[] = [];
  const answer = (method: string, params: Fields): Fields | undefined => {
    if (method !== methods[tool] || !isOf(pair, method, params)) return undefined;
    questions.push(params);
    return give[questions.length - 1] ?? give[0];
  };
  await associated(pair, tool);
  const result = await succeeded(pair.call(tool, args, { answer }), tool);
  // On the one way of a client, what another server asks about roots looks the same.
  if (tool !== 'places' || pair.other) same(questions.length, give.length, 'the number of questions');
  const told = fields(JSON.parse(textIn(result))) ?? {};
  offered(pair, fields(told['able']) ?? {});
  return { questions, answers: told['answers'] };
}

/**
 * On a way that several calls share a first question is refused while a call that was given up could have caused it; from then on calls that can
 * be asked come one after the other.
 */
async function associated(pair: Pair, tool: string): Promise<void> {
  if (pair.upstream.transport === 'http') return;
  const answer = (method: string, params: Fields): Fields | undefined => {
    if (method !== methods[tool] || !isOf(pair, method, params)) return undefined;
    return method === 'roots/list' ? folders : tool === 'ask' ? { action: 'cancel' } : thought;
  };
  const isRefused = async (): Promise<boolean> => {
    const { result } = await pair.call(tool, { how: 'once' }, { answer });
    return result?.['isError'] === true && textIn(result).includes('No associated client request');
  };
  await until(async () => !(await isRefused()), 'a question belongs to the only call there is');
}

/** Where several servers ask over one way; what roots are is the same for all. */
function isOf(pair: Pair, method: string, params: Fields): boolean {
  return method === 'roots/list' || JSON.stringify(params).includes(`${pair.world.name} `);
}

/**
 * What the upstream was told that its client can do: exactly that where a session is made for it. On a pipe or a stream that several share it is
 * what can be asked of any of them, and `unasked` sees to it that nobody is asked for more than he can.
 */
function offered(pair: Pair, told: Fields): void {
  const { sessions, elicitation } = facts[pair.upstream.revision];
  if (sessions && pair.upstream.transport !== 'http') return;
  const known = Object.keys(ableOf(pair.client.face)).filter((name) => name !== 'elicitation' || elicitation);
  same(Object.keys(told).toSorted(), known.toSorted(), 'what the upstream was told that the client can do');
  // Only sessions can be told that roots have changed.
  const allowed = facts[pair.client.face.revision].sessions && sessions ? ['form', 'listChanged'] : ['form'];
  const flags = known.flatMap((name) => Object.keys(fields(told[name]) ?? {}));
  same(
    flags.filter((flag) => !allowed.includes(flag)),
    [],
    'what the client was said to do beyond it',
  );
}
