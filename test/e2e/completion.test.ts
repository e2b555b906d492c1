/** Completion through servers that know less of it than their client: without `context` before 2025-06-18, without a capability before 2025-03-26. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { ScriptedServer, type Said } from '../fixtures/scripted-server.ts';
import { META, parsed, send, stateless, type Answered } from './client.ts';

let gateway: RunningGateway;
let completing: ScriptedServer[] = [];
let completed: Said = {};

beforeAll(async () => {
  completing = await Promise.all(
    ['2025-06-18', '2025-03-26', '2024-11-05'].map((revision) =>
      ScriptedServer.start(
        revision,
        { prompts: {}, ...(revision === '2024-11-05' ? {} : { completions: {} }) },
        {
          'prompts/list': () => ({ result: { prompts: [{ name: 'p' }] } }),
          'completion/complete': () => completed,
        },
      ),
    ),
  );
  gateway = await startGateway({
    servers: Object.fromEntries(completing.map(({ revision, url }) => [`v${revision}`, { url }])),
  });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  for (const server of completing) await server[Symbol.asyncDispose]();
});

const ask = (server: string, method: string): Promise<Answered> =>
  send(`${gateway.url}/servers/${server}/mcp`, {
    headers: stateless(method),
    body: `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{${META}}}`,
  });

describe('completion', () => {
  const asked = '"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a","value":"x"}';
  const complete = (revision: string, path = `/servers/v${revision}/mcp`, name = 'p'): Promise<Answered> =>
    send(`${gateway.url}${path}`, {
      headers: stateless('completion/complete'),
      body: `{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{${asked.replace('"p"', `"${name}"`)},"context":{"arguments":{"b":"1"}},${META}}}`,
    });

  it.each(['2025-06-18', '2025-03-26', '2024-11-05'])('of a server of %s', async (revision) => {
    const knows = revision === '2025-06-18';
    const server = completing.find((one) => one.revision === revision);
    const values = Array.from({ length: 100 }, (_, i) => `x${i}`);
    completed = { result: { completion: { values, total: 1000, hasMore: true } } };
    for (const [path, name] of [
      [undefined, 'p'],
      ['/mcp', `v${revision}__p`],
    ] as const) {
      expect(parsed(await complete(revision, path, name)).result).toMatchObject(completed.result as object);
      const got = server?.of('completion/complete').at(-1)?.params;
      expect(got).toMatchObject(JSON.parse(`{${asked}}`) as object);
      expect(got?.['context']).toEqual(knows ? { arguments: { b: '1' } } : undefined);
    }
    completed = { error: { code: -32_601, message: 'Method not found' } };
    const none = parsed(await complete(revision));
    if (revision === '2024-11-05') expect(none.result).toMatchObject({ completion: { values: [] } });
    else expect(none.error?.code).toBe(-32_601);
  });

  it('is declared to clients that know it', async () => {
    const discovered = async (revision: string): Promise<unknown> =>
      parsed(await ask(`v${revision}`, 'server/discover')).result?.['capabilities'];
    for (const { revision } of completing) expect(await discovered(revision)).toHaveProperty('completions');
  });
});
