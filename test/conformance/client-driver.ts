/**
 * What the suite starts as "the client" of one of its servers: a gateway with that server as its upstream, and a plain client in front of it that does
 * what the scenario waits for. `node client-driver.ts <revision of the plain client> <URL of the scenario's server>`, as the suite calls it.
 */
import { exitOnSignals } from '../fixtures/child.ts';
import { startGateway } from '../fixtures/gateway.ts';
import { sessionClient, statelessClient } from './plain-client.ts';
import type { Answerer, Fields, PlainClient, Question } from './plain-client.ts';

type Script = (client: PlainClient) => Promise<void>;

/** What to do in each scenario; without a line the tools are listed, which every server of the suite waits for. */
const scripts: Readonly<Record<string, Script>> = {
  tools_call: (client) => call(client, 'add_numbers', { a: 5, b: 3 }),
  'elicitation-sep1034-client-defaults': (client) => call(client, 'test_client_elicitation_defaults'),
  'sse-retry': (client) => call(client, 'test_reconnection'),
  'json-schema-2020-12-preservation': async (client) => {
    const focal = (await tools(client)).find(({ name }) => name === 'json_schema_2020_12_tool');
    await call(client, 'json_schema_echo', { schema: focal?.['inputSchema'] });
  },
  initialize: greet,
  'request-metadata': greet,
  'sep-2322-client-request-state': async (client) => {
    for (const name of ['echo_state', 'no_state', 'no_result_type']) await call(client, `test_mrtr_${name}`);
  },
  'http-standard-headers': async (client) => {
    for (const { name } of await tools(client)) await call(client, String(name));
    const { resources } = await client.request('resources/list');
    for (const { uri } of resources as Fields[]) await client.request('resources/read', { uri });
    const { prompts } = await client.request('prompts/list');
    for (const { name } of prompts as Fields[]) await client.request('prompts/get', { name });
  },
  'http-custom-headers': async (client) => {
    await tools(client);
    const { toolCalls } = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}') as { toolCalls: readonly Call[] };
    for (const { name, arguments: given } of toolCalls) await call(client, name, given);
  },
  'http-invalid-tool-headers': async (client) => {
    for (const { name } of await tools(client)) await call(client, String(name), { region: 'north' });
  },
};

interface Call {
  readonly name: string;
  readonly arguments: Fields;
}

exitOnSignals();
const [, , revision = '', url = ''] = process.argv;
const scenario = process.env['MCP_CONFORMANCE_SCENARIO'] ?? '';
{
  await using gateway = await startGateway({ servers: { subject: { url } } });
  const endpoint = `${gateway.url}/servers/subject/mcp`;
  const asked: { client?: PlainClient } = {};
  const answerer = answering(asked);
  await using client =
    revision === '2026-07-28' ? statelessClient(endpoint, answerer) : await sessionClient(endpoint, answerer);
  asked.client = client;
  await (scripts[scenario] ?? tools)(client);
}
// Sockets that are kept open must not keep the suite waiting.
process.exit(0);

/** A server that offers nothing can be asked nothing but what the gateway asks by itself. */
async function greet(client: PlainClient): Promise<void> {
  await client.request('tools/list').catch(() => undefined);
}

async function tools(client: PlainClient): Promise<readonly Fields[]> {
  return (await client.request('tools/list'))['tools'] as Fields[];
}

async function call(client: PlainClient, name: string, given: Fields = {}): Promise<void> {
  await client.request('tools/call', { name, arguments: given });
}

/** Whoever is asked accepts what is proposed. One scenario wants another call between a question and its answer. */
function answering(asked: { readonly client?: PlainClient }): Answerer {
  return async ({ method, params }: Question) => {
    if (scenario === 'sep-2322-client-request-state' && asked.client) await call(asked.client, 'test_mrtr_unrelated');
    if (method === 'roots/list') return { roots: [] };
    if (method === 'sampling/createMessage') {
      return { role: 'assistant', model: 'none', content: { type: 'text', text: 'Fine' } };
    }
    const { properties = {} } = params['requestedSchema'] as { properties?: Readonly<Record<string, Fields>> };
    const content = Object.entries(properties).map(([key, property]) => [key, property['default'] ?? true]);
    return { action: 'accept', content: Object.fromEntries(content) as Fields };
  };
}
