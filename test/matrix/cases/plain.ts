/** What is asked and answered at once: lists, calls, errors, completion, prompts, resources. */
import { fields } from '../../fixtures/conformance/message.ts';
import type { Fields } from '../../fixtures/conformance/message.ts';
import { facts } from '../cells.ts';
import { encode } from '../client/http-stateless.ts';
import { entries, holds, same, succeeded, textIn } from '../pair.ts';
import type { Pair } from '../pair.ts';
import { toolsOf, VENDOR, vendor } from '../upstream/tools.ts';

const REGION = 'süd 1';

export async function list(pair: Pair): Promise<void> {
  const tools = await pair.list('tools/list', 'tools');
  const expected = toolsOf(pair.upstream.revision).map(({ definition }) => definition);
  same(
    tools.map(({ name }) => name),
    expected.map(({ name }) => name),
    'the names of the tools',
  );
  for (const tool of tools) {
    same(tool[VENDOR], vendor, `the vendor's member of ${String(tool['name'])}`);
    same(fields(tool['inputSchema'])?.['x-keyword'], vendor, `the vendor's keyword of ${String(tool['name'])}`);
  }
  same(
    (await pair.list('prompts/list', 'prompts')).map(({ name }) => name),
    ['greet', 'part', 'sign'],
    'the prompts',
  );
  const resources = await pair.list('resources/list', 'resources');
  same(
    resources.map(({ uri }) => uri),
    ['text', 'blob', 'other'].map((path) => pair.uri(path)),
    'the resources',
  );
  holds(
    resources.every((resource) => VENDOR in resource),
    "a vendor's member of a resource is gone",
  );
  const templates = await pair.list('resources/templates/list', 'resourceTemplates');
  same(
    templates.map(({ uriTemplate }) => uriTemplate),
    ['item', 'thing'].map((path) => pair.uri(`${path}/{id}`)),
    'the templates',
  );
}

/** Arguments arrive as they were written, and results come back with what nobody knows in them. */
export async function call(pair: Pair): Promise<void> {
  const args = {
    region: REGION,
    numbers: { big: asWritten('12345678901234567890'), one: asWritten('1.0'), text: 'é\u2028"' },
  };
  const params = { _meta: { 'example.com/trace': 'one' } };
  const result = await succeeded(pair.call('echo', args, { params, headers: await regionHeaders(pair) }), 'echo');
  same(textIn(result), JSON.stringify(args), 'the arguments');
  same(result[VENDOR], vendor, "the vendor's member of the result");
  same(entries(result, 'content')[0]?.[VENDOR], vendor, "the vendor's member of the content");
  const { 'example.com/answer': own, 'example.com/trace': trace } = fields(result['_meta']) ?? {};
  same([own, trace], [vendor, 'one'], "the vendors' keys in _meta");
  const bare = await succeeded(
    pair.client.request({ method: 'tools/call', params: { name: pair.named('echo') } }),
    'echo without arguments',
  );
  holds(['', '{}'].includes(textIn(bare)), `no arguments became ${textIn(bare)}`);
  const all = await succeeded(pair.call('kinds'), 'kinds');
  const kinds = entries(all, 'content').length;
  const offered = facts[pair.upstream.revision].contents.length;
  same(kinds, offered, 'the blocks of all kinds');
  const structured = pair.upstream.revision !== '2024-11-05' && pair.client.face.revision !== '2024-11-05';
  if (structured) same(all['structuredContent'], { kinds: offered }, 'structuredContent');
}

