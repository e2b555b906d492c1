/** The clients of `bench/asking.ts`, one for each way of being asked: they answer at once, and a call is over when its result has the name they gave. */
import { Agent, request as send } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { openSession, within } from '../session.ts';
import { request } from '../workloads.ts';

export interface Client extends Disposable {
  /** Resolves when the result has come. @throws where it is another than it must be. */
  call(): Promise<void>;
}

export interface Target {
  readonly url: string;
  readonly tool: string;
  /** A tool that asks nothing gives `nobody`. */
  readonly asks: boolean;
}

const able = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } };

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly result?: Result;
}

interface Result {
  readonly resultType?: string;
  readonly requestState?: string;
  readonly inputRequests?: Readonly<Record<string, unknown>>;
  readonly content?: readonly { readonly text?: string }[];
}

/** 2025-11-25: the question comes on the stream of the call, and its answer goes beside it. */
export async function sessionClient({ url, tool, asks }: Target): Promise<Client> {
  const agent = new Agent({ keepAlive: true });
  const headers = within(await openSession(url, { elicitation: {} }));
  const post = (message: object): Promise<IncomingMessage> =>
    posted(url, { agent, headers, body: JSON.stringify({ jsonrpc: '2.0', ...message }) });
  let last = 0;
  const call = async (): Promise<void> => {
    last += 1;
    const id = last;
    const name = asks ? `Ann ${id}` : 'nobody';
    const response = await post({ id, method: 'tools/call', params: { name: tool, arguments: {} } });
    let said: Result | undefined;
    for await (const message of messages(response)) {
      if (message.method === 'elicitation/create') await taken(post({ id: message.id, result: accepted(name) }));
      else if (message.id === id) said = message.result;
    }
    judge(said, name);
  };
  return { call, [Symbol.dispose]: () => agent.destroy() };
}

/** 2026-07-28: the question is how the call ends, and the next one brings the answer. */
export function statelessClient({ url, tool, asks }: Target): Client {
  const agent = new Agent({ keepAlive: true });
  let last = 0;
  const ask = async (id: number, params: object): Promise<Result | undefined> => {
    const { headers, body } = request('tools/call', id, { name: tool, arguments: {}, ...params, _meta: able });
    let said: Result | undefined;
    for await (const message of messages(await posted(url, { agent, headers, body }))) {
      if (message.id === id) said = message.result;
    }
    return said;
  };
  const call = async (): Promise<void> => {
    last += 2;
    const name = asks ? `Ann ${last}` : 'nobody';
    const first = await ask(last, {});
    if (!asks) return judge(first, name);
    if (first?.resultType !== 'input_required') throw new Error(`${url} did not ask: ${JSON.stringify(first)}`);
    const { requestState, inputRequests = {} } = first;
    const inputResponses = Object.fromEntries(Object.keys(inputRequests).map((key) => [key, accepted(name)]));
    judge(await ask(last + 1, { requestState, inputResponses }), name);
  };
  return { call, [Symbol.dispose]: () => agent.destroy() };
}

function accepted(name: string): object {
  return { action: 'accept', content: { name } };
}

function judge(result: Result | undefined, name: string): void {
  if (result?.content?.[0]?.text !== name) throw new Error(`It was to be ${name}, and is ${JSON.stringify(result)}`);
}

interface Posting {
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function posted(url: string, { agent, headers, body }: Posting): Promise<IncomingMessage> {
  return new Promise((answered, failed) => {
    const length = { 'Content-Length': String(Buffer.byteLength(body)) };
    send(url, { method: 'POST', agent, headers: { ...headers, ...length } }, answered)
      .once('error', failed)
      .end(body);
  });
}

async function taken(sent: Promise<IncomingMessage>): Promise<void> {
  const response = await sent;
  for await (const _ of response);
  if (response.statusCode !== 202) throw new Error(`An answer was met with HTTP ${response.statusCode}`);
}

/** Of a body or of a stream, each as soon as it is whole. */
async function* messages(response: IncomingMessage): AsyncGenerator<Message> {
  const isStream = response.headers['content-type']?.startsWith('text/event-stream') === true;
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += String(chunk);
    if (!isStream) continue;
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: ?(\S.*)$/m.exec(event)?.[1];
      if (data !== undefined) yield JSON.parse(data) as Message;
    }
  }
  if (response.statusCode !== 200) throw new Error(`HTTP ${response.statusCode}: ${text}`);
  if (!isStream) yield JSON.parse(text) as Message;
}
