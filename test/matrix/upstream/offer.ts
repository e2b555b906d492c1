/** What the fixture offers beside its tools, and how each method is performed: lists in two pages, prompts, resources, completion. */
import { fields, Refusal } from '../../fixtures/conformance/message.ts';
import type { Fields } from '../../fixtures/conformance/message.ts';
import type { Revision } from '../cells.ts';
import type { Board, Listed } from '../world.ts';
import { extraTool, form, toolsOf, VENDOR, vendor } from './tools.ts';
import type { Ending, Turn } from './turn.ts';

export const serverInfo = { name: 'matrix-fixture', version: '1.0.0' };

/** @param revision decides whether completion is said to be there: 2024-11-05 has the method and no capability. */
export function capabilitiesOf(revision: Revision): Fields {
  const offered = {
    tools: { listChanged: true },
    prompts: { listChanged: true },
    resources: { listChanged: true, subscribe: true },
    logging: {},
  };
  return revision === '2024-11-05' ? offered : { ...offered, completions: {} };
}

export async function perform(method: string, turn: Turn, { board, revision }: Place): Promise<Ending> {
  switch (method) {
    case 'tools/call':
      return await callTool(turn, board, revision);
    case 'tools/list':
      return page(
        'tools',
        toolsOf(revision).map(({ definition }) => definition),
        { turn, board, extra: extraTool.definition },
      );
    case 'prompts/list':
      return page('prompts', promptsOf(), { turn, board, extra: { name: 'extra' } });
    case 'resources/list':
      return page('resources', resourcesOf(board.name), {
        turn,
        board,
        extra: { uri: `matrix://${board.name}/extra`, name: 'extra' },
      });
    case 'resources/templates/list':
      return page('resourceTemplates', templatesOf(board.name), { turn, board });
    case 'prompts/get':
      return getPrompt(turn);
    case 'resources/read':
      return read(turn);
    case 'completion/complete':
      return complete(turn);
    default:
      throw new Refusal(-32601, `Method not found: ${method}`, { status: 404 });
  }
}

export interface Place {
  readonly board: Board;
  readonly revision: Revision;
}

async function callTool(turn: Turn, board: Board, revision: Revision): Promise<Ending> {
  const all = board.has('tools') ? [...toolsOf(revision), extraTool] : toolsOf(revision);
  const tool = all.find(({ definition }) => definition.name === turn.params['name']);
  if (!tool) throw new Refusal(-32602, `Unknown tool: ${String(turn.params['name'])}`);
  return await tool.run(turn);
}

interface Paging {
  readonly turn: Turn;
  readonly board: Board;
  readonly extra?: Fields;
}

/** Always two pages; the cursor is the server's own and no client may ever see it. */
function page(key: string, entries: readonly Fields[], { turn, board, extra }: Paging): Ending {
  const isThere = extra !== undefined && board.has(key as Listed);
  const all = isThere ? [...entries, extra] : entries;
  const half = Math.ceil(all.length / 2);
  const { cursor } = turn.params;
  if (cursor === undefined)
    return { kind: 'result', result: { [key]: all.slice(0, half), nextCursor: `own-${board.name}`, [VENDOR]: vendor } };
  if (cursor !== `own-${board.name}`) throw new Refusal(-32602, 'This cursor is not mine');
  return { kind: 'result', result: { [key]: all.slice(half), [VENDOR]: vendor } };
}

function promptsOf(): readonly Fields[] {
  const argument = (name: string, required: boolean) => ({ name, description: `the ${name}`, required });
  return [
    {
      name: 'greet',
      description: 'Greets',
      arguments: [argument('name', true), argument('tone', false)],
      [VENDOR]: vendor,
    },
    { name: 'part', description: 'Parts' },
    { name: 'sign', description: 'Asks who signs' },
  ];
}

function resourcesOf(server: string): readonly Fields[] {
  return ['text', 'blob', 'other'].map((name) => ({
    uri: `matrix://${server}/${name}`,
    name,
    mimeType: name === 'blob' ? 'application/octet-stream' : 'text/plain',
    [VENDOR]: vendor,
  }));
}

function templatesOf(server: string): readonly Fields[] {
  return ['item', 'thing'].map((name) => ({
    uriTemplate: `matrix://${server}/${name}/{id}`,
    name,
    mimeType: 'text/plain',
  }));
}

function getPrompt(turn: Turn): Ending {
  const { server, params, answers } = turn;
  if (params['name'] === 'sign' && !answers['who']) return { kind: 'ask', questions: { who: form(turn, 'signature') } };
  if (params['name'] === 'sign') {
    const content = { type: 'text', text: JSON.stringify(answers['who']) };
    return { kind: 'result', result: { messages: [{ role: 'user', content }] } };
  }
  if (params['name'] !== 'greet') throw new Refusal(-32602, `Unknown prompt: ${String(params['name'])}`);
  const { name, tone } = fields(params['arguments']) ?? {};
  if (typeof name !== 'string') throw new Refusal(-32602, 'name is missing');
  const content = {
    type: 'text',
    text: `${server} greets ${name}${typeof tone === 'string' ? ` ${tone}` : ''}`,
    [VENDOR]: vendor,
  };
  return {
    kind: 'result',
    result: { description: 'A greeting', messages: [{ role: 'user', content }], [VENDOR]: vendor },
  };
}

function read({ server, params }: Turn): Ending {
  const uri = String(params['uri']);
  const name = /^matrix:\/\/([^/]+)\/(text|blob|other|item\/\w+)$/u.exec(uri);
  if (name?.[1] !== server) throw new Refusal(-32602, 'Resource not found', { data: { uri } });
  const body =
    name[2] === 'blob'
      ? { blob: 'AAEC', mimeType: 'application/octet-stream' }
      : { text: `the ${name[2]}`, mimeType: 'text/plain' };
  return { kind: 'result', result: { contents: [{ uri, ...body, [VENDOR]: vendor }], [VENDOR]: vendor } };
}

/** The tone that was chosen already comes back, so that one sees whether the context arrived. */
function complete({ server, params }: Turn): Ending {
  const { type, name, uri } = fields(params['ref']) ?? {};
  const known = type === 'ref/prompt' ? name === 'greet' : uri === `matrix://${server}/item/{id}`;
  if (!known) throw new Refusal(-32602, `Nothing to complete: ${JSON.stringify(params['ref'])}`);
  const begun = String(fields(params['argument'])?.['value']);
  const tone = fields(fields(params['context'])?.['arguments'])?.['tone'];
  const values = [`${begun}-one`, `${begun}-two`, ...(typeof tone === 'string' ? [tone] : [])];
  return { kind: 'result', result: { completion: { values, total: values.length, hasMore: false, [VENDOR]: vendor } } };
}