/** A number that does not survive being read and written again. */
function asWritten(text: string): unknown {
  return (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON(text);
}

/** Where the tool is offered with `x-mcp-header` a client over HTTP must send it ("Custom Headers from Tool Parameters"). */
async function regionHeaders(pair: Pair): Promise<Record<string, string>> {
  if (pair.client.face.name !== '2026-07-28/http') return {};
  const echo = (await pair.list('tools/list', 'tools')).find(({ name }) => name === 'echo');
  const region = fields(fields(fields(echo?.['inputSchema'])?.['properties'])?.['region']);
  return region && 'x-mcp-header' in region ? { [`mcp-param-${String(region['x-mcp-header'])}`]: encode(REGION) } : {};
}

/** Errors of a tool, of the protocol and of a vendor; a resource that is not there. */
export async function error(pair: Pair): Promise<void> {
  const failed = await pair.call('fail');
  same(
    [failed.result?.['isError'], failed.result && textIn(failed.result)],
    [true, 'This tool always fails.'],
    'a failing tool',
  );
  const refused = await pair.call('refuse');
  same(
    refused.error,
    { code: 4242, message: 'This tool refuses.', data: { why: ['it', 1.5] } },
    "an error of the vendor's",
  );
  // Codes that MCP keeps for itself, and has given no meaning, go no further ("Error Codes").
  const trespass = await pair.call('trespass');
  same(trespass.error?.code, pair.direct ? -32050 : -32603, 'a code that nobody may use');
  const unknown = await pair.call('nowhere');
  same(unknown.error?.code, -32602, 'the code of an unknown tool');
  const gone = await pair.client.request({ method: 'resources/read', params: { uri: pair.uri('item/') } });
  const codes = facts[pair.client.face.revision].sessions ? [-32002, -32602] : [-32602];
  holds(
    codes.includes(Number(gone.error?.code)),
    `a resource that is not there: ${JSON.stringify(gone.error ?? gone.result)}`,
  );
  const method = await pair.client.request({ method: 'no/such' });
  same(method.error?.code, -32601, 'the code of an unknown method');
}

export async function completion(pair: Pair): Promise<void> {
  const context = { arguments: { tone: 'gently' } };
  const known = facts[pair.client.face.revision].completionContext;
  const passed = known && facts[pair.upstream.revision].completionContext;
  const argument = { name: 'name', value: 'An' };
  const prompt = { ref: { type: 'ref/prompt', name: pair.named('greet') }, argument, ...(known ? { context } : {}) };
  const result = await succeeded(
    pair.client.request({ method: 'completion/complete', params: prompt }),
    'completion of a prompt',
  );
  const values = ['An-one', 'An-two', ...(passed ? ['gently'] : [])];
  same(
    fields(result['completion']),
    { values, total: values.length, hasMore: false, [VENDOR]: vendor },
    'what completes a prompt',
  );
  const template = { ref: { type: 'ref/resource', uri: pair.uri('item/{id}') }, argument: { name: 'id', value: '4' } };
  const second = await succeeded(
    pair.client.request({ method: 'completion/complete', params: template }),
    'completion of a template',
  );
  same(fields(second['completion'])?.['values'], ['4-one', '4-two'], 'what completes a template');
}

export async function prompts(pair: Pair): Promise<void> {
  const get = (name: string, args: Fields) =>
    pair.client.request({ method: 'prompts/get', params: { name: pair.named(name), arguments: args } });
  const result = await succeeded(get('greet', { name: 'Ann', tone: 'gently' }), 'prompts/get');
  const text = `${pair.world.name} greets Ann gently`;
  same(result['messages'], [{ role: 'user', content: { type: 'text', text, [VENDOR]: vendor } }], 'the messages');
  same([result['description'], result[VENDOR]], ['A greeting', vendor], 'what stands beside the messages');
  same((await get('nowhere', {})).error?.code, -32602, 'the code of an unknown prompt');
  same((await get('greet', {})).error?.code, -32602, 'the code of a missing argument');
}

export async function resources(pair: Pair): Promise<void> {
  const read = async (path: string): Promise<Fields> => {
    const result = await succeeded(
      pair.client.request({ method: 'resources/read', params: { uri: pair.uri(path) } }),
      `reading ${path}`,
    );
    same(result[VENDOR], vendor, "the vendor's member of the result");
    return entries(result, 'contents')[0] ?? {};
  };
  same(
    await read('text'),
    { uri: pair.uri('text'), text: 'the text', mimeType: 'text/plain', [VENDOR]: vendor },
    'a text',
  );
  same((await read('blob'))['blob'], 'AAEC', 'a blob');
  same((await read('item/7'))['text'], 'the item/7', 'what a template means');
}
