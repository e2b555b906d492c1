/** A client of the session revisions that can be asked something in the middle of a call, and the upstream that asks it. */
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { send, type Answered } from './client.ts';
import { Events } from './streams.ts';

export const FORM = {
  method: 'elicitation/create',
  params: {
    mode: 'form',
    message: 'Who?',
    requestedSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
  },
};
export const SAMPLE = {
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: { type: 'text', text: 'Hi' } }], maxTokens: 9 },
};
export const ROOTS = { method: 'roots/list', params: {} };
export const ALL = { elicitation: {}, sampling: {}, roots: { listChanged: true } };
export const ACCEPTED = { action: 'accept', content: { name: 'Ada' } };

/** As it stands in the upstream's JSON: no other writing of the same string will do. */
export const STATE = String.raw`"caf\u00e9 \/ 1.0"`;

/** What each tool asks in a first round; the state is JSON text. */
const TOOLS: Readonly<Record<string, { readonly asks?: object; readonly state?: string; readonly forever?: true }>> = {
  one: { asks: { who: FORM }, state: STATE },
  unstated: { asks: { who: FORM } },
  several: { asks: { z: SAMPLE, a: ROOTS, m: FORM }, state: STATE },
  later: { state: STATE },
  forever: { asks: { who: FORM }, state: STATE, forever: true },
  never: { state: STATE, forever: true },
  sample: { asks: { s: SAMPLE } },
  roots: { asks: { r: ROOTS } },
};

/** Asks as MCP 2026-07-28 does; in the end it gives back what came with the last round. */
export async function askingUpstream(): Promise<RawUpstream> {
  const upstream = await RawUpstream.start('2026-07-28');
  upstream.tools = Object.keys(TOOLS)
    .map((name) => `{"name":"${name}","inputSchema":{"type":"object"}}`)
    .join(',');
  upstream.answer = (response, id, { body }) => {
    const { params } = JSON.parse(body) as { params: Record<string, unknown> };
    const { asks, state, forever } = TOOLS[String(params['name'])] ?? {};
    const isFirst = params['inputResponses'] === undefined && params['requestState'] === undefined;
    const asked = [
      '"resultType":"input_required"',
      ...(asks ? [`"inputRequests":${JSON.stringify(asks)}`] : []),
      ...(state === undefined ? [] : [`"requestState":${state}`]),
    ];
    const text = JSON.stringify(params['inputResponses'] ?? {});
    const done = `"resultType":"complete","content":[{"type":"text","text":${JSON.stringify(text)}}]`;
    const result = isFirst || forever ? asked.join(',') : done;
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(`{"jsonrpc":"2.0","id":${id},"result":{${result}}}`);
  };
  return upstream;
}

export interface Opening {
  readonly version?: string;
  readonly capabilities?: object;
}

export type Said = Events['all'][number];

export class AskedClient {
  readonly url: string;
  readonly headers: Record<string, string>;

  private constructor(url: string, headers: Record<string, string>) {
    this.url = url;
    this.headers = headers;
  }

  static async open(url: string, { version = '2025-11-25', capabilities = ALL }: Opening = {}): Promise<AskedClient> {
    const params = { protocolVersion: version, capabilities, clientInfo: { name: 't', version: '1' } };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params });
    const answered = await send(url, { body });
    const id = answered.headers['mcp-session-id'];
    if (typeof id !== 'string') throw new Error(`initialize: ${answered.status} ${answered.body}`);
    return new AskedClient(url, { 'mcp-session-id': id, 'mcp-protocol-version': version });
  }

  call(name: string, id: unknown = 1): Events {
    return this.post(JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } }));
  }

  post(body: string): Events {
    return new Events(this.url, { method: 'POST', headers: this.headers, body });
  }

  resume(lastEventId: string): Events {
    return new Events(this.url, { method: 'GET', headers: { ...this.headers, 'last-event-id': lastEventId } });
  }

  say(message: object): Promise<Answered> {
    return send(this.url, { headers: this.headers, body: JSON.stringify({ jsonrpc: '2.0', ...message }) });
  }

  /** Answers a question with a result. Gives back the status. */
  async answer(question: Said, result: object): Promise<number> {
    return (await this.say({ id: question.id, result })).status;
  }
}

/** What the client has been asked on this stream. */
export const questions = ({ all }: Events): Said[] =>
  all.filter(({ id, method }) => id !== undefined && method !== undefined);

type Ended = Said & { readonly error?: { readonly code: number; readonly message: string } };

/** The text of a tool's result, and whether it is an error. */
export function outcome({ all }: Events): unknown {
  const last: Ended | undefined = all.at(-1);
  const content = last?.result?.['content'] as readonly { readonly text: string }[] | undefined;
  if (last?.error) return { code: last.error.code, message: last.error.message };
  return content && (last?.result?.['isError'] === true ? { told: content[0]?.text } : content[0]?.text);
}
